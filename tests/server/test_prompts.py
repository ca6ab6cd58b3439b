"""Templates and prompts over HTTP: kept, shown, removed, and built without a model."""

from __future__ import annotations

from typing import Any

import pytest
from server.serving import Served

GRAPH: dict[str, Any] = {
    "graphide": 1,
    "nodes": {"topic": {"type": "variable", "value": "tides"}, "out": {"type": "output"}},
    "edges": ["topic.value -> out.value"],
}


def test_a_template_is_kept_served_run_and_removed(server: Served) -> None:
    made = server.post(
        "/api/prompts/templates", {"graph": GRAPH, "name": "My Tides", "about": "About tides", "tags": ["sea"]}
    )
    assert made.status_code == 201
    id = made.json()["id"]
    assert made.json() == {"id": id, "origin": "user", "title": "My Tides", "about": "About tides", "tags": ["sea"]}
    assert id in [each["id"] for each in server.get("/api/prompts/templates").json()["templates"]]
    shown = server.get(f"/api/prompts/templates/{id}").json()
    assert [port["name"] for port in shown["inputs"]] == ["topic"] and shown["graph"]["title"] == "My Tides"
    assert server.post("/api/runs", {"graph": id}).json()["outputs"] == {"result": "tides"}
    again = server.post("/api/prompts/templates", {"graph": GRAPH, "name": "My Tides"})
    assert again.status_code == 400 and "already" in again.json()["error"]["message"]
    assert (
        server.post("/api/prompts/templates", {"graph": "hello", "name": "My Tides", "replace": True}).status_code
        == 201
    )
    assert server.client.delete(f"/api/prompts/templates/{id}").json() == {"id": id, "deleted": True}
    assert server.get(f"/api/prompts/templates/{id}").status_code == 404
    assert server.client.delete(f"/api/prompts/templates/{id}").status_code == 404


def test_a_packaged_template_stays(server: Served) -> None:
    assert server.client.delete("/api/prompts/templates/hello").status_code == 403
    assert server.get("/api/prompts/templates/hello").status_code == 200


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "..", "...", "a/../../b"])
def test_no_name_of_a_template_leads_out_of_its_folder(server: Served, name: str) -> None:
    answer = server.post("/api/prompts/templates", {"graph": GRAPH, "name": name})
    folder = server.home / "data" / "templates"
    assert {path.parent for path in server.home.rglob("*.json") if path.parent.name != "config"} <= {folder}
    if answer.status_code == 201:
        assert "/" not in answer.json()["id"] and ".." not in answer.json()["id"]
        server.client.delete(f"/api/prompts/templates/{answer.json()['id']}")


def test_a_prompt_is_built_of_a_template(server: Served) -> None:
    body = server.post("/api/prompts/build", {"template": "hello", "values": {"topic": "tides"}}).json()
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["messages"][1]["content"] == "Explain tides in two sentences."
    assert body["prompts"]["answer"]["messages"] == body["messages"]


def test_a_prompt_is_built_of_components(server: Served) -> None:
    parts = [{"role": "system", "text": "You teach {{ who }}."}, {"text": "Explain {{ what | upper }}."}]
    body = server.post(
        "/api/prompts/build", {"components": parts, "values": {"who": "children", "what": "tides"}}
    ).json()
    assert body == {
        "messages": [
            {"role": "system", "content": "You teach children."},
            {"role": "user", "content": "Explain TIDES."},
        ],
        "text": "You teach children.\n\nExplain TIDES.",
        "placeholders": ["who", "what"],
    }


def test_a_missing_value_is_named(server: Served) -> None:
    error = server.post("/api/prompts/build", {"text": "Hello {{ name }}"}).json()["error"]
    assert "name" in error["message"] and error["type"] == "invalid_request_error"


@pytest.mark.parametrize("body", [{}, {"text": "x", "template": "hello"}, {"text": "x", "components": []}])
def test_a_prompt_is_built_of_one_thing(server: Served, body: dict[str, Any]) -> None:
    assert server.post("/api/prompts/build", body).status_code == 400


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{% include '/etc/passwd' %}",
        "{{ self._TemplateReference__context }}",
        "{% for a in range(10 ** 9) %}{% for b in range(10 ** 9) %}x{% endfor %}{% endfor %}",
        "{{ 'x' * (10 ** 9) }}",
        "{{ 9 ** (9 ** 9) }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    ],
)
def test_a_template_breaks_out_of_nothing_and_ends_in_time(server: Served, text: str) -> None:
    answer = server.post("/api/prompts/build", {"text": text}, timeout=10)
    assert answer.status_code == 400, answer.text[:300]
    assert "uid=" not in answer.text and "root:" not in answer.text
