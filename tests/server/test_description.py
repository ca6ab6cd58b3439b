"""The description of the server as OpenAPI: everything it allows is asked, and nothing of it is a fault of the server."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.schemas import OpenApiSchema
from server.serving import Served

ROUTES = {
    "/api/models": {"get"}, "/api/models/loaded": {"get"}, "/api/models/load": {"post"}, "/api/models/unload": {"post"},
    "/api/models/{id}/info": {"get"}, "/api/chat/completions": {"post"}, "/api/completions": {"post"},
    "/api/chat/history": {"get"}, "/api/chat/history/{id}": {"get", "delete"},
    "/api/prompts/templates": {"get", "post"}, "/api/prompts/templates/{id}": {"get", "delete"},
    "/api/prompts/build": {"post"}, "/api/system/info": {"get"}, "/api/system/health": {"get"},
    "/api/runs": {"get", "post"}, "/api/runs/{id}": {"get", "delete"}, "/api/graphs/check": {"post"},
    "/api/graphs": {"get"}, "/api/graphs/{name}": {"get"}, "/api/graphs/{name}/picture": {"get"}, "/api/nodes": {"get"},
    "/v1/models": {"get"}, "/v1/models/{name}": {"get"}, "/v1/chat/completions": {"post"}, "/v1/completions": {"post"},
    "/v1/embeddings": {"post"},
}  # fmt: skip
EXAMPLES = 25
_EXPECTED = frozenset([200, 201, 400, 401, 403, 404, 405, 409, 413, 415, 422])


@pytest.fixture(scope="module")
def description(server: Served) -> OpenApiSchema:
    schema = schemathesis.openapi.from_dict(server.get("/openapi.json").json())
    schema.config.update(base_url=server.url)
    return schema


@pytest.mark.parametrize(
    ("path", "method"), [(path, method) for path, found in ROUTES.items() for method in sorted(found)]
)
def test_nothing_that_the_description_allows_is_a_fault_of_the_server(
    server: Served, description: OpenApiSchema, path: str, method: str
) -> None:
    operation = description[path][method]

    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        answer = case.call(headers=server.headers, timeout=30)
        assert answer.status_code in _EXPECTED, f"{answer.status_code}: {answer.text[:500]}"
        if answer.status_code >= 400:
            assert set(answer.json()["error"]) >= {"message", "type", "param", "code"}

    ask()
    assert "graphide has a fault" not in server.log


def test_all_routes_are_described_and_asked(server: Served) -> None:
    described = {path: set(methods) for path, methods in server.get("/openapi.json").json()["paths"].items()}
    assert described == ROUTES


def test_the_routes_are_on_a_page_that_loads_nothing(server: Served) -> None:
    answer = server.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert "POST /api/runs" in answer.text and "<script" not in answer.text and "//cdn" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
