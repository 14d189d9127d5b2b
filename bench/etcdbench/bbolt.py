"""bbolt's file as etcd fills it: by how many pages each commit makes it longer.

A commit never overwrites a page that is in use: it writes what changed to free places and frees the
old ones, which the next commit may take. Only what finds no place large enough makes the file
longer, and only then does the filesystem have to allocate, and to commit its journal. Few puts a
commit mostly find a place; many never do. Pure arithmetic, by bbolt's own rules; held against
system-call traces of etcd 3.4.23 and 3.5.1, neither of which extends the file in any other way
(no `ftruncate` was seen, though bbolt has one).

Source: https://github.com/etcd-io/bbolt/blob/main/node.go (`split`, `spill`), freelist.go
(`allocate`: the first run that is long enough; 3.5 prefers an exact fit).
"""

from collections.abc import Iterable, Sequence

from etcdbench.etcd_model import FILL_BYTES, ITEMS_PER_LEAF_MIN, PAGE_BYTES, PAGE_HEADER_BYTES

INNER_PAGES = 3
"""Pages above the last leaf that change with it: two levels of branches in the key bucket (one, in
the first 123 leaves), and the root with the other buckets in it. Seen in the pages of traces."""

FREE_PAGES = 8
"""Free pages in a database at a moment between two commits, about: what the last one freed."""


class Database:
    """The end of the key bucket, to which etcd only ever appends.

    Attributes:
        pages: Length of the file.
    """

    def __init__(self, pages: int) -> None:
        """Begin with a file of so many pages, the last ones of them free."""
        self.pages = pages
        self._free = list(range(max(2, pages - FREE_PAGES), pages))
        self._leaf: Sequence[int] = ()
        self._path: list[int] = []

    def commit(self, items_bytes: Iterable[int]) -> int:
        """Commit puts; return by how many pages the file becomes longer.

        Args:
            items_bytes: Bytes that each put takes in a leaf.
        """
        before = self.pages
        leaves = split((*self._leaf, *items_bytes))
        path: list[int] = []
        for leaf in leaves:
            path = self._allocate((PAGE_HEADER_BYTES + sum(leaf)) // PAGE_BYTES + 1)
        for _ in range(INNER_PAGES):
            path += self._allocate(1)
        self._free = sorted(self._free + self._path)
        self._path, self._leaf = path, leaves[-1]
        return self.pages - before

    def _allocate(self, count: int) -> list[int]:
        """Take the first free run that is long enough, or make the file longer."""
        length = 0
        for index, page in enumerate(self._free):
            follows = index > 0 and self._free[index - 1] == page - 1
            length = length + 1 if follows else 1
            if length == count:
                del self._free[index + 1 - count : index + 1]
                return list(range(page + 1 - count, page + 1))
        self.pages += count
        return list(range(self.pages - count, self.pages))


def split(items_bytes: Sequence[int]) -> list[Sequence[int]]:
    """Deal the items of a leaf out to leaves, as bbolt does when it spills.

    Up to four items always stay together, however large they are; else a leaf takes what fits
    into its fill, two at least, and leaves three at least to the next.

    Args:
        items_bytes: In order of their keys; shape (n,).
    """
    leaves: list[Sequence[int]] = []
    first, left_bytes = 0, sum(items_bytes)
    while (
        len(items_bytes) - first > 2 * ITEMS_PER_LEAF_MIN
        and PAGE_HEADER_BYTES + left_bytes >= PAGE_BYTES
    ):
        end, size = first, PAGE_HEADER_BYTES
        for index in range(first, len(items_bytes) - ITEMS_PER_LEAF_MIN):
            end = index
            if index - first >= ITEMS_PER_LEAF_MIN and size + items_bytes[index] > FILL_BYTES:
                break
            size += items_bytes[index]
        leaf = items_bytes[first:end]
        leaves.append(leaf)
        first, left_bytes = end, left_bytes - sum(leaf)
    return [*leaves, items_bytes[first:]]
