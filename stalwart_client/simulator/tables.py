"""Objects in memory with indexes, so that neither a look-up nor a create walks what is already there."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar

Doc: TypeAlias = dict[str, Any]
Keys: TypeAlias = Callable[[Doc], Iterable[Hashable]]

_Found = TypeVar("_Found")
_MOST_KEPT = 8
_WORD = re.compile(r"[^\W_]+")


def words(*texts: str | None) -> set[str]:
    """Cut texts into the lower-case words that both servers' searches know: runs of letters and digits."""
    return {word for text in texts if text for word in _WORD.findall(text.lower())}


class Index:
    """Finds the ids of the objects that have a key: a name, an address, a word, a group.

    It is built at the first question, because most servers are never asked for words. A key with one object
    holds the bare id: at 100,000 mailboxes a set for each address would cost more than the mailboxes.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._ids: dict[Hashable, int | set[int]] | None = None

    def find(self, key: Hashable, rows: Mapping[int, Doc]) -> set[int]:
        """Return the ids of the objects with this key; the set must not be changed."""
        if self._ids is None:
            self._ids = {}
            for number, doc in rows.items():
                self.add(number, doc)
        found = self._ids.get(key)
        if found is None:
            return set()
        return {found} if isinstance(found, int) else found

    def add(self, number: int, doc: Doc) -> None:
        if self._ids is None:
            return
        for key in self._keys(doc):
            there = self._ids.get(key)
            if there is None or there == number:
                self._ids[key] = number
            elif isinstance(there, int):
                self._ids[key] = {there, number}
            else:
                there.add(number)

    def remove(self, number: int, doc: Doc) -> None:
        if self._ids is None:
            return
        for key in self._keys(doc):
            there = self._ids.get(key)
            if isinstance(there, set):
                there.discard(number)
            elif there == number:
                del self._ids[key]


def _holds(value: Any, key: Hashable) -> bool:
    """Say whether a property that has no index is or contains a key."""
    return key in value if isinstance(value, dict | list) else value == key


class Order:
    """Keeps the names of each type sorted by their bytes, as 0.15 lists them.

    Inserting moves what stands behind it, which is a few microseconds at 100,000 names.
    """

    def __init__(self) -> None:
        self._names: dict[str, list[tuple[bytes, int]]] = {}

    def add(self, number: int, doc: Doc) -> None:
        insort(self._names.setdefault(doc["type"], []), (doc["name"].encode(), number))

    def remove(self, number: int, doc: Doc) -> None:
        names = self._names[doc["type"]]
        del names[bisect_left(names, (doc["name"].encode(), number))]

    def types(self) -> list[str]:
        return list(self._names)

    def of_type(self, kind: str) -> list[tuple[bytes, int]]:
        """Return the sorted names of one type; the list must not be changed."""
        return self._names.get(kind, [])


class Table:
    """All objects of one kind by id. An object is never changed in place: a changed copy replaces it."""

    def __init__(self, indexes: Mapping[str, Keys] | None = None, *, ordered: bool = False) -> None:
        self.rows: dict[int, Doc] = {}
        self.ids: list[int] = []
        self.order = Order() if ordered else None
        self._indexes = {name: Index(keys) for name, keys in (indexes or {}).items()}
        self._kept: dict[Hashable, Any] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[tuple[int, Doc]]:
        return ((number, self.rows[number]) for number in self.ids)

    def get(self, number: int) -> Doc | None:
        return self.rows.get(number)

    def find(self, index: str, key: Hashable) -> set[int]:
        """Return the ids of the objects that have `key` in an index."""
        if index not in self._indexes:
            return {number for number, doc in self.rows.items() if _holds(doc.get(index), key)}
        return self._indexes[index].find(key, self.rows)

    def one(self, index: str, key: Hashable) -> int | None:
        """Return the lowest id with this key, None if there is none."""
        return min(self.find(index, key), default=None)

    def kept(self, key: Hashable, make: Callable[[], _Found]) -> _Found:
        """Return what `make` found out about these objects, once until one of them changes.

        Who reads 100,000 of them page by page asks the same question a thousand times.
        """
        if key not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = make()
        found: _Found = self._kept[key]
        return found

    def has_index(self, index: str) -> bool:
        return index in self._indexes

    def after(self, number: int) -> Iterator[int]:
        """Yield the ids above this one, ascending."""
        start = bisect_right(self.ids, number)
        return (self.ids[place] for place in range(start, len(self.ids)))

    def put(self, number: int, doc: Doc) -> None:
        """Keep an object, in place of the one with this id if there is one."""
        self._kept.clear()
        old = self.rows.get(number)
        if old is None:
            insort(self.ids, number)
        else:
            self._forget(number, old)
        self.rows[number] = doc
        for index in self._indexes.values():
            index.add(number, doc)
        if self.order is not None:
            self.order.add(number, doc)

    def drop(self, number: int) -> None:
        """Forget an object, if it is there."""
        self._kept.clear()
        old = self.rows.pop(number, None)
        if old is not None:
            del self.ids[bisect_left(self.ids, number)]
            self._forget(number, old)

    def _forget(self, number: int, doc: Doc) -> None:
        for index in self._indexes.values():
            index.remove(number, doc)
        if self.order is not None:
            self.order.remove(number, doc)
