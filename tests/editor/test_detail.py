"""Levels of detail, and sequences that are made when they are looked at."""

from __future__ import annotations

from graphide.editor.detail import FAR, TINY, level_at, marks_at, shapes_at
from graphide.editor.later import Later
from graphide.editor.layout import Place
from graphide.editor.nodeshape import node_group
from graphide.editor.views import Group, Rect, Text
from tests.editor.scenes import alone


def test_a_later_sequence_is_made_once_and_only_when_it_is_looked_at() -> None:
    made: list[int] = []

    def make() -> tuple[int, ...]:
        made.append(1)
        return 1, 2, 3

    later = Later(make)
    assert not later.is_made and made == []
    assert list(later) == [1, 2, 3] and later[1] == 2 and later[1:] == (2, 3) and len(later) == 3
    assert later == (1, 2, 3) and later == Later(lambda: (1, 2, 3))
    assert later != (1, 2) and later != Later(lambda: ())
    assert later.is_made and made == [1]


def test_a_node_is_not_drawn_before_somebody_looks_at_it() -> None:
    group = node_group(alone("model"), Place())
    assert isinstance(group.shapes, Later) and not group.shapes.is_made
    assert isinstance(group.shapes_far, Later) and not group.shapes_far.is_made
    assert group.width > 0 and group.pins
    assert len(shapes_at(group, "far")) > 0 and not group.shapes.is_made


def test_the_farther_away_the_less_is_drawn() -> None:
    group = node_group(alone("model"), Place())
    near, far, tiny = (shapes_at(group, level_at(zoom)) for zoom in (FAR, FAR - 0.01, TINY - 0.01))
    assert len(near) > len(far) > len(tiny)
    assert all(isinstance(shape, Rect) for shape in tiny)
    assert len(tiny) == sum(isinstance(shape, Rect) for shape in far) + 1  # a bar for the title, none for the icon


def test_what_has_no_shapes_for_afar_is_drawn_whole() -> None:
    shapes = (Text(0, 0, "Hello", 14),)
    group = Group("n", 0, 0, 10, 10, shapes)
    assert [shapes_at(group, level) for level in ("near", "far", "tiny")] == [shapes] * 3
    assert marks_at(group, "near") == ()
