"""Models behind other servers, over real HTTP on loopback: what is asked, what comes back, and everything that goes wrong."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graphide import secrets
from graphide.backends.remote import RemoteBackend, Server, without_secrets
from graphide.backends.remote_link import Patience
from graphide.errors import Cancelled, InferenceFault, ModelMissing, UsageError
from graphide.settings import Settings
from graphide.spec.generation import Chunk, ModelRequest
from graphide.values import Message, Reply, Sampling
from graphide.workspace import Workspace
from tests.support.openai_server import OpenAiServer, answers, cuts, fails, gives, openai_server, stalls

QUICK = Patience(connect=2, first=2, between=0.5, retries=2, pause=0.01, longest_pause=0.5)


@pytest.fixture
def server() -> Iterator[OpenAiServer]:
    with openai_server() as server:
        yield server


@pytest.fixture
def backend(server: OpenAiServer) -> Iterator[RemoteBackend]:
    backend = RemoteBackend({"lab": Server(url=server.url, patience=QUICK, key=lambda: "sk-secret")})
    yield backend
    backend.close()


def request(**changes: Any) -> ModelRequest:
    """Return a request to the model `big/one` of the server `lab`."""
    messages = (Message("system", "Be brief"), Message("user", "Hi"))
    usual: dict[str, Any] = {
        "model": "lab/big/one",
        "messages": messages,
        "sampling": Sampling(seed=7),
        "max_tokens": 20,
    }
    return ModelRequest(**{**usual, **changes})


def ask(backend: RemoteBackend, wanted: ModelRequest | None = None) -> tuple[list[str], Reply]:
    """Return the pieces and the reply."""
    answer = backend.generate(wanted or request(), threading.Event())
    pieces = []
    while True:
        try:
            piece = next(answer)
        except StopIteration as stop:
            return pieces, stop.value
        if isinstance(piece, Chunk):
            pieces.append(piece.text)


def test_an_answer_streams_with_its_usage(server: OpenAiServer, backend: RemoteBackend) -> None:
    counts = {"prompt_tokens": 12, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 8}}
    server.behave(answers("Good", " day", usage=counts, finish="length"))
    pieces, reply = ask(backend)
    assert pieces == ["Good", " day"] and reply.text == "Good day"
    assert reply.messages[-1] == Message("assistant", "Good day")
    usage = reply.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens) == (12, 2, 8)
    assert (usage.stop_reason, usage.seed, usage.reproducible) == ("length", 7, False)


def test_what_is_asked_is_what_the_graph_says(server: OpenAiServer, backend: RemoteBackend) -> None:
    sampling = Sampling(temperature=0.2, top_k=11, stop=("END",), seed=5)
    ask(backend, request(sampling=sampling))
    method, path, headers, body = server.asked[0]
    assert (method, path, headers["Authorization"]) == ("POST", "/v1/chat/completions", "Bearer sk-secret")
    assert body["model"] == "big/one" and body["messages"][1] == {"role": "user", "content": "Hi"}
    assert (body["temperature"], body["top_k"], body["stop"], body["seed"]) == (0.2, 11, ["END"], 5)
    assert "min_p" not in body and body["stream_options"] == {"include_usage": True}


def test_a_schema_and_a_grammar_are_passed_on(server: OpenAiServer, backend: RemoteBackend) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    ask(backend, request(response="json_schema", json_schema=schema))
    ask(backend, request(response="gbnf", grammar='root ::= "a"'))
    assert server.asked[0][3]["response_format"]["json_schema"]["schema"] == schema
    assert server.asked[1][3]["grammar"] == 'root ::= "a"'


def test_a_server_that_refuses_what_is_not_openai_is_asked_without_it_from_then_on(
    server: OpenAiServer, backend: RemoteBackend
) -> None:
    server.behave(fails(400, "Unrecognized request argument supplied: top_k"))
    wanted = request(sampling=Sampling(top_k=3))
    assert ask(backend, wanted)[1].text == "Hello there"
    ask(backend, wanted)
    assert ["top_k" in body for _, _, _, body in server.asked] == [True, False, False]


def test_a_server_that_cannot_stream_answers_whole(server: OpenAiServer, backend: RemoteBackend) -> None:
    server.behave(gives({"choices": [{"message": {"content": "All at once"}, "finish_reason": "stop"}]}))
    assert ask(backend)[1].text == "All at once"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_faults_that_pass_are_tried_again(server: OpenAiServer, backend: RemoteBackend, status: int) -> None:
    server.behave(fails(status), fails(status))
    assert ask(backend)[1].text == "Hello there" and len(server.asked) == 3


def test_retries_end(server: OpenAiServer, backend: RemoteBackend) -> None:
    server.behave(*[fails(503, "loading")] * 5)
    with pytest.raises(InferenceFault, match="loading"):
        ask(backend)
    assert len(server.asked) == 3


def test_a_server_that_says_when_to_come_again_is_obeyed(server: OpenAiServer, backend: RemoteBackend) -> None:
    server.behave(fails(429, "slow down", Retry_After="0.3"))
    began = time.monotonic()
    ask(backend)
    assert time.monotonic() - began >= 0.3
    server.behave(fails(429, "slow down", Retry_After="3600"))
    with pytest.raises(InferenceFault, match="too often"):  # an hour is longer than anybody waits
        ask(backend)


@pytest.mark.parametrize(
    ("behaviour", "kind", "says"),
    [
        (fails(401, "bad key"), "bad_request", "refused the key"),
        (fails(404, "no such model"), "bad_request", "does not know that model"),
        (fails(400, "maximum context length is 4096"), "context_overflow", "too long"),
        (fails(400, "temperature must be below 2"), "bad_request", "temperature must be below 2"),
        (gives(b"<html>It works!</html>"), "bad_request", "no JSON object"),
        (gives([1, 2]), "bad_request", "no JSON object"),
        (gives(b"", 302), "bad_request", "sends elsewhere"),
        (cuts("Half"), "engine_abort", "before its end"),
        (stalls(), "stalled", "nothing for 0.5 s"),
        (gives(b"data: " + b"x" * 5_000_000, kind="text/event-stream"), "bad_request", "does not end"),
        (
            gives(b'data: {"error": {"message": "out of memory"}}\n\n', kind="text/event-stream"),
            "engine_abort",
            "memory",
        ),
    ],
)
def test_a_fault_says_what_it_is_and_is_not_repeated(
    server: OpenAiServer, backend: RemoteBackend, behaviour: Callable[..., None], kind: str, says: str
) -> None:
    server.behave(behaviour)
    with pytest.raises(InferenceFault, match=says) as caught:
        ask(backend)
    assert caught.value.kind == kind and 'model "lab/big/one"' in str(caught.value)
    assert "sk-secret" not in str(caught.value) and len(server.asked) == 1


def test_a_server_that_is_not_there_is_looked_for_and_then_named() -> None:
    with openai_server() as gone:
        url = gone.url
    backend = RemoteBackend({"lab": Server(url=url, patience=QUICK)})
    with pytest.raises(InferenceFault, match="cannot be reached"):
        ask(backend)
    backend.close()


def test_a_cancel_closes_the_connection_at_once(server: OpenAiServer, backend: RemoteBackend) -> None:
    server.behave(stalls(["Once", " upon"]))
    cancel = threading.Event()
    answer = backend.generate(request(), cancel)
    seen = [next(answer) for _ in range(3)]
    assert seen[1:] == [Chunk("Once"), Chunk(" upon")]
    began = time.monotonic()
    cancel.set()
    with pytest.raises(Cancelled):
        next(answer)
    assert time.monotonic() - began < 2  # the server would go on for 30
    assert server.left.wait(5), "the server was left writing"


def test_closing_the_answer_closes_the_connection_too(server: OpenAiServer, backend: RemoteBackend) -> None:
    server.behave(stalls(["Once"]))
    answer = backend.generate(request(), threading.Event())
    next(answer), next(answer)
    answer.close()
    assert server.left.wait(5)


def test_no_more_requests_run_at_one_time_than_the_server_is_said_to_take(server: OpenAiServer) -> None:
    now, most, lock = [0], [0], threading.Lock()

    def slow(exchange: Any) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.05)
        with lock:
            now[0] -= 1
        answers("x")(exchange)

    server.usual = slow
    backend = RemoteBackend({"lab": Server(url=server.url, patience=Patience(parallel=2))})
    threads = [threading.Thread(target=ask, args=(backend,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    backend.close()
    assert most[0] == 2 and len(server.asked) == 8


def test_requests_begin_no_oftener_than_the_rate(server: OpenAiServer) -> None:
    backend = RemoteBackend({"lab": Server(url=server.url, patience=Patience(per_minute=300))})
    began = time.monotonic()
    for _ in range(4):
        ask(backend)
    assert time.monotonic() - began >= 0.6
    backend.close()


def test_models_are_listed(server: OpenAiServer, backend: RemoteBackend) -> None:
    server.behave(gives({"data": [{"id": "b"}, {"id": "a"}, {}]}))
    assert backend.models("lab") == ("a", "b")
    assert server.asked[0][:2] == ("GET", "/v1/models")


def test_vectors_come_back_in_order_and_of_length_one(server: OpenAiServer, backend: RemoteBackend) -> None:
    data = [{"index": 1, "embedding": [0, 2]}, {"index": 0, "embedding": [3, 4]}]
    server.behave(gives({"data": data, "usage": {"prompt_tokens": 9}}))
    found = backend.embed("lab/e5", ["a", "b"], threading.Event())
    assert found.vectors == ((0.6, 0.8), (0.0, 1.0)) and found.tokens == 9
    server.behave(gives({"data": []}))
    with pytest.raises(InferenceFault, match="0 vectors for 1"):
        backend.embed("lab/e5", ["a"], threading.Event())


def test_names_of_servers_are_told_from_other_names(backend: RemoteBackend) -> None:
    assert backend.knows("lab/big/one")
    assert not backend.knows("lab") and not backend.knows("folder/model.gguf") and not backend.knows("default")
    with pytest.raises(ModelMissing, match="known: lab"):
        backend.identity("elsewhere/x")


def test_an_identity_holds_no_secret() -> None:
    backend = RemoteBackend({"lab": Server(url="https://me:pw@host:8080/v1?key=abc", key=lambda: "sk-secret")})
    assert backend.identity("lab/m") == {
        "file": "m", "sha256": "", "backend": "remote", "server": "https://host:8080/v1",
    }  # fmt: skip
    assert without_secrets("http://[::1]:80/v1") == "http://[::1]:80/v1"
    assert "sk-secret" not in repr(backend._servers)
    backend.close()


def test_a_graph_is_answered_by_a_server_of_the_settings(server: OpenAiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHIDE_KEY_MY_LAB", "from-the-environment")
    server.behave(answers("Lava", " is hot."))
    with Workspace(settings=Settings(servers={"my-lab": server.url}), model="my-lab/big/one", cache=False) as workspace:
        outcome = workspace.result(workspace.load("hello"))
    assert outcome.outputs == {"answer": "Lava is hot."}
    assert server.asked[0][2]["Authorization"] == "Bearer from-the-environment"
    assert "You are a patient teacher" in server.asked[0][3]["messages"][0]["content"]
    assert "from-the-environment" not in repr(outcome)


def test_a_key_is_kept_so_that_only_its_user_can_read_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GRAPHIDE_HOME", str(tmp_path))
    monkeypatch.setattr(secrets, "_KEYRING", "no_such_package")
    assert not secrets.find("server-lab")
    assert secrets.keep("server-lab", "  sk-1234\n") == "file"
    kept = secrets.find("server-lab", ("NOT_SET",))
    assert (kept.text, kept.source) == ("sk-1234", "file") and "sk-1234" not in repr(kept)
    if os.name == "posix":
        assert secrets.file_of("server-lab").stat().st_mode & 0o077 == 0
    secrets.forget("server-lab")
    assert not secrets.find("server-lab")
    for wrong in ("", "two words", "ü", "x" * 5000):
        with pytest.raises(UsageError):
            secrets.keep("server-lab", wrong)
    with pytest.raises(UsageError, match="name of a key"):
        secrets.keep("../elsewhere", "x")
