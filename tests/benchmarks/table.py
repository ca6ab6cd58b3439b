"""A line of the result: what was measured, the figure, its limit, and whether it was kept. Texts only, no clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from fairness import Ratio

Verdict = Literal["ok", "MISSED", "not measured", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure. `limit` bounds `value`, from above or below; a row without one is for information.

    `best` is the same figure from the best run of each side; `detail` says what the figure was made of.
    """

    what: str
    value: float | None = None
    best: float | None = None
    unit: str = ""
    limit: float | None = None
    at_least: bool = False
    detail: str = ""

    @property
    def verdict(self) -> Verdict:
        """Return whether the limit was kept, judged by the value to the digits it is printed with."""
        if self.value is None:
            return "not measured"
        if self.limit is None:
            return ""
        value = float(figure(self.value))
        return "ok" if (value >= self.limit if self.at_least else value <= self.limit) else "MISSED"

    def cells(self) -> tuple[str, str, str, str, str, str]:
        """Return the texts of the columns."""
        sign = "≥" if self.at_least else "≤"
        return (
            self.what,
            _with_unit(self.value, self.unit),
            _with_unit(self.best, self.unit),
            f"{sign} {_with_unit(self.limit, self.unit)}" if self.limit is not None else "",
            self.verdict,
            self.detail,
        )


def of_ratio(what: str, found: Ratio, limit: float | None = None, *, at_least: bool = False, detail: str = "") -> Row:
    """Return the row of a ratio."""
    return Row(what=what, value=found.pairs, best=found.best, limit=limit, at_least=at_least, detail=detail)


def not_measured(what: str, limit: float, why: str, *, at_least: bool = False) -> Row:
    """Return a row that says why there is no figure."""
    return Row(what=what, limit=limit, at_least=at_least, detail=why)


def figure(value: float) -> str:
    """Return a number with as many digits as are worth reading."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"


def plain(row: Row) -> str:
    """Return a row as one line of a terminal."""
    what, value, best, limit, verdict, detail = row.cells()
    return f"{what:<72}{value:>10}{best:>10}{limit:>11}  {verdict:<13}{detail}".rstrip()


def markdown(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield "| | measured | best of each | limit | | |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        yield f"| {' | '.join(row.cells())} |"


HEAD = f"{'':<72}{'measured':>10}{'best/best':>10}{'limit':>11}"


def summary(rows: Sequence[Row]) -> str:
    """Return how many limits were kept, and which were not."""
    kept = sum(row.verdict == "ok" for row in rows)
    lines = [f"{kept} of {sum(row.limit is not None for row in rows)} limits kept"]
    lines += [f"  {row.verdict}: {row.what}" for row in rows if row.verdict in ("MISSED", "not measured")]
    return "\n".join(lines)


def _with_unit(value: float | None, unit: str) -> str:
    return "" if value is None else f"{figure(value)} {unit}".rstrip()
