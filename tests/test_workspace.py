"""The workspace: documents, inputs, settings from the command line, previews, and which model answers."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

import graphide
from graphide.errors import GraphFileError, InvalidGraph, ModelMismatch, ModelMissing, UsageError
from graphide.executor.events import Event, NodeFailed, NodeFinished, RunFinished, RunStarted
from graphide.executor.preview import Preview, PreviewStep
from graphide.graph.model import ModelRef
from graphide.settings import Settings
from graphide.workspace import Document, Workspace

HELLO = b"""{"graphide": 1, "title": "T", "nodes": {
  "topic": {"type": "variable", "value": "volcanoes"},
  "level": {"type": "variable", "kind": "integer", "low": 1, "high": 9, "value": 3},
  "task": {"type": "template", "text": "Explain {{ topic }} at level {{ level }}, {{ tone | choice('calm', 'loud') }}."},
  "answer": {"type": "model"},
  "result": {"type": "output", "name": "answer"}},
 "edges": ["topic.value -> task.topic", "level.value -> task.level", "task.text -> answer.prompt", "answer.text -> result.value"]}
"""


@pytest.fixture
def echo() -> Workspace:
    return Workspace(model="echo", cache=False, settings=Settings())


def answer(workspace: Workspace, document: Document, **options: object) -> str:
    result = workspace.result(document, **options)
    assert result.status == "ok"
    return str(result["answer"])


def test_inputs_have_their_kinds_and_defaults(echo: Workspace) -> None:
    inputs = echo.inputs(echo.loads(HELLO))
    assert [(port.name, port.field.kind if port.field else "", port.default) for port in inputs] == [
        ("level", "integer", 3),
        ("topic", "text", "volcanoes"),
    ]


def test_a_run_with_inputs_uses_them(echo: Workspace) -> None:
    document = echo.loads(HELLO)
    assert answer(echo, document, inputs={"topic": "tides", "level": 5}) == "Explain tides at level 5, calm."
    assert answer(echo, document) == "Explain volcanoes at level 3, calm."


def test_inputs_that_are_unknown_or_refused_are_said(echo: Workspace) -> None:
    with pytest.raises(UsageError, match='no input "topik". Did you mean "topic"'):
        echo.bind(echo.loads(HELLO), {"topik": "x"})
    with pytest.raises(UsageError, match='input "level": needs a whole number from 1 to 9'):
        echo.bind(echo.loads(HELLO), {"level": 12})


def test_a_setting_is_set_from_text_and_so_is_an_unconnected_placeholder(echo: Workspace) -> None:
    document = echo.set(echo.loads(HELLO), "answer", "max_tokens", "2")
    assert answer(echo, document) == "Explain volcanoes "
    assert answer(echo, echo.set(echo.loads(HELLO), "task", "tone", "loud")) == "Explain volcanoes at level 3, loud."


@pytest.mark.parametrize(
    ("node", "setting", "text", "said"),
    [
        ("nobody", "x", "1", 'there is no node "nobody"'),
        ("answer", "colour", "red", 'setting "answer.colour": does not exist'),
        ("answer", "max_tokens", "many", 'setting "answer.max_tokens": needs a whole number'),
        ("task", "tone", "shrill", 'setting "task.tone": needs one of calm, loud'),
    ],
)
def test_a_setting_that_cannot_be_set_says_why(echo: Workspace, node: str, setting: str, text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        echo.set(echo.loads(HELLO), node, setting, text)
    assert str(error.value).startswith(said)


def test_packaged_templates_open_by_name(echo: Workspace) -> None:
    document = echo.load("hello")
    assert {port.name for port in echo.inputs(document)} == {"topic", "audience"}
    assert echo.outputs(document) == ("answer",)


def test_a_preview_names_steps_models_and_what_is_cached() -> None:
    with Workspace(model="echo", settings=Settings()) as workspace:
        document = workspace.loads(HELLO)
        before = workspace.preview(document, seed=1)
        workspace.result(document, seed=1)
        after = workspace.preview(document, seed=1)
    assert before == Preview(
        (
            PreviewStep("level", "variable", False),
            PreviewStep("topic", "variable", False),
            PreviewStep("task", "template", False),
            PreviewStep("answer", "model", False, "echo"),
            PreviewStep("result", "output", False),
        ),
        ("answer",),
    )
    assert [step.cached for step in after.steps] == [True] * 5


@pytest.mark.real_model
def test_a_preview_counts_the_tokens_of_a_prompt_as_the_run_does() -> None:
    with Workspace(settings=Settings(), cache=False) as workspace:
        document = workspace.set(workspace.loads(HELLO), "answer", "max_tokens", "1")
        (counts,) = [step.tokens for step in workspace.preview(document).steps if step.tokens]
        result = workspace.result(document, seed=1)
    assert counts.total == sum(counts.messages) + counts.template == result.usage["prompt_tokens"]
    assert (len(counts.messages), counts.n_ctx) == (1, 4096)


@pytest.mark.real_model
def test_a_preview_says_which_prompts_are_too_long_and_which_hang_on_an_answer() -> None:
    chained = b"""{"graphide": 1, "nodes": {"p": {"type": "variable", "value": "%s"}, "a": {"type": "model", "n_ctx": 256},
      "b": {"type": "model"}, "o": {"type": "output"}},
      "edges": ["p.value -> a.prompt", "a.text -> b.prompt", "b.text -> o.value"]}""" % (b"word " * 400)
    with Workspace(settings=Settings(), cache=False) as workspace:
        steps = {step.id: step for step in workspace.preview(workspace.loads(chained)).steps}
    tokens = steps["a"].tokens
    assert tokens is not None and tokens.total > tokens.n_ctx == 256
    assert steps["b"].tokens is None


def test_a_preview_writes_nothing_and_asks_nobody(echo: Workspace, tmp_path: Path) -> None:
    (tmp_path / "g.json").write_text(
        """{"graphide": 1, "nodes": {"t": {"type": "template", "text": "hi"}, "m": {"type": "model"},
        "o": {"type": "output", "to": "file", "path": "out.txt"}, "f": {"type": "output", "name": "f", "to": "file",
        "path": "early.txt"}}, "edges": ["t.text -> m.prompt", "m.text -> o.value", "t.text -> f.value"]}"""
    )
    echo.preview(echo.load(tmp_path / "g.json"))
    assert [path.name for path in tmp_path.iterdir()] == ["g.json"]


def test_a_graph_with_problems_does_not_start(echo: Workspace) -> None:
    cycle = echo.loads(
        b'{"graphide": 1, "nodes": {"a": {"type": "join"}, "b": {"type": "join"}, "o": {"type": "output"}},'
        b' "edges": ["a.text -> b.items", "b.text -> a.items", "b.text -> o.value"]}'
    )
    with pytest.raises(InvalidGraph) as refused:
        list(echo.run(cycle))
    assert "cycle" in {problem.code for problem in refused.value.problems}


def test_an_unknown_node_type_costs_only_what_needs_it(echo: Workspace) -> None:
    two = b"""{"graphide": 1, "nodes": {"x": {"type": "from.elsewhere", "keep": 1}, "t": {"type": "template", "text": "hi"},
      "one": {"type": "output", "name": "one"}, "two": {"type": "output", "name": "two"}},
      "edges": ["x.text -> one.value", "t.text -> two.value"]}"""
    result = echo.result(echo.loads(two))
    assert (result.status, dict(result.outputs)) == ("partial", {"two": "hi"})
    assert [failure.node for failure in result.failures] == ["x"]


def test_a_graph_of_which_nothing_can_run_does_not_start(echo: Workspace) -> None:
    lost = b'{"graphide": 1, "nodes": {"x": {"type": "from.elsewhere"}, "o": {"type": "output"}}, "edges": ["x.y -> o.value"]}'
    with pytest.raises(InvalidGraph, match="nothing of the graph can run"):
        list(echo.run(echo.loads(lost)))


def test_a_subgraph_beside_the_graph_runs_and_one_outside_does_not(echo: Workspace, tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    inner = '{"graphide": 1, "nodes": {"who": {"type": "variable", "value": "x"}, "t": {"type": "template", "text": "hi {{ who }}"}, "o": {"type": "output"}}, "edges": ["who.value -> t.who", "t.text -> o.value"]}'
    outer = '{"graphide": 1, "nodes": {"s": {"type": "subgraph", "graph": "inner.json"}, "n": {"type": "variable", "value": "you"}, "o": {"type": "output", "name": "answer"}}, "edges": ["n.value -> s.who", "s.result -> o.value"]}'
    (tmp_path / "p" / "inner.json").write_text(inner)
    (tmp_path / "p" / "outer.json").write_text(outer)
    assert answer(echo, echo.load(tmp_path / "p" / "outer.json")) == "hi you"
    (tmp_path / "inner.json").write_text(inner)
    (tmp_path / "p" / "outer.json").write_text(outer.replace("inner.json", "../inner.json"))
    with pytest.raises(InvalidGraph) as refused:
        list(echo.run(echo.load(tmp_path / "p" / "outer.json")))
    assert "may not be touched by a node" in str(refused.value.problems[0])


def test_the_model_of_the_graph_file_is_found_by_its_hash(model_path: str, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    other = folder / "renamed.gguf"
    other.symlink_to(model_path)
    sha256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
    with Workspace(cache=False, settings=Settings(model_folders=(str(folder),))) as workspace:
        document = workspace.loads(HELLO)
        graph = document.graph
        named = document._replace(
            graph=replace(graph, models={"default": ModelRef("renamed.gguf", "", sha256, 98362432)})
        )
        assert [step.model for step in workspace.preview(named).steps if step.model] == ["renamed.gguf"]
        wrong = document._replace(
            graph=replace(graph, models={"default": ModelRef("renamed.gguf", "", "0" * 64, 98362432)})
        )
        failed = [event for event in workspace.run(wrong) if isinstance(event, NodeFailed)]
        assert [(event.node, event.exit_code) for event in failed] == [("answer", ModelMismatch.exit_code)]
        assert "--allow-model-mismatch" in failed[0].hint


def test_a_missing_model_is_the_failure_of_its_node_with_the_command_that_fetches_it() -> None:
    with Workspace(cache=False, settings=Settings()) as workspace:
        document = workspace.loads(HELLO)
        ref = ModelRef("none.gguf", "owner/repo-GGUF", "1" * 64, 5)
        missing = document._replace(graph=replace(document.graph, models={"default": ref}))
        events = list(workspace.run(missing))
    failed = [event for event in events if isinstance(event, NodeFailed)]
    assert [(event.node, event.exit_code) for event in failed] == [("answer", ModelMissing.exit_code)]
    assert "graphide models pull owner/repo-GGUF:none.gguf" in failed[0].hint
    assert [event.node for event in events if isinstance(event, NodeFinished)] == ["level", "topic", "task"]


def test_a_broken_plugin_is_listed_and_everything_else_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHIDE_HOME", str(tmp_path))
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "bad.py").write_text("import nothing_of_that_name\n")
    with Workspace(model="echo", cache=False) as workspace:
        assert answer(workspace, workspace.loads(HELLO)).startswith("Explain")
        assert ["bad.py" in problem.source for problem in workspace.plugin_problems] == [True]


def test_what_is_saved_is_canonical_and_opens_again(echo: Workspace, tmp_path: Path) -> None:
    saved = echo.save(echo.loads(HELLO), tmp_path / "g.json")
    assert saved.path == tmp_path / "g.json"
    text = (tmp_path / "g.json").read_text()
    assert text.startswith(
        '{\n  "graphide": 1,\n  "title": "T",\n  "nodes": {\n    "answer": {\n      "type": "model"\n'
    )
    assert echo.load(tmp_path / "g.json").graph == echo.loads(HELLO).graph


WRONG = ModelRef("SmolLM2-135M-Instruct.Q4_1.gguf", "", "0" * 64, 98362432)


def failed_with(events: Iterable[Event]) -> list[tuple[str, int]]:
    return [(event.node, event.exit_code) for event in events if isinstance(event, NodeFailed)]


def test_documents_that_are_open_at_the_same_time_keep_their_own_models() -> None:
    with Workspace(cache=False, settings=Settings()) as workspace:
        plain = workspace.loads(HELLO)
        wrong = plain._replace(graph=replace(plain.graph, models={"default": WRONG}))
        run = workspace.run(wrong, seed=1)
        workspace.check(plain)
        assert failed_with(run) == [("answer", ModelMismatch.exit_code)]


def test_a_graph_inside_a_graph_means_its_own_models(tmp_path: Path) -> None:
    outer = """{"graphide": 1, "nodes": {"s": {"type": "subgraph", "graph": "inner.json"}, "o": {"type": "output"}},
      "edges": ["s.answer -> o.value"]}"""
    (tmp_path / "outer.json").write_text(outer)
    with Workspace(cache=False, settings=Settings()) as workspace:
        plain = workspace.loads(HELLO)
        wrong = plain._replace(graph=replace(plain.graph, models={"default": WRONG}))
        workspace.save(wrong, tmp_path / "inner.json")
        events = list(workspace.run(workspace.load(tmp_path / "outer.json")))
    assert failed_with(events) == [("s/0/answer", ModelMismatch.exit_code), ("s", 1)]


def test_a_graph_does_not_reach_for_model_files_outside_its_folder(tmp_path: Path, model_path: Path) -> None:
    (tmp_path / "g.json").write_bytes(
        HELLO.replace(b'"type": "model"', b'"type": "model", "model": "%s"' % bytes(model_path))
    )
    with Workspace(cache=False, settings=Settings()) as workspace:
        (failed,) = [e for e in workspace.run(workspace.load(tmp_path / "g.json")) if isinstance(e, NodeFailed)]
    assert (failed.node, "may not be touched by a node" in failed.message) == ("answer", True)
    with Workspace(cache=False, settings=Settings(), model=str(model_path)) as workspace:
        preview = workspace.preview(workspace.load(tmp_path / "g.json"))
    assert [step.model for step in preview.steps if step.model] == [model_path.name]


def test_an_answer_that_does_not_fit_still_costs_what_it_cost(echo: Workspace) -> None:
    schema = b'"type": "model", "response": "json_schema", "json_schema": {"type": "object", "required": ["a"]}, "max_tokens": 1'
    result = echo.result(echo.loads(HELLO.replace(b'"type": "model"', schema)))
    assert result.status == "ok"
    strict = schema.replace(
        b'"required": ["a"]', b'"properties": {"a": {"type": "string", "pattern": "^z"}}, "required": ["a"]'
    )
    result = echo.result(echo.loads(HELLO.replace(b'"type": "model"', strict)))
    assert (result.status, result.usage["completion_tokens"]) == ("failed", 1)


@pytest.mark.real_model
def test_the_same_seed_gives_the_same_text_and_the_run_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHIDE_HOME", str(tmp_path))
    with Workspace(settings=Settings()) as workspace:
        document = workspace.set(workspace.loads(HELLO), "answer", "max_tokens", "16")
        first = workspace.result(document, seed=7)
        shutil.rmtree(tmp_path / "cache")
    with Workspace(settings=Settings(), cache=False) as workspace:
        *_, again = workspace.run(document, seed=7)
    assert isinstance(again, RunFinished)
    assert again.outputs == first.outputs
    assert first["answer"].strip()
    assert again.seed == first.seed == 7
    assert again.models["default"]["sha256"] == "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
    assert again.usage["completion_tokens"] == 16
    assert again.usage["tokens_per_second"] > 0
    assert again.usage["time_to_first_token"] > 0


def test_a_name_that_is_neither_file_nor_template_lists_the_templates(echo: Workspace) -> None:
    with pytest.raises(GraphFileError, match="helo: is neither a file nor a template.*hello"):
        echo.load("helo")


SCORED = b"""{"graphide": 1, "nodes": {
  "said": {"type": "variable", "value": "the sea is deep"},
  "near": {"type": "score", "how": "meaning", "to": "deep is the sea", "model": "echo", "threshold": 0.9},
  "exact": {"type": "score", "to": "the sea is deep"},
  "o": {"type": "output", "name": "near"}, "p": {"type": "output", "name": "exact"}},
 "edges": ["said.value -> near.value", "said.value -> exact.value", "near.passed -> o.value", "exact.passed -> p.value"]}
"""


def test_only_a_score_that_compares_meanings_asks_a_model(tmp_path: Path) -> None:
    with Workspace(cache=False, settings=Settings()) as workspace:
        document = workspace.loads(SCORED)
        assert {step.id: step.model for step in workspace.preview(document).steps if step.model} == {"near": "echo"}
        result = workspace.result(document)
    assert (result.status, result.outputs) == ("ok", {"near": True, "exact": True})
    assert result.usage == {"embedded_tokens": 8}
    assert result.models["echo"]["file"] == "echo"


def test_a_run_says_its_mode(echo: Workspace) -> None:
    assert echo.result(echo.loads(HELLO)).mode == "batched"
    with Workspace(model="echo", cache=False, settings=Settings(), reproducible=True) as workspace:
        started, *_, _ = workspace.run(workspace.loads(HELLO))
    assert isinstance(started, RunStarted) and started.mode == "reproducible"
    assert graphide.run("hello", model="echo", reproducible=True).mode == "reproducible"
