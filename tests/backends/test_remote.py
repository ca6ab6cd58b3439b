"""Models behind other servers, over real HTTP on loopback: what is asked, what comes back, and everything that goes wrong."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import formatdate
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from graphide import secrets
from graphide.backends.remote import RemoteBackend, Server, is_local, server_of, without_secrets
from graphide.backends.remote_link import Patience
from graphide.backends.remote_models import models_of_servers
from graphide.errors import Cancelled, InferenceFault, ModelMissing, UsageError
from graphide.executor.events import to_line
from graphide.settings import Settings
from graphide.spec.generation import Chunk, ModelRequest, Progress
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


@pytest.mark.parametrize(
    ("error", "asked", "gone"),
    [
        (fails(400, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
               "instead."), {"max_completion_tokens": 20}, "max_tokens"),
        (fails(400, "Unsupported value: 'temperature' does not support 0.8 with this model."), {}, "temperature"),
        (gives({"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"], "msg": "Extra inputs are not "
                            "permitted"}]}, 422), {}, "stream_options"),
        (gives({"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"]}]}, 422), {}, "seed"),
        (fails(400, "unknown field"), {}, "min_p"),
    ],
)  # fmt: skip
def test_a_server_is_asked_again_without_what_it_names(
    server: OpenAiServer, backend: RemoteBackend, error: Callable[..., None], asked: dict[str, Any], gone: str
) -> None:
    server.behave(error)
    wanted = request(sampling=Sampling(min_p=0.2, seed=7))
    notes = [piece.label for piece in backend.generate(wanted, threading.Event()) if isinstance(piece, Progress)]
    bodies = [body for _, _, _, body in server.asked]
    assert len(bodies) == 2 and gone in bodies[0] and gone not in bodies[1]
    assert {name: bodies[1].get(name) for name in asked} == asked
    assert notes[1] == f"asking again without {gone}, which the server refuses"
    ask(backend, request(model="lab/other", sampling=Sampling(min_p=0.2, seed=7)))
    assert gone in server.asked[-1][3]  # another model of that server may take it


def test_what_a_server_refuses_one_by_one_is_left_out_one_by_one(server: OpenAiServer, backend: RemoteBackend) -> None:
    names = ["top_k", "min_p", "seed", "temperature"]
    server.behave(*[fails(400, f"{name} is not supported") for name in names])
    assert ask(backend, request(sampling=Sampling(top_k=3, min_p=0.2, seed=7)))[1].text == "Hello there"
    assert not set(names) & set(server.asked[-1][3])


def test_a_refusal_of_something_else_leaves_nothing_out(server: OpenAiServer, backend: RemoteBackend) -> None:
    for message in ("the model big/one is not supported", "unknown model"):
        server.behave(fails(400, message), fails(400, message))
        with pytest.raises(InferenceFault, match=message):
            ask(backend, request(sampling=Sampling(top_k=3)))
        server.behave()
        ask(backend, request(sampling=Sampling(top_k=3)))
        assert server.asked[-1][3]["top_k"] == 3


def test_what_would_change_the_answer_is_not_left_out(server: OpenAiServer, backend: RemoteBackend) -> None:
    server.behave(fails(400, "response_format is not supported"))
    with pytest.raises(InferenceFault, match=r"cannot follow a JSON schema.*parse_json"):
        ask(backend, request(response="json_schema", json_schema={"type": "object"}))
    server.behave(fails(400, "unknown field: grammar"))
    with pytest.raises(InferenceFault, match="cannot follow a GBNF grammar"):
        ask(backend, request(response="gbnf", grammar='root ::= "a"'))
    server.behave(fails(400, "stop is not supported"))
    with pytest.raises(InferenceFault, match="stop is not supported"):
        ask(backend, request(sampling=Sampling(stop=("END",))))


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


def test_a_server_may_say_when_as_a_date(server: OpenAiServer, backend: RemoteBackend) -> None:
    server.behave(fails(503, "later", Retry_After=formatdate(time.time() + 3600, usegmt=True)))
    with pytest.raises(InferenceFault, match="later"):
        ask(backend)
    server.behave(fails(503, "later", Retry_After="soon"), fails(503, "later", Retry_After=formatdate(0, usegmt=True)))
    assert ask(backend)[1].text == "Hello there"


def test_pauses_between_tries_grow(server: OpenAiServer) -> None:
    times: list[float] = []

    def failing(exchange: Any) -> None:
        times.append(time.monotonic())
        fails(503)(exchange)

    server.usual = failing
    backend = RemoteBackend({"lab": Server(url=server.url, patience=Patience(retries=3, pause=0.1))})
    with pytest.raises(InferenceFault):
        ask(backend)
    backend.close()
    first, second, third = (after - before for before, after in pairwise(times))
    assert first >= 0.07 and second >= 0.14 and third >= 0.28


def test_a_connection_that_was_closed_meanwhile_is_made_anew(server: OpenAiServer, backend: RemoteBackend) -> None:
    server.behave(lambda exchange: None)  # it takes the request and closes without a word
    assert ask(backend)[1].text == "Hello there" and len(server.asked) == 2


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


def test_a_close_that_comes_together_with_a_piece_is_not_lost(server: OpenAiServer, backend: RemoteBackend) -> None:
    def talks_on(exchange: Any) -> None:
        exchange.head()
        exchange.piece("Once")
        end = time.monotonic() + 30
        while time.monotonic() < end:
            exchange.wfile.write(b": still here\n")
            time.sleep(0.0005)

    server.usual = talks_on
    for _ in range(40):
        server.left.clear()
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


def test_a_server_that_repeats_the_key_does_not_spread_it(server: OpenAiServer, backend: RemoteBackend) -> None:
    stream = b'data: {"error": {"message": "wrong key sk-secret"}}\n\n'
    for behaviour in (fails(401, "Incorrect API key provided: sk-secret."), gives(stream, kind="text/event-stream")):
        server.behave(behaviour)
        with pytest.raises(InferenceFault, match="the key") as caught:
            ask(backend)
        assert "sk-secret" not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"


def test_a_password_in_an_address_is_in_no_error() -> None:
    with openai_server() as gone:
        port = gone.server_address[1]
    backend = RemoteBackend({"lab": Server(url=f"http://me:hunter2@127.0.0.1:{port}/v1", patience=QUICK)})
    with pytest.raises(InferenceFault, match="cannot be reached") as caught:
        ask(backend)
    backend.close()
    assert "hunter2" not in str(caught.value)


def test_the_key_is_in_nothing_that_a_run_leaves(
    server: OpenAiServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Events of a run that goes well and of one that fails, the cache, the saved graph, the log."""
    monkeypatch.setenv("GRAPHIDE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GRAPHIDE_KEY_LAB", "sk-very-secret")
    caplog.set_level("DEBUG")
    with Workspace(settings=Settings(servers={"lab": server.url}), model="lab/big") as workspace:
        document = workspace.load("hello")
        lines = [to_line(event) for event in workspace.run(document, seed=1)]
        server.behave(fails(401, "Incorrect API key: sk-very-secret"))
        lines += [to_line(event) for event in workspace.run(document, seed=2)]
        workspace.save(document, tmp_path / "saved.json")
    assert all(headers["Authorization"] == "Bearer sk-very-secret" for _, _, headers, _ in server.asked)
    assert b"refused the key" in b"".join(lines) and b"sk-very-secret" not in b"".join(lines)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"sk-very-secret" in path.read_bytes()]
    assert "sk-very-secret" not in caplog.text


