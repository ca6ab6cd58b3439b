"""Node types are functions: they are tested by calling them, and once through a graph."""

from graphide_privacy import register
from graphide_privacy.redact import redact
from graphide_privacy.restore import restore

import graphide
from graphide.api import Registry

LETTER = "Write to ann@example.org or call +49 30 1234567. Again: ann@example.org."


def test_addresses_and_numbers_get_marks() -> None:
    assert redact(LETTER) == (
        "Write to [private 1] or call [private 2]. Again: [private 1].",
        {"[private 1]": "ann@example.org", "[private 2]": "+49 30 1234567"},
    )


def test_what_is_not_wanted_stays() -> None:
    assert redact(LETTER, emails=False, numbers=False) == (LETTER, {})


def test_marks_are_put_back() -> None:
    assert restore(*redact(LETTER)) == LETTER


def test_the_declarations_are_sound() -> None:
    registry = Registry()
    register(registry)
    assert {type: [port.name for port in spec.outputs] for type, spec in registry.items()} == {
        "redact": ["text", "secrets"],
        "restore": ["text"],
    }


def test_a_graph_answers_without_having_seen_the_address() -> None:
    result = graphide.run("private_reply.json", model="echo", letter=LETTER)
    assert result.status == "ok"
    assert "ann@example.org" not in result["sent"]
    assert "ann@example.org" in result["reply"]
