"""The runs of a document, looked through, made again and deleted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from graphide.editor import lifecycle
from graphide.editor.commands_nodes import SetNodeTitle
from graphide.editor.run_history import kept
from graphide.editor.run_list import RunList, shown, when
from graphide.spec.registry import Registry
from tests.editor.hands import Hands, hands


@pytest.fixture
def person(registry: Registry, tmp_path: Path) -> Iterator[Hands]:
    with hands(registry, tmp_path / "state", "hello") as person:
        yield person


def test_runs_are_listed_run_again_and_deleted(person: Hands) -> None:
    session = person.session
    for _ in range(2):
        session.act("run")
        assert session.tab.runs.wait(20).state == "ok"
    runs = RunList(session)
    assert len(runs.rows) == 2 and runs.rows[0].same_graph and runs.rows[0].models == "echo"
    assert runs.rows[0].state == "done" and "5 written" in runs.rows[0].tokens
    assert runs.outputs_text() == "Explain volcanoes in two sentences."
    runs.step(1)
    seed = runs.rows[1].record.seed
    assert runs.again() == ""
    assert session.tab.runs.wait(20).seed == seed
    runs.delete()
    assert [row.record.seed for row in runs.rows].count(seed) == 1  # the run that was just made again
    session.do(SetNodeTitle("task", "Other"))
    session.set_setting(("task",), "text", "Something else")
    assert not RunList(session).rows[0].same_graph
    runs.delete_all()
    assert RunList(session).rows == () and RunList(session).again() == "there is no run yet"


def test_a_deleted_run_stays_deleted_and_runs_may_not_be_kept(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "g.json"
    with hands(registry, tmp_path / "state", "hello") as person:
        session = person.session
        session.save_as(path)
        for _ in range(3):
            session.act("run")
            session.tab.runs.wait(20)
        runs = RunList(session)
        runs.delete()
        runs.take_keep(False)
        session.act("run")
        session.tab.runs.wait(20)
        assert len(RunList(session).rows) == 3
    with hands(registry, tmp_path / "state") as later:
        lifecycle.start(later.session, again=False)
        later.session.open(path)
        assert not RunList(later.session).keep and RunList(later.session).rows == ()
        RunList(later.session).take_keep(True)
        assert len(RunList(later.session).rows) == 2


def test_moments_and_long_values_are_said_briefly() -> None:
    now = datetime(2026, 5, 4, 12, tzinfo=UTC)
    assert when("2026-05-04T09:30:00+00:00", now) == "09:30:00"
    assert when("2026-02-01T09:30:00+00:00", now) == "01 Feb 09:30"
    assert when("2020-02-01T09:30:00+00:00", now) == "2020-02-01" and when("", now) == ""
    assert "99,999 bytes" not in shown(kept("short")) and "bytes in all" in shown(kept("x" * 99_999))
