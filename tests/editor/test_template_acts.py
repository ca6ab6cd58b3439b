"""Templates in a session: a part of a graph as a template, its form, the gallery's actions, filling one in and inserting it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from graphide.editor import template_acts
from graphide.editor.asking_inputs import InputForm
from graphide.editor.layout import place
from graphide.editor.palette import PaletteItem
from graphide.editor.selection import Selection
from graphide.editor.template_draft import TemplateDraft
from graphide.editor.template_part import part_as_graph
from graphide.graph.model import Edge, Graph, Node
from graphide.graph.problems import blocking
from graphide.spec.registry import Registry
from graphide.templates import Templates
from graphide.workspace import Document
from tests.editor.hands import Hands, hands


@pytest.fixture
def person(registry: Registry, tmp_path: Path) -> Iterator[Hands]:
    with hands(registry, tmp_path / "state", "rewrite_tone") as person:
        yield person


def templates(person: Hands) -> Templates:
    return template_acts.templates_of(person.session)


def save_part(person: Hands, *nodes: str, name: str = "Polite") -> None:
    session = person.session
    session.select(Selection(nodes))
    assert session.act("save_part")
    draft = draft_of(person)
    draft.type("name", name)
    draft.type("tags", "tone, style")
    assert draft.save() == ""
    session.popups.answer("ok")


def draft_of(person: Hands) -> TemplateDraft:
    assert person.session.popups.dialog is not None
    draft = person.session.popups.dialog.data
    assert isinstance(draft, TemplateDraft)
    return draft


# --- a part of a graph


def part(person: Hands, *nodes: str) -> Graph:
    made = part_as_graph(person.session.graph, nodes, (), person.session.rules)
    document = Document(made.graph)
    assert blocking(person.session.workspace.check(document)) == ()
    return made.graph


def test_wires_that_are_cut_become_inputs_and_outputs(person: Hands) -> None:
    made = part(person, "role", "task", "talk")
    assert set(made.nodes) == {"role", "task", "talk", "text", "tone", "talk_2"}
    assert made.nodes["tone"] == person.session.graph.nodes["tone"]
    assert (
        Edge("tone", "value", "role", "tone") in made.edges
        and Edge("talk", "messages", "talk_2", "value") in made.edges
    )
    assert place(made, "tone").at == place(person.session.graph, "tone").at
    result = person.session.workspace.result(Document(made))
    assert result.status == "ok" and list(result.outputs) == ["talk_2"]


def test_an_answer_that_is_cut_off_becomes_a_text_to_be_given_and_the_output_keeps_its_name(person: Hands) -> None:
    made = part(person, "rewrite")
    assert {node.type for node in made.nodes.values()} == {"model", "variable", "output"}
    assert (
        made.nodes["talk"].settings == {"kind": "longtext"} and made.nodes["rewritten"].settings["name"] == "rewritten"
    )
    assert person.session.workspace.outputs(Document(made)) == ("rewritten",)
    assert set(made.models) <= {"default"}


def test_a_wire_that_no_input_can_give_is_left_open_and_said(person: Hands) -> None:
    made = part_as_graph(person.session.graph, ("rewrite",), (), person.session.rules)
    assert made.notes == (
        "what style.sampling -> rewrite.sampling carries can be no input, so rewrite.sampling is left open",
    )


def test_an_output_in_the_part_is_not_doubled(person: Hands) -> None:
    made = part(person, "rewrite", "result", "style")
    assert [node.type for node in made.nodes.values()].count("output") == 1


def test_a_whole_graph_as_a_part_is_the_graph(person: Hands) -> None:
    graph = person.session.graph
    made = part(person, *graph.nodes)
    assert made.nodes == graph.nodes and set(made.edges) == set(graph.edges)


# --- keeping


def test_a_selection_is_kept_and_found_in_the_gallery(person: Hands) -> None:
    save_part(person, "role", "task", "talk")
    kept = templates(person).load("polite")
    assert (kept.title, kept.tags, kept.origin) == ("Polite", ("tone", "style"), "user")
    assert person.session.toasts.shown[-1].message == "Kept among your templates: Polite"
    assert any(item.title == "polite" for item in _palette(person))


def _palette(person: Hands) -> list[PaletteItem]:
    person.session.popups.open_palette()
    person.session.popups.search("polite")
    palette = person.session.popups.palette
    assert palette is not None
    return list(palette.items)


def test_the_form_says_what_is_wrong_and_offers_to_replace_an_own_one(person: Hands) -> None:
    save_part(person, "role")
    assert person.session.act("save_template")
    draft = draft_of(person)
    assert draft.name == "Rewrite in another tone" and draft.picture.boxes
    draft.type("name", "  ")
    assert draft.save() == draft.problem == "Needs a name"
    draft.type("name", "POLITE")
    assert draft.replaces and "already" in draft.save()
    assert draft.save(anew=True) == "" and len(templates(person).load("polite").graph.nodes) == 8
    draft.type("name", "Hello")
    assert not draft.replaces and "already" in draft.save()


def test_an_own_one_is_renamed_in_front_of_the_gallery(person: Hands) -> None:
    save_part(person, "role")
    person.session.act("templates")
    gallery = person.session.popups.dialog
    template_acts.rename(person.session, "polite")
    draft = draft_of(person)
    draft.type("name", "Kind words")
    draft.type("about", "For letters.")
    assert draft.save() == ""
    person.session.popups.answer("ok")
    assert person.session.popups.dialog is gallery
    assert templates(person).load("kind_words").about == "For letters." and "polite" not in templates(person).ids()


def test_what_is_deleted_can_be_had_back(person: Hands) -> None:
    save_part(person, "role")
    assert not person.session.act("restore_template", quiet=True)
    template_acts.delete(person.session, "polite")
    assert person.session.toasts.shown[-1].action == "restore_template" and "polite" not in templates(person).ids()
    assert person.session.act("restore_template") and "polite" in templates(person).ids()


# --- using one


def heights(graph: Graph, nodes: Iterable[str]) -> list[float]:
    return [at.y for node in nodes if (at := place(graph, node).at) is not None]


def answer(person: Hands, choice: str, id: str) -> None:
    person.session.popups.answer(choice, str(templates(person).ids()[id]))


def test_a_template_is_filled_in_and_put_below_the_graph_as_one_step(person: Hands) -> None:
    save_part(person, "role", "task", "talk")
    session = person.session
    before = session.graph
    session.act("insert_template")
    answer(person, "insert", "polite")
    assert session.popups.dialog is not None and session.popups.dialog.what == "fill"
    form = session.popups.dialog.data
    assert isinstance(form, InputForm) and [row.name for row in form.rows] == ["text", "tone"]
    form.put("tone", "formal")
    session.popups.answer("ok")
    added = set(session.graph.nodes) - set(before.nodes)
    assert set(session.tab.selection.nodes) == added and len(added) == 6
    assert session.graph.nodes["tone_2"].settings["value"] == "formal"
    assert min(heights(session.graph, added)) > max(heights(before, before.nodes))
    session.act("undo")
    assert session.graph == before


def test_one_with_an_open_placeholder_is_filled_in_before_it_is_begun_with(person: Hands) -> None:
    graph = Graph({"t": Node("t", "template", {"text": "Say {{ what }}, {{ tone | choice('a', 'b') }}"})})
    templates(person).save(graph, "Say")
    session = person.session
    session.act("templates")
    answer(person, "ok", "say")
    assert session.popups.dialog is not None
    form = session.popups.dialog.data
    assert not form.ready and [row.field.kind for row in form.rows] == ["text", "choice"]
    form.type("what", "hello")
    session.popups.answer("ok")
    assert session.graph.nodes["t"].settings["values"]["what"] == "hello" and session.tab.document.path is None
    assert session.act("run") and session.tab.runs.wait(20)


def test_one_without_blanks_is_put_in_at_once_and_a_packaged_one_opens(person: Hands) -> None:
    templates(person).save(Graph({"n": Node("n", "note", {"text": "x"})}), "Only a note")
    session = person.session
    session.act("insert_template")
    answer(person, "insert", "only_a_note")
    assert session.popups.dialog is None and "n" in session.graph.nodes
    session.act("templates")
    answer(person, "ok", "hello")
    assert session.popups.dialog is None and session.graph.title == "Hello"
