"""What leaves the window and what comes back: sharing a graph, what it gives away, and work that a crash left behind."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.editor import lifecycle
from graphide.editor.commands_nodes import SetNodeTitle
from graphide.editor.giveaways import giveaways
from graphide.editor.recovering import Recovering
from graphide.editor.sharing import Sharing
from graphide.errors import UsageError
from graphide.graph.file import dumps, load
from graphide.graph.model import Graph, Node
from graphide.spec.registry import Registry
from tests.editor.hands import Hands, hands


@pytest.fixture
def person(registry: Registry, tmp_path: Path) -> Iterator[Hands]:
    with hands(registry, tmp_path / "state", "hello") as person:
        yield person


def test_a_shared_picture_opens_as_the_graph_and_a_file_has_the_same_bytes(person: Hands, tmp_path: Path) -> None:
    sharing = Sharing(person.session, folder=tmp_path)
    assert sharing.path == tmp_path / "hello.png"
    path = sharing.write(lambda _: (90, 90, 90, 255))
    assert dumps(load(path)) == dumps(person.session.graph)
    sharing.take_form("file")
    assert sharing.write(lambda _: (0, 0, 0, 255)).read_text() == sharing.text()
    assert sharing.is_there and "7 nodes and 6 edges" in sharing.included


def test_a_shared_file_never_takes_the_place_of_the_document(person: Hands, tmp_path: Path) -> None:
    own = tmp_path / "mine.json"
    person.session.save_as(own)
    sharing = Sharing(person.session)
    sharing.take_form("file")
    assert sharing.path == tmp_path / "mine_copy.json"
    sharing.take_path("mine")
    with pytest.raises(UsageError, match="file of the graph itself"):
        sharing.write(lambda _: (0, 0, 0, 255))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("use sk-abcdefghijklmnop1234 here", "secret"), ("hf_ABCDEFGHIJKLMNOPQRST", "secret"),
        ("password: hunter2hunter2", "secret"), ("postgres://me:s3cret@host/db", "secret"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", "secret"), ("-----BEGIN RSA PRIVATE KEY-----\nabc", "secret"), ("read /home/ann/notes.txt", "path"),
        (r"C:\Users\ann\notes.txt", "path"), ("~/notes.txt", "path"),
    ],
)  # fmt: skip
def test_what_would_be_given_away_is_said_and_not_shown(text: str, kind: str) -> None:
    (found,) = giveaways(Graph(nodes={"a": Node("a", "template", {"text": text})}))
    assert found.kind == kind and found.node == "a" and found.setting == "text"
    assert kind == "path" or len(found.excerpt) <= 11


@pytest.mark.parametrize(
    "text",
    [
        "Explain {{ topic }} in two sentences.",
        "/home",
        "a/b/c",
        "https://example.org/home/x",
        "the password is asked",
        "sk-",
    ],
)
def test_ordinary_texts_give_nothing_away(text: str) -> None:
    assert giveaways(Graph(nodes={"a": Node("a", "template", {"text": text})})) == ()


def test_a_hostile_text_is_looked_through_quickly() -> None:
    texts = ["eyJ-" * 40_000, "a." * 90_000, "password=" * 20_000, " " * 200_000, "/home/" * 30_000]
    graph = Graph(nodes={f"n{n}": Node(f"n{n}", "template", {"text": text}) for n, text in enumerate(texts)})
    start = time.process_time()
    giveaways(graph)
    assert time.process_time() - start < 3  # what tries every beginning anew takes minutes


# --- recover


def test_each_piece_of_unsaved_work_is_decided_about_by_itself(registry: Registry, tmp_path: Path) -> None:
    for template in ("hello", "conversation", "refine_loop"):
        with hands(registry, tmp_path, template) as person:
            node = min(person.session.graph.nodes)
            person.session.do(SetNodeTitle(node, "Changed"))
    with hands(registry, tmp_path) as later:
        session = later.session
        lifecycle.offer_drafts(session)
        assert session.popups.dialog is not None
        left: Recovering = session.popups.dialog.data
        assert len(left.pieces) == 3 and all(piece.lines and "1 edit" in piece.edits for piece in left.pieces)
        first, second, third = left.pieces
        left.discard(first)
        left.leave(second)
        assert left.restore(third) and not left.pieces
        assert any(node.title == "Changed" for node in session.graph.nodes.values())
        session.popups.answer("cancel")
        assert not first.draft.journal.exists() and second.draft.journal.exists()


def test_esc_keeps_all_unsaved_work_for_later(registry: Registry, tmp_path: Path) -> None:
    with hands(registry, tmp_path, "hello") as person:
        person.session.do(SetNodeTitle("task", "Changed"))
    for _ in range(2):
        with hands(registry, tmp_path) as later:
            lifecycle.offer_drafts(later.session)
            assert later.session.popups.dialog is not None and len(later.session.popups.dialog.data.pieces) == 1
            later.key("escape")
            assert later.session.popups.dialog is None
