"""How 0.16 cuts a page out of what a query found, on the path that standard JMAP takes (jmap.md 3.5)."""

from __future__ import annotations

from typing import Any, Final

from stalwart_client.simulator import ids
from stalwart_client.simulator.jmap.errors import MethodError
from stalwart_client.simulator.tables import Doc

MOST: Final = 5000
_NO_ANCHOR: Final = "An anchor argument was supplied, but it cannot be found in the results of the query."


class Page:
    """Takes ids in order until it is full; `expected` is how many there may be."""

    def __init__(self, arguments: Doc, expected: int) -> None:
        asked = arguments.get("limit")
        limit = MOST if asked is None else min(asked, MOST)
        self.limit = min(limit, expected)
        self._told = limit if expected > limit else None
        self._wanted = int(arguments.get("position") or 0)
        self._skip = self._wanted
        self._has_anchor = arguments.get("anchor") is not None
        self._anchor = ids.decode(arguments.get("anchor"))
        self._offset = int(arguments.get("anchorOffset") or 0)
        self._place: int | None = None
        self._seen = 0
        self.ids: list[int] = []
        self.total: int | None = expected if arguments.get("calculateTotal") else None

    @property
    def is_full(self) -> bool:
        return len(self.ids) == self.limit

    def add(self, number: int) -> bool:
        """Take the next id; False when no more are needed."""
        if self._has_anchor:
            return self._add_after_anchor(number)
        if self._skip > 0:
            self._skip -= 1
            return True
        self.ids.append(number)
        return self._skip < 0 or not self.is_full

    def skip(self, most: int) -> int:
        """Pass over what comes before the page at once, and return how many that are."""
        passed = 0 if self._has_anchor else min(max(self._skip, 0), most)
        self._skip -= passed
        return passed

    def forget_limit(self) -> None:
        """Do not tell a limit that cut nothing off."""
        self._told = None

    def content(self, account: str) -> Doc:
        """Return the answer.

        :raises MethodError: if the anchor did not come by
        """
        position, found = self._cut()
        answer: Doc = {"accountId": account, "queryState": "n", "canCalculateChanges": True, "position": position}
        answer["ids"] = [ids.encode(number) for number in found]
        if self.total is not None:
            answer["total"] = self.total
        if self._told is not None:
            answer["limit"] = self._told
        return answer

    def _add_after_anchor(self, number: int) -> bool:
        place, self._seen = self._seen, self._seen + 1
        if number == self._anchor:
            self._place = max(place + self._offset, 0)
        if self._offset < 0:
            self.ids.append(number)
            return not (self._place is not None and self.limit and len(self.ids) >= self._place + self.limit)
        if self._place is not None and place >= self._place:
            self.ids.append(number)
            return not (self.limit and self.is_full)
        return True

    def _cut(self) -> tuple[int, list[int]]:
        end: Any = None
        if self._has_anchor:
            if self._place is None:
                raise MethodError("anchorNotFound", _NO_ANCHOR)
            if self._offset >= 0:
                return self._place, self.ids
            end = self._place + self.limit if self.limit else None
            return self._place, self.ids[self._place : end]
        if self._wanted >= 0:
            return (0 if self._skip else self._wanted), self.ids
        start = max(len(self.ids) + self._wanted, 0)
        end = start + self.limit if self.limit else None
        return start, self.ids[start:end]


def paged(account: str, found: list[int], arguments: Doc) -> Doc:
    """Return a page of everything that was found."""
    page = Page(arguments, len(found))
    for number in found[page.skip(len(found)) :]:
        if not page.add(number):
            break
    return page.content(account)
