"""The parts without a process: text streams, frames, chat templates, overflow."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from graphide.errors import InferenceFault
from graphide.inference import overflow
from graphide.inference.chat_template import compile_template, plain_transcript
from graphide.inference.protocol import (
    Completion,
    Counts,
    Failed,
    FrameReader,
    Generate,
    GenerateRequest,
    Load,
    LoadOptions,
    Piece,
    ProtocolError,
    encode,
)
from graphide.inference.text_stream import StopScanner, Utf8Stream
from graphide.inference.threads import physical_cores
from graphide.values import Message, Messages, Sampling, Usage


def split(data: Any, cuts: list[int]) -> list[Any]:
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]


CUTS = st.lists(st.integers(0, 200), max_size=12)


@given(st.binary(max_size=60) | st.text(max_size=30).map(str.encode), CUTS)
def test_any_split_of_the_bytes_gives_the_same_text(data: bytes, cuts: list[int]) -> None:
    stream = Utf8Stream()
    pieces = [stream.feed(part) for part in split(data, cuts)]
    assert "".join([*pieces, stream.finish()]) == data.decode("utf-8", "replace")


WORDS = st.text(alphabet="ab\n", max_size=40)


@given(WORDS, st.lists(st.text(alphabet="ab\n", min_size=1, max_size=5), max_size=3), CUTS)
def test_any_split_of_the_text_is_cut_at_the_first_stop_string(text: str, stops: list[str], cuts: list[int]) -> None:
    scanner = StopScanner(stops)
    shown = "".join(scanner.feed(part) for part in split(text, cuts)) + scanner.finish()
    ends = [at for stop in stops if (at := text.find(stop)) >= 0]
    assert shown == (text[: min(ends)] if ends else text)
    assert bool(scanner.found) == bool(ends)


def test_text_is_held_back_only_while_it_may_be_a_stop_string() -> None:
    scanner = StopScanner(["\nUser:"])
    assert [scanner.feed(part) for part in ("Hi", "\nUs", "ual", "\nUser", ":")] == ["Hi", "", "\nUsual", "", ""]
    assert scanner.found == "\nUser:"


FRAMES = st.one_of(
    st.builds(Piece, st.text(max_size=20), st.integers(0, 9)),
    st.builds(Counts, st.lists(st.integers(0, 99)).map(tuple), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)),
    st.builds(
        Failed, st.just("oom"), st.text(max_size=9), st.text(max_size=9), st.lists(st.text(max_size=5)).map(tuple)
    ),
    st.builds(Load, st.text(max_size=9), st.builds(LoadOptions, n_ctx=st.integers(0, 9))),
    st.builds(
        Generate,
        st.builds(
            GenerateRequest,
            messages=st.lists(st.builds(Message, st.sampled_from(["user", "system"]), st.text(max_size=9))).map(tuple),
            prompt=st.none() | st.text(max_size=9),
            sampling=st.builds(
                Sampling, stop=st.lists(st.text(max_size=3)).map(tuple), seed=st.none() | st.integers(0, 9)
            ),
            json_schema=st.none() | st.just({"enum": [1, [2]]}),
        ),
    ),
    st.builds(
        Completion, st.text(max_size=9), usage=st.builds(Usage, seed=st.integers(0, 9)), counts=st.just(Counts((1,)))
    ),
)


@given(st.lists(st.tuples(FRAMES, st.integers(0, 9)), max_size=4), CUTS)
def test_frames_survive_any_split_of_the_bytes(frames: list[Any], cuts: list[int]) -> None:
    data = b"".join(encode(frame, request) for frame, request in frames)
    reader = FrameReader()
    assert [item for part in split(data, cuts) for item in reader.feed(part)] == frames


@pytest.mark.parametrize("body", [b"", b"[]", b'["Nope",1,{}]', b'["Piece",1,{"x":1}]', b'["Piece",1,5]', b"\xff"])
def test_what_is_not_a_frame_is_refused(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        list(FrameReader().feed(len(body).to_bytes(4, "little") + body))


def test_a_frame_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(ProtocolError):
        list(FrameReader(limit=10).feed((11).to_bytes(4, "little")))


def test_broken_characters_are_refused() -> None:
    with pytest.raises(ProtocolError):
        encode(Piece("\ud800"))


def render(source: str, *messages: Message) -> str:
    return compile_template(source, bos_token="<s>", eos_token="</s>")(messages)


HI = Message("user", "Hi")


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ self.__init__.__globals__ }}",
        "{{ raise_exception.__globals__ }}",
        "{{ strftime_now.__globals__['json'] }}",
        "{{ strftime_now.__code__ }}",
        "{{ messages.append(1) }}",
        "{{ messages[0].update({'role': 'x'}) }}",
        "{{ '{0.__class__.__mro__}'.format(1) }}",
        "{{ lipsum.__globals__.os }}",
        "{% include '/etc/passwd' %}",
        "{{ range(10**9)|list }}",
    ],
)
def test_a_hostile_template_cannot_get_out(attack: str) -> None:
    try:
        text = render(attack, HI)
    except Exception:  # noqa: BLE001 - any refusal will do
        return
    assert not any(word in text for word in ("module", "<class", "function", "root:", "uid=", "code object"))


def test_templates_know_their_tokens_and_helpers() -> None:
    source = "{{ bos_token }}{% for m in messages %}{% if loop.index > 9 %}{% break %}{% endif %}{{ m | tojson }}{% endfor %}{{ eos_token }}"
    assert render(source, HI) == '<s>{"role": "user", "content": "Hi"}</s>'
    assert len(render("{{ strftime_now('%Y') }}", HI)) == 4


def test_a_broken_template_is_a_fault() -> None:
    with pytest.raises(InferenceFault) as caught:
        render("{% for %}", HI)
    assert caught.value.kind == "bad_request"


class Letters:
    """A vocabulary of one token per character, for the template's own logic; control tokens are `<|…|>`."""

    bos, eos, adds_bos = 1, 2, True

    def text(self, token: int) -> str:
        return {1: "<s>", 2: "</s>"}.get(token, "")

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        if special:
            text = text.replace("<s>", "\x01").replace("<|end|>", "\x03")
        return [ord(character) for character in text]


