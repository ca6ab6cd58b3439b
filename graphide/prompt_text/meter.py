"""What one filling-in has cost so far, and the sizes of its values: the limits that a hostile text runs into.

Every operation of a template ticks here, and everything it builds is weighed here before or right after it is built.
Which operations there are is in `operations`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from typing import Any

from jinja2.runtime import Undefined

from graphide.errors import GraphideError
from graphide.prompt_text.plain import Limits, text_of

MAX_DEPTH = 64  # nesting of lists and objects; Python compares and hashes nested values by recursion
MAX_BITS = 4096  # length of an integer
_ITEM = 4  # what an item of a list weighs on top of its value, in characters
_TURNOVER = 20  # all intermediate values of one filling-in may weigh this many times the largest single one

_SMALLER = "Shorten the loops and the values of the text"


class Meter:
    """The running account of one filling-in: its deadline, and the weight of everything it has built.

    A weight counts characters and items, with what is inside them; a value that occurs twice counts twice, because
    writing it costs that much.
    """

    def __init__(self, limits: Limits, values: Iterable[Any] = ()) -> None:
        """Start the account; the weight of the caller's `values` comes on top of what the template may build."""
        self.limits = limits
        self._deadline = time.monotonic() + limits.seconds
        self._largest = math.inf
        self._spent = 0.0
        self._largest = limits.output + sum(map(self._weigh, values))

    def tick(self) -> None:
        """Raise GraphideError when the time is over."""
        if time.monotonic() > self._deadline:
            raise GraphideError(f"filling in the text takes longer than {self.limits.seconds:g} s", hint=_SMALLER)

    def charge(self, weight: float) -> None:
        """Count a value of this weight, before it is built where that is possible."""
        self.tick()
        self._spent += weight
        if weight > self._largest or self._spent > self._largest * _TURNOVER:
            raise self._too_large()

    def keep(self, value: Any) -> Any:
        """Count a value that was built and return it; iterators become lists.

        Raises GraphideError for values that are too large or nested too deeply.
        """
        if isinstance(value, Iterator):
            value = list(self.each(value))
        if isinstance(value, str | list | tuple | dict | int):
            self.charge(self._weigh(value))
        return value

    def each(self, items: Iterable[Any]) -> Iterator[Any]:
        """Yield the items, counting each."""
        for item in items:
            self.charge(1)
            yield item

    def text(self, value: Any) -> str:
        """Return a value as it stands in a prompt; raises GraphideError for what cannot be written, such as a macro."""
        if isinstance(value, Undefined):
            return str(value)
        if isinstance(value, str):
            return str(value)
        self._weigh(value)
        _refuse_missing(value)
        return text_of(value)

    def _weigh(self, value: Any, level: int = 0, weight: float = 0) -> float:
        """Return `weight` with that of a value added, giving up as soon as it is too large.

        So looking at a value that contains another one twice, and so on, ends after as many steps as are allowed.
        """
        if isinstance(value, str):
            weight += len(value) + 1
        elif isinstance(value, list | tuple | dict):
            weight = self._weigh_items(value, level, weight)
        else:
            _check_scalar(value)
            weight += 1
        if weight > self._largest:
            raise self._too_large()
        return weight

    def _weigh_items(self, value: Any, level: int, weight: float) -> float:
        if level >= MAX_DEPTH:
            raise GraphideError(f"a value is nested more than {MAX_DEPTH} levels deep")
        weight += _ITEM * len(value) + 1
        if weight > self._largest:
            raise self._too_large()
        for item in [*value, *value.values()] if isinstance(value, dict) else value:
            weight = self._weigh(item, level + 1, weight)
        return weight

    @staticmethod
    def _too_large() -> GraphideError:
        return GraphideError("the text builds values that are too large", hint=_SMALLER)


def _check_scalar(value: Any) -> None:
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise GraphideError(f"an integer has more than {MAX_BITS} bits")
    if value is not None and not isinstance(value, int | float | Undefined):
        raise GraphideError(
            f"a {type(value).__name__.lower()} cannot be used as a value",
            hint="Values are texts, numbers, booleans, lists and objects",
        )


def _refuse_missing(value: Any) -> None:
    """Raise the error of a missing value inside a list or object that is written as text."""
    if isinstance(value, Undefined):
        str(value)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_missing(item)
    elif isinstance(value, dict):
        for item in value.values():
            _refuse_missing(item)
