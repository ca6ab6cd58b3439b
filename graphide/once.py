"""Properties that are made when they are first asked for, once however many threads ask."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar, overload

T = TypeVar("T")


class Locked(Protocol):
    """Whatever has such properties: a lock that its own thread may take again."""

    _lock: threading.RLock


class Once(Generic[T]):
    """A property that is made when it is first asked for; forget it with `forget`."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, owner: None, kind: type[Any]) -> Once[T]: ...

    @overload
    def __get__(self, owner: Locked, kind: type[Any]) -> T: ...

    def __get__(self, owner: Locked | None, kind: type[Any]) -> Once[T] | T:
        if owner is None:
            return self
        with owner._lock:  # what is made already is found before anything here is called
            found = vars(owner)
            if self._name not in found:
                found[self._name] = self._make(owner)
            made: T = found[self._name]
            return made


def forget(owner: Locked, *names: str) -> None:
    """Have properties made anew when they are asked for the next time."""
    with owner._lock:
        for name in names:
            vars(owner).pop(name, None)


def is_made(owner: Locked, name: str) -> bool:
    """Return whether a property was made."""
    return name in vars(owner)
