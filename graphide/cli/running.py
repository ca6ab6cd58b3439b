"""The course of `graphide run`: open, bind, check, run and show, end. The order of things; each thing is elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from graphide.cli import inputs, opening, progress, results, streams
from graphide.cli.interrupt import interruptible
from graphide.cli.render import answer_lines, error_text, failure_text, table, usage_line
from graphide.cli.report import Report, dumps, promised, without
from graphide.errors import EXIT_OK, GraphideError, UsageError
from graphide.executor.events import SCHEMA, Event, NodeChunk, to_line
from graphide.executor.preview import Preview, PreviewStep
from graphide.graph.model import Graph
from graphide.graph.outline import ends
from graphide.graph.problems import blocking
from graphide.graph.topology import ancestors
from graphide.values import to_json
from graphide.workspace import Document, Workspace

if TYPE_CHECKING:
    from graphide.inference.spawn import Spawned

Format = Literal["text", "json", "jsonl", "events"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line asked for."""

    graph: str
    items: tuple[str, ...]
    settings: tuple[str, ...]
    targets: tuple[str, ...]
    seed: int | None
    model: str
    files: Mapping[str, Path]
    format: Format
    dry_run: bool
    cache: bool
    allow: tuple[Path, ...]
    allow_model_mismatch: bool
    reproducible: bool
    pull: bool
    quiet: bool


def run_graph(options: Options, spawned: Spawned | None = None) -> int:
    """Run a graph as the command line asks, and return the exit code; raises GraphideError when it cannot run.

    `spawned` is a worker process that was started already, for the first model.
    """
    with Workspace(
        model=options.model,
        cache=options.cache,
        allow=options.allow,
        allow_model_mismatch=options.allow_model_mismatch,
        reproducible=options.reproducible,
        spawned=spawned,
    ) as workspace:
        document, files = _bound(workspace, options)
        workspace.allow(*files)  # the caller named them
        return _started(workspace, document, options)


def _bound(workspace: Workspace, options: Options) -> tuple[Document, tuple[Path, ...]]:
    """Return the document with inputs and settings in it, and the files that were named as inputs."""
    document = opening.open_document(workspace, options.graph)
    if not options.quiet:
        opening.say_settings_problem(workspace)
        opening.say_notes(document, options.graph)
    ports = workspace.inputs(document)
    given = inputs.read(options.items, ports, streams.read_input, opening.folder_of(document))
    document = workspace.bind(document, given.values)
    for text in options.settings:
        item = inputs.split(text, "setting")
        node, dot, setting = item.name.partition(".")
        if not dot or item.form == "json":
            raise UsageError(f'"{text}" does not name a setting', where="--set", hint="Write --set NODE.SETTING=VALUE")
        document = workspace.set(document, node, setting, inputs.content(item, f'setting "{item.name}"'))
    if error := inputs.missing(workspace.inputs(document), given.values, _needed(document.graph, options.targets)):
        raise error
    return document, given.files


def _needed(graph: Graph, targets: tuple[str, ...]) -> frozenset[str]:
    """Return the nodes that the results depend on; all of them when a target does not exist, which is said later."""
    if any(target not in graph.nodes for target in targets):
        return frozenset()
    return ancestors(graph, targets or ends(graph))


def _started(workspace: Workspace, document: Document, options: Options) -> int:
    expected = results.expected(document.graph, workspace.registry, options.targets)
    if all(target in document.graph.nodes for target in options.targets):
        results.check_files(options.files, expected)
    try:
        if options.dry_run:
            return _dry(workspace.preview(document, targets=options.targets, seed=options.seed), options)
        if options.pull:
            _pull(workspace, document, options)
        cancel = threading.Event()
        with interruptible(cancel):
            events = workspace.run(document, targets=options.targets, seed=options.seed, cancel=cancel)
            return _shown(events, expected, options)
    except GraphideError:
        if not options.quiet:
            opening.say_plugin_problems(workspace)
        raise


def _pull(workspace: Workspace, document: Document, options: Options) -> None:
    """Download what is missing for a graph that can run; what is wrong with another one is said by the run."""
    if options.model or blocking(workspace.check(document, options.targets)):
        return
    from graphide.cli.pulling import pull_missing

    pull_missing(workspace, document, _needed(document.graph, options.targets))


