"""graphide share, and pictures where graph files are taken."""

from __future__ import annotations

from pathlib import Path

from cli.command import Command


def test_a_picture_opens_as_the_graph_it_was_made_of(graphide_: Command, hello: Path) -> None:
    said = graphide_("share", "hello.json", "-o", "hello.png", "--theme", "light").err
    assert "hello.png" in said
    assert graphide_("diff", "hello.json", "hello.png").out.strip() in ("", "no differences")
    assert graphide_("validate", "hello.png").out == "hello.png: ok\n"
    assert str(graphide_.folder).encode() not in (graphide_.folder / "hello.png").read_bytes()


def test_a_picture_is_not_replaced_unasked_and_has_to_be_a_png(graphide_: Command, hello: Path) -> None:
    graphide_("share", "hello.json", "-o", "hello.png")
    assert "--force" in graphide_("share", "hello.json", "-o", "hello.png", code=2).err
    graphide_("share", "hello.json", "-o", "hello.png", "--force")
    assert ".png" in graphide_("share", "hello.json", "-o", "hello.jpg", code=2).err
