"""The rows of a node from top to bottom, before anything is drawn: pins, widgets, texts, progress, figures, errors.

Each row says how high it is; those of text say how few lines they can do with, so that a node can be made smaller or
larger. Shapes are made in `nodeshape`, which settings are shown is decided in `faces`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from graphide.editor.faces import Widget, input_widget, settings_shown
from graphide.editor.nodelook import wire_of_port
from graphide.editor.noderun import NodeRun
from graphide.editor.pieces import Pieces
from graphide.editor.planning import PlanStep
from graphide.editor.short import short
from graphide.graph.model import Node
from graphide.graph.ports import Ports
from graphide.graph.problems import Problem
from graphide.spec.fields import LongText
from graphide.spec.nodespec import Port
from graphide.values import Usage

if TYPE_CHECKING:
    from graphide.spec.nodespec import NodeSpec

LINE: Final = 17.0
PIN_ROW: Final = 25.0
WIDGET_ROW: Final = 31.0  # the widget and the space below it
BAR_ROW: Final = 12.0
NOTE_ROW: Final = 22.0
TEXT_GAP: Final = 8.0  # below a text

_LINES: Final = {"prompt": 8, "part": 4, "result": 8, "reply": 6, "error": 8, "hint": 4}


class PinRow(NamedTuple):
    """A pin with its name, on the left for an input, on the right for an output."""

    port: Port
    output: bool
    wire: str
    problem: str = ""

    height: float = PIN_ROW


class WidgetRow(NamedTuple):
    """A widget of one line; with `pin`, that of an input nothing is connected to."""

    widget: Widget
    pin: PinRow | None = None
    height: float = WIDGET_ROW


class TextRow(NamedTuple):
    """Lines of text: those of the setting `name`, or with "" of the run; `most` lines at the most, unless there is room.

    `pieces` holds a text that grows, of which the end is shown; `marked` colours what stands in braces.
    """

    text: str
    role: Literal["prompt", "part", "result", "reply", "error", "hint"]
    name: str = ""
    label: str = ""
    pieces: Pieces = ()
    problem: str = ""
    marked: bool = False

    @property
    def most(self) -> int:
        """How many lines it shows by itself."""
        return _LINES[self.role]


class BarRow(NamedTuple):
    """How far a step is, from 0 to 1."""

    fraction: float
    height: float = BAR_ROW


class NoteRow(NamedTuple):
    """A short remark: figures of a run, why it was skipped."""

    text: str
    color: str = "muted"
    height: float = NOTE_ROW


Row = PinRow | WidgetRow | TextRow | BarRow | NoteRow


@dataclass(frozen=True, slots=True)
class Subject:
    """A node with all that its looks depend on, but for its place.

    `feed` is the run of what an output node shows while it is still being written, `plan` what a run would do with it;
    `planned` says that this is shown whatever the last run was, `changed` that its results are of an earlier graph.
    """

    node: Node
    spec: NodeSpec | None
    ports: Ports
    wired: frozenset[str] = frozenset()
    run: NodeRun | None = None
    feed: NodeRun | None = None
    plan: PlanStep | None = None
    planned: bool = False
    problems: tuple[Problem, ...] = ()
    changed: bool = False
    now: float = field(default=0.0, compare=False)

    @property
    def live(self) -> bool:
        """Whether it shows a text that another node is writing."""
        return self.feed is not None and self.feed.state == "running" and bool(self.feed.pieces)


def rows_of(subject: Subject) -> tuple[Row, ...]:
    """Return the rows of a node."""
    spec = subject.spec
    if spec is None:
        return (*_missing(subject), *_pins(subject, subject.ports.inputs.values()), *_outputs(subject))
    computed = set(subject.ports.inputs) - {port.name for port in spec.inputs}
    widgets = settings_shown(subject.node, spec, subject.ports)
    fixed = [port for name, port in subject.ports.inputs.items() if name not in computed]
    forms = [port for name, port in subject.ports.inputs.items() if name in computed]
    return (
        *_pins(subject, fixed),
        *map(_widget_row, widgets),
        *_form(subject, spec, forms),
        *_run_rows(subject, spec),
        *_outputs(subject),
    )


def fraction_of(subject: Subject) -> float | None:
    """Return how far a running step is; one that writes is measured by the longest reply it may give."""
    run, spec = subject.run, subject.spec
    if run is None or run.state != "running":
        return None
    if run.fraction is not None:
        return run.fraction
    if not run.chunks or spec is None or "max_tokens" not in spec.settings:
        return None
    most = subject.node.settings.get("max_tokens", spec.settings["max_tokens"].default)
    return min(1.0, run.tokens / most) if isinstance(most, int | float) and most > 0 else None


def figures_of(run: NodeRun, now: float) -> str:
    """Return what a run of a node has cost or done so far: `634 tokens · 41.7 tok/s`."""
    if run.state == "skipped":
        return run.why_skipped
    if run.chunks or run.usage is not None:
        speed = run.tokens_per_second(now)
        tokens = f"{run.tokens:,} token{'' if run.tokens == 1 else 's'}"
        return f"{tokens} · {speed:.1f} tok/s" if speed else tokens
    if run.state == "running":
        return run.summary or _progress(run) or _seconds(run.elapsed(now), least=1.0)
    return run.summary or (_seconds(run.seconds, least=0.1) if run.state == "done" else "")


def _missing(subject: Subject) -> Iterator[Row]:
    yield TextRow(f'The node type "{subject.node.type[:200]}" is not installed', "error")
    yield TextRow("Its settings and wires are kept", "hint")


def _pins(subject: Subject, ports: Any) -> Iterator[Row]:
    for port in ports:
        yield PinRow(port, False, wire_of_port(port), _port_problem(subject.problems, port.name))


def _outputs(subject: Subject) -> Iterator[Row]:
    for port in subject.ports.outputs.values():
        yield PinRow(port, True, wire_of_port(port))


def _widget_row(widget: Widget) -> Row:
    if widget.field.kind == "longtext" and isinstance(widget.value, str):
        role: Literal["part", "prompt"] = "part" if widget.label else "prompt"
        marked = isinstance(widget.field, LongText) and widget.field.placeholders
        return TextRow(widget.value, role, widget.name, widget.label, problem=widget.problem, marked=marked)
    return WidgetRow(widget)


def _form(subject: Subject, spec: NodeSpec, ports: Sequence[Port]) -> Iterator[Row]:
    """Yield the inputs that follow from settings: as a form where nothing is connected, else as pins."""
    for port in ports:
        pin = PinRow(port, False, wire_of_port(port), _port_problem(subject.problems, port.name))
        widget = input_widget(subject.node, spec, port) if port.name not in subject.wired else None
        yield WidgetRow(widget, pin) if widget is not None else pin


def _run_rows(subject: Subject, spec: NodeSpec) -> Iterator[Row]:
    run = subject.run
    if subject.live and subject.feed is not None:
        yield TextRow("", "result", pieces=subject.feed.pieces)
    elif run is not None and run.state != "failed" and (spec.streams or spec.category == "output"):
        yield from _text_of(run, "result" if spec.category == "output" else "reply")
    if (fraction := fraction_of(subject)) is not None:
        yield BarRow(fraction)
    if run is None or subject.planned:
        yield from _planned(subject)
    if run is None:
        return
    if run.error is not None:
        yield TextRow(run.error.message, "error")
        yield TextRow(run.error.to_do, "hint")
    elif figures := figures_of(run, subject.now):
        yield NoteRow(figures)


def _planned(subject: Subject) -> Iterator[Row]:
    step = subject.plan
    if step is None:
        return
    if subject.planned:
        said = step.why or step.gauge
        color = "error" if step.overflows or step.problem else "muted"
        yield NoteRow(f"Next run: {step.word}{f' · {said}' if said else ''}", color)
    elif step.gauge:
        yield NoteRow(step.gauge, "error" if step.overflows else "faint")


def _text_of(run: NodeRun, role: Literal["result", "reply"]) -> Iterator[Row]:
    if run.pieces and run.state == "running":
        yield TextRow("", role, pieces=run.pieces)
        return
    text = run.text or next((short(value) for value in run.values.values() if not isinstance(value, Usage)), "")
    if text:
        yield TextRow(text, role)


def _port_problem(problems: tuple[Problem, ...], port: str) -> str:
    return next((str(problem) for problem in problems if problem.port == port), "")


def _progress(run: NodeRun) -> str:
    label = " ".join(run.label.split())
    return f"{label} {run.done:,.0f} of {run.total:,.0f}".strip() if run.total > 0 else label


def _seconds(seconds: float, *, least: float) -> str:
    return f"{seconds:.1f} s" if seconds >= least else ""
