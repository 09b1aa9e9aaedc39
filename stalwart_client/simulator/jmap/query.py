"""`/query` of 0.16's objects, with its two paths that page differently (jmap.md 3.5)."""

from __future__ import annotations

import json
import operator
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from stalwart_client.simulator import ids
from stalwart_client.simulator.jmap.context import Context
from stalwart_client.simulator.jmap.errors import MethodError
from stalwart_client.simulator.jmap.paging import MOST, paged
from stalwart_client.simulator.jmap.schema import Variants, properties
from stalwart_client.simulator.jmap.types import ObjectType
from stalwart_client.simulator.jmap.values import network
from stalwart_client.simulator.tables import Doc, Table, words

COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "IsGreaterThanOrEqual": operator.ge,
    "IsLessThanOrEqual": operator.le,
    "IsGreaterThan": operator.gt,
    "IsLessThan": operator.lt,
}
_ACCOUNT_TYPES: Final = frozenset({"User", "Group"})


@dataclass(frozen=True, slots=True)
class Sort:
    """The one comparator that counts."""

    name: str = "id"
    ascending: bool = False


def query(context: Context, each: ObjectType, arguments: Doc) -> Doc:
    """Return the ids of the objects that match."""
    context.needs(f"{each.permission}Query")
    account = context.account(arguments)
    table = context.state.table(each.name)
    wanted = conditions(arguments)
    sort = first_sort(arguments)
    key = json.dumps(wanted)
    found = table.kept(key, lambda: sorted(_matches(table, each, wanted))) if wanted else table.ids
    if sort.name == "id" and is_fast(arguments):
        return _answer(account, _fast_page(found, arguments, sort, has_filter=bool(wanted)))
    # Where nothing is found, nobody asks how it should be sorted.
    if sort.name != "id" and sort.name not in each.sorts and (found or not wanted):
        raise MethodError("unsupportedSort", f"Property {sort.name} is not supported for sorting")
    return paged(
        account, table.kept((key, sort), lambda: _sorted(table, each, found, sort, keeps_all=bool(wanted))), arguments
    )


def _sorted(table: Table, each: ObjectType, found: list[int], sort: Sort, *, keeps_all: bool) -> list[int]:
    found = found if sort.ascending else found[::-1]
    return found if sort.name == "id" else _by_property(table, each, found, sort, keeps_all=keeps_all)


def _by_property(table: Table, each: ObjectType, found: list[int], sort: Sort, *, keeps_all: bool) -> list[int]:
    """Sort by a property; who lacks it comes last, or not at all where there was no filter."""
    keyed = [(_sort_key(each, table.rows[one].get(sort.name)), one) for one in found]
    having = sorted((pair for pair in keyed if pair[0]), key=lambda pair: pair[0], reverse=not sort.ascending)
    lacking = [one for key, one in keyed if not key] if keeps_all else []
    return [one for _, one in having] + lacking


def _sort_key(each: ObjectType, value: Any) -> str:
    if isinstance(value, dict):
        return min(value, default="")
    if isinstance(each.kind, Variants) and value in each.kind.fields:
        return str(list(each.kind.fields).index(value))
    return str(value or "")


def conditions(arguments: Doc) -> list[tuple[str, Any]]:
    """Return the conditions of a filter, all of which must hold.

    :raises MethodError: if it wants anything but that
    """
    return list(_flattened(arguments.get("filter") or {}))


def first_sort(arguments: Doc) -> Sort:
    for comparator in arguments.get("sort") or ():
        return Sort(str(comparator.get("property", "")), bool(comparator.get("isAscending", True)))
    return Sort()


def is_fast(arguments: Doc) -> bool:
    """Say whether the arguments take the fast path, which cuts before it sorts."""
    position = arguments.get("position")
    return (
        not arguments.get("calculateTotal") and not arguments.get("anchorOffset") and (position is None or position > 0)
    )


def unsupported(name: str) -> MethodError:
    """Refuse a filter; a name that is no property at all is only repeated."""
    words_ = f"Filter on property {name} is not supported or invalid" if name in properties() else name
    return MethodError("unsupportedFilter", words_)


def _flattened(condition: Doc) -> Iterator[tuple[str, Any]]:
    if not {"operator", "conditions"} & condition.keys():
        yield from condition.items()
        return
    if condition.get("operator", "AND") != "AND":
        raise MethodError("unsupportedFilter", "Only AND is supported in filters")
    for one in condition.get("conditions") or ():
        yield from _flattened(one)


def _matches(table: Table, each: ObjectType, wanted: Iterable[tuple[str, Any]]) -> set[int]:
    """Return what matches all conditions."""
    first, *others = [_hits(table, each, name, value) for name, value in wanted]
    return first.intersection(*others)


def _hits(table: Table, each: ObjectType, name: str, value: Any) -> set[int]:
    plain, compare = comparison(name)
    if plain not in each.filters or not isinstance(value, str):
        raise unsupported(plain)
    if plain == "address":
        value = network(value)
        if value is None:
            raise unsupported(plain)
    if compare is not None:
        return {number for number, doc in table if doc.get(plain) and compare(doc[plain], value)}
    if plain in each.words:
        searched = [word for word in words(value) if len(word) > 1]
        return set.intersection(*(table.find(plain, word) for word in searched)) if searched else set()
    if (plain.endswith(("Id", "Ids")) and ids.decode(value) is None) or (
        plain == "@type" and value not in _ACCOUNT_TYPES
    ):
        raise unsupported(plain)
    return table.find(plain, value)


def comparison(name: str) -> tuple[str, Callable[[Any, Any], bool] | None]:
    """Return the property that a condition is about, and how it compares where it does more than find."""
    for ending, compare in COMPARISONS.items():
        if name.endswith(ending):
            return name.removesuffix(ending), compare
    return name, None


def _limit(arguments: Doc) -> int:
    """Return how many ids to give; a limit of 0 still gives one."""
    limit = arguments.get("limit")
    return MOST if limit is None else min(max(limit, 1), MOST)


def _fast_page(found: list[int], arguments: Doc, sort: Sort, *, has_filter: bool) -> list[str]:
    """Cut the oldest page after the anchor or the position, and only then turn it the way that was asked for.

    Without a filter an anchor is just a number to begin after; with one, nothing comes after what does not match.
    """
    start = arguments.get("position") or 0
    if arguments.get("anchor") is not None:
        anchor = ids.decode(arguments["anchor"])
        start = bisect_right(found, -1 if anchor is None else anchor)
        if has_filter and (not start or found[start - 1] != anchor):
            return []
    page = found[start : start + _limit(arguments)]
    return [ids.encode(number) for number in (page if sort.ascending else reversed(page))]


def _answer(account: str, page: list[str], *, position: int = 0) -> Doc:
    return {"accountId": account, "queryState": "n", "canCalculateChanges": True, "position": position, "ids": page}