def test_a_plan_asks_no_server(server: OpenAiServer) -> None:
    with Workspace(settings=Settings(servers={"lab": server.url}), model="lab/big/one") as workspace:
        foreseen = workspace.preview(workspace.load("hello"))
    (answer,) = [step for step in foreseen.steps if step.type == "model"]
    assert (answer.model, answer.problem, answer.tokens) == ("big/one", "", None)
    assert server.asked == []


@pytest.mark.parametrize(
    ("url", "local"),
    [("http://localhost:8080/v1", True), ("http://127.0.0.1/v1", True), ("http://127.9.9.9/v1", True),
     ("http://[::1]:1/v1", True), ("http://LOCALHOST./v1", True), ("http://a.localhost/v1", True),
     ("https://api.example.com/v1", False), ("http://192.168.1.2/v1", False), ("http://localhost.example.com/v1", False),
     ("http://127.0.0.1.example.com/v1", False), ("http://localhost@example.com/v1", False), ("nonsense", False)],
)  # fmt: skip
def test_addresses_of_this_machine_are_told_from_others(url: str, local: bool) -> None:
    assert is_local(url) == local


def test_without_the_network_only_servers_of_this_machine_are_asked(server: OpenAiServer) -> None:
    servers = {"here": server.url, "there": "http://192.0.2.1/v1"}
    off = Settings(servers=servers, network=False)
    with Workspace(settings=off, cache=False) as workspace:
        document = workspace.load("hello")
        assert workspace.result(workspace.set(document, "answer", "model", "here/m")).status == "ok"
        refused = workspace.result(workspace.set(document, "answer", "model", "there/m"))
        assert "the network is switched off" in str(refused.failures)
        workspace.use(replace(off, servers={"there": server.url}))
        assert workspace.result(workspace.set(document, "answer", "model", "there/m")).status == "ok"


def test_limits_of_a_server_stand_behind_its_address(server: OpenAiServer) -> None:
    made = server_of("lab", f"{server.url}#per_minute=60&parallel=2&first=0.5")
    assert (made.url, made.patience) == (server.url, Patience(per_minute=60, parallel=2, first=0.5))
    assert server_of("lab", server.url).patience == Patience()
    for wrong, says in (("per_hour=1", "Limits are: connect, first"), ("parallel=many", "at least 0"),
                        ("first=-1", "at least 0"), ("retries=1.5", "at least 0"), ("first=nan", "at least 0")):  # fmt: skip
        with pytest.raises(UsageError, match=says) as caught:
            server_of("lab", f"{server.url}#{wrong}")
        assert 'of the server "lab"' in str(caught.value)
    with Workspace(settings=Settings(servers={"lab": f"{server.url}#per_minute=300"}), cache=False) as workspace:
        document = workspace.set(workspace.load("hello"), "answer", "model", "lab/m")
        began = time.monotonic()
        assert [workspace.result(document).status for _ in range(3)] == ["ok"] * 3
        assert time.monotonic() - began >= 0.4
    assert {path for _, path, _, _ in server.asked} == {"/v1/chat/completions"}


def test_models_of_all_servers_are_listed_and_one_that_hangs_holds_back_nobody(server: OpenAiServer) -> None:
    server.behave(gives({"data": [{"id": "b"}, {"id": "a/c"}]}))
    with openai_server() as silent:
        silent.usual = lambda exchange: silent.left.wait(5) and None
        servers = {"lab": server.url, "silent": silent.url, "far": "http://me:pw@192.0.2.1/v1"}
        began = time.monotonic()
        found = models_of_servers(servers, network=False, within=0.5)
        assert time.monotonic() - began < 3
        silent.left.set()
    far, lab, hangs = found
    assert (lab.models, lab.problem) == (("lab/a/c", "lab/b"), "")
    assert hangs.models == () and "nothing for 0.5 s" in hangs.problem
    assert far.url == "http://192.0.2.1/v1" and "network is switched off" in far.problem
    assert models_of_servers({}) == ()


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
