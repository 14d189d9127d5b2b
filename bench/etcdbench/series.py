"""A series of bounded length: days of readings in the memory of an hour's."""

from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")

LONGEST = 720
"""So many items are kept: at a reading a second the first twelve minutes are, one by one."""


class Series(Generic[Item]):
    """Items in order of time; when there are too many, neighbours are joined in pairs.

    From then on each item takes in twice as many as before, so that all cover about the same
    time: a day at a reading a second is kept in stretches of two minutes.
    """

    def __init__(self, join: Callable[[Item, Item], Item], *, longest: int = LONGEST) -> None:
        """Keep at most `longest` items, an even number, and join neighbours with `join`."""
        self._join = join
        self._longest = longest
        self._items: list[Item] = []
        self._each = 1
        self._in_last = 0

    def add(self, item: Item) -> None:
        """Take in the next item."""
        if self._items and self._in_last < self._each:
            self._items[-1] = self._join(self._items[-1], item)
            self._in_last += 1
            return
        if len(self._items) == self._longest:
            pairs = zip(self._items[::2], self._items[1::2], strict=True)
            self._items = [self._join(first, second) for first, second in pairs]
            self._each *= 2
        self._items.append(item)
        self._in_last = 1

    @property
    def items(self) -> tuple[Item, ...]:
        """Return what is kept, in order."""
        return tuple(self._items)
