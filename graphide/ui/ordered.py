"""Items of one draw node in the order of their keys: they are added as they come, and put in order once, at the end."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

import dearpygui.dearpygui as dpg

from graphide.ui.shapes import Item

SLOTS = 4
"""So many items may a key have, in the order of their slots."""
_Key = TypeVar("_Key", bound=Hashable)


class Ordered(Generic[_Key]):
    """The items of one layer; what comes later in the order lies above."""

    def __init__(self, parent: Item) -> None:
        self.item: Item = dpg.add_draw_node(parent=parent)
        self._keys: Sequence[_Key] = ()
        self._ranks: dict[_Key, int] = {}
        self._items: dict[int, Item] = {}  # by place, which is rank and slot in one number; as they lie in the window
        self._last = -1
        self._is_settled = True

    def see(self, keys: Sequence[_Key]) -> list[_Key]:
        """Take the order of all keys there are; delete the items of those that are no more, and return these."""
        if keys == self._keys:
            return []
        before, items = self._keys, self._items
        self._keys, self._ranks, self._items = keys, {key: rank for rank, key in enumerate(keys)}, {}
        self._last = -1
        gone: dict[_Key, None] = {}
        for place, item in items.items():
            key = before[place // SLOTS]
            rank = self._ranks.get(key)
            if rank is None:
                gone[key] = None
                dpg.delete_item(item)
            else:
                self._put(rank * SLOTS + place % SLOTS, item)
        return list(gone)

    def add(self, key: _Key, make: Callable[..., Item], slot: int = 0) -> Item:
        """Put what `make(parent=)` makes into the slot of a key, which is free, and return it."""
        item = make(parent=self.item)
        self._put(self._ranks[key] * SLOTS + slot, item)
        return item

    def drop(self, key: _Key) -> None:
        """Delete the items of a key."""
        first = self._ranks[key] * SLOTS
        for place in range(first, first + SLOTS):
            if place in self._items:
                dpg.delete_item(self._items.pop(place))

    def settle(self) -> None:
        """Put what was added into its place."""
        if not self._is_settled:
            self._items = dict(sorted(self._items.items()))
            dpg.reorder_items(self.item, 2, list(self._items.values()))
            self._is_settled = True
            self._last = next(reversed(self._items), -1)

    def _put(self, place: int, item: Item) -> None:
        self._items[place] = item
        if place < self._last:
            self._is_settled = False
        else:
            self._last = place