def chat(source: str, *messages: Message) -> str:
    from graphide.inference.chat_template import ChatTemplate

    return "".join(map(chr, ChatTemplate(source, Letters()).tokens(messages)))  # type: ignore[arg-type]


TURNS = "{% for m in messages %}[{{ m.role }}]{{ m.content }}<|end|>{% endfor %}"
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}" + TURNS
DEAF = "{% for m in messages %}{% if m.role != 'system' %}[{{ m.role }}]{{ m.content }}<|end|>{% endif %}{% endfor %}"
SYSTEM = Message("system", "Be kind")


@pytest.mark.parametrize("source", [NO_SYSTEM, DEAF])
def test_a_template_that_refuses_the_system_role_gets_its_text_in_the_first_question(source: str) -> None:
    assert chat(source, SYSTEM, HI) == "\x01[user]Be kind\n\nHi\x03"


def test_a_template_that_refuses_everything_is_a_fault_in_its_own_words() -> None:
    with pytest.raises(InferenceFault, match="never"):
        chat("{{ raise_exception('never') }}", HI)


def test_bos_is_put_once() -> None:
    assert chat(TURNS, HI) == "\x01[user]Hi\x03" == chat("{{ bos_token }}" + TURNS, HI)


@pytest.mark.parametrize("source", [TURNS, TURNS.replace("m.content", "m.content | trim")])
def test_control_tokens_in_a_message_stay_text(source: str) -> None:
    assert chat(source, Message("user", "a<|end|>b")) == "\x01[user]a<|end|>b\x03"


def test_a_template_that_rewrites_messages_refuses_control_tokens_in_them() -> None:
    with pytest.raises(InferenceFault, match="control token"):
        chat(TURNS.replace("m.content", "m.content | upper"), Message("user", "a<s>b"))


def test_without_a_template_a_transcript_is_written() -> None:
    assert plain_transcript((SYSTEM, HI)) == "Be kind\n\nUser: Hi\n\nAssistant:"


def words(messages: Messages) -> list[int]:
    return [0] * sum(len(message.content) + 1 for message in messages)


def sizes(messages: Messages) -> list[int]:
    return [len(message.content) for message in messages]


@given(
    st.lists(st.integers(0, 120), min_size=1, max_size=8),
    st.sampled_from(["stop", "drop_oldest", "middle_out"]),
    st.integers(0, 50),
)
def test_what_fits_is_sent_whole_and_what_does_not_is_told(lengths: list[int], policy: Any, max_tokens: int) -> None:
    messages = tuple(
        Message("user" if index % 2 == 0 else "assistant", "x" * size) for index, size in enumerate(lengths)
    )
    try:
        fitted = overflow.fit(messages, policy, n_ctx=200, max_tokens=max_tokens, tokens_of=words, content_tokens=sizes)
    except InferenceFault as fault:
        assert fault.kind == "context_overflow" and len(words(messages)) >= 150  # noqa: PT017
        return
    assert len(fitted.tokens) < 200 and fitted.tokens == words(fitted.messages)
    assert (fitted.messages != messages) == bool(fitted.dropped)
    assert fitted.messages[-1].content == messages[-1].content or policy == "middle_out"


def test_there_is_at_least_one_core() -> None:
    assert physical_cores() >= 1
