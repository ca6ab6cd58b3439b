"""A sequence that is made when it is first looked at, so that what nobody sees costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar, overload

_T = TypeVar("_T")


class Later(Sequence[_T]):
    """The items that `make` gives, asked for once; equal to any sequence of equal items, which asking makes it find out."""

    __slots__ = ("_items", "_make")

    def __init__(self, make: Callable[[], Sequence[_T]]) -> None:
        self._make: Callable[[], Sequence[_T]] | None = make
        self._items: Sequence[_T] = ()

    @property
    def is_made(self) -> bool:
        """Whether somebody has looked at it."""
        return self._make is None

    def _made(self) -> Sequence[_T]:
        if self._make is not None:
            self._items, self._make = self._make(), None
        return self._items

    @overload
    def __getitem__(self, index: int) -> _T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[_T]: ...
    def __getitem__(self, index: int | slice) -> _T | Sequence[_T]:
        return self._made()[index]

    def __len__(self) -> int:
        return len(self._made())

    def __iter__(self) -> Iterator[_T]:
        return iter(self._made())

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return tuple(self) == tuple(other) if isinstance(other, Later | tuple | list) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self._made()))

    def __repr__(self) -> str:
        return repr(tuple(self._made()))