def _shown(events: Iterator[Event], expected: tuple[results.Expected, ...], options: Options) -> int:
    """Show a run while it goes on, and its results when it is over."""
    live = expected[0].streamed_by if len(expected) == 1 and expected[0].name not in options.files else ""
    text = results.Text(
        lambda piece: streams.out(piece, flush=True), live=live, terminal=streams.out_is_terminal()
    )  # fmt: skip
    report, shown = Report(), progress.chosen(quiet=options.quiet)
    with closing(cast(Any, events)):  # whatever happens, nothing of the run goes on
        try:
            for event in events:
                report.see(event)
                if options.format == "events":
                    streams.out(to_line(event).decode() + "\n", flush=True)
                elif options.format == "text" and type(event) is NodeChunk and event.node == live:
                    if streams.out_is_terminal():
                        shown.stop()  # the text itself shows how far it is
                    text.chunk(event)
                shown.see(event)
        finally:
            shown.stop()
    return _ended(report, text, expected, options)


def _ended(report: Report, text: results.Text, expected: tuple[results.Expected, ...], options: Options) -> int:
    code = report.exit_code()
    try:
        written = results.write_files(options.files, report.outputs)
    except GraphideError as error:
        streams.err(error_text(error))
        written, code = {}, code or error.exit_code
    if options.format == "json":
        streams.out(dumps(report.to_json(written), indent=streams.out_is_terminal()) + "\n")
    elif options.format == "jsonl":
        streams.out(results.as_lines(without(written, report.outputs)))
    elif options.format == "text":
        text.finish(without(written, report.outputs), headed=len(expected) - len(written) > 1)
    streams.flush()
    _say_end(report, text, expected, options)
    return code


def _say_end(report: Report, text: results.Text, expected: tuple[results.Expected, ...], options: Options) -> None:
    for failure in report.failures:
        caught = report.exit_code() == EXIT_OK
        if not caught:
            streams.err(failure_text(failure))
    if report.finished is None or options.quiet:
        return
    status = report.finished.status
    if status == "cancelled":
        kept = " The text above is not complete." if text.streaming else ""
        streams.err(f"interrupted.{kept}\n")
    for name in dict.fromkeys(result.name for result in expected if status in ("ok", "partial")):
        if name not in report.outputs:
            why = "its branch was not taken" if status == "ok" else "what it needs failed"
            streams.err(f'there is no output "{name}": {why}\n')
    if streams.err_is_terminal() and status == "ok" and report.finished.usage:
        streams.err(answer_lines(report.answers))
        streams.err(usage_line(report.finished.usage, report.finished.seconds, promised(report, options.seed)))


def _dry(preview: Preview, options: Options) -> int:
    if options.format in ("json", "jsonl"):
        body = {"schema": SCHEMA, "steps": to_json(preview.steps), "results": list(preview.results)}
        streams.out(dumps(body) + "\n")
        return EXIT_OK
    rows = []
    for step in preview.steps:
        state = "cannot run" if step.problem else "cached" if step.cached else "runs"
        rows.append((step.id, step.type, state, step.problem or _asked(step)))
    streams.out(table(rows) + f"\nresults: {', '.join(preview.results) or '(none)'}\n")
    return EXIT_OK


def _asked(step: PreviewStep) -> str:
    """Return which model would be asked, how much of its context the prompt takes, and what another step has of it."""
    if not step.model:
        return ""
    shares = f", {step.shares.tokens:,} shared with {step.shares.step}" if step.shares else ""
    if step.tokens is None:
        return f"with {step.model}{shares}"
    counts = ", ".join(f"message {number}: {count:,}" for number, count in enumerate(step.tokens.messages, 1))
    over = ", too long" if step.tokens.total > step.tokens.n_ctx else ""
    # The model comes last: a narrow terminal cuts the line, and the model is the same in most of them.
    length = f"prompt {step.tokens.total:,} of {step.tokens.n_ctx:,} tokens{over}{shares}"
    return f"{length} ({counts}); with {step.model}"
