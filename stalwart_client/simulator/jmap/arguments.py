"""The shape of a method call's arguments, and what the server's parser says where they have another.

The parser stops at the first value that does not fit. If nothing stands behind that value, the call alone fails with
`invalidArguments`; if anything does, the parser has lost its place and the whole request is refused (`notRequest`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from stalwart_client.simulator import permissions
from stalwart_client.simulator.jmap import mail

_STATE: Final = re.compile("n|[sr][a-z0-9]+")
_ESCAPED: Final = re.compile(r'["\\\x00-\x1f]')
_INT: Final = range(-(2**31), 2**31)
_OPERATORS: Final = frozenset({"AND", "OR", "NOT"})


@dataclass(frozen=True, slots=True)
class Misfit:
    """A value that does not fit; `is_last` if the parser has nothing left to read where it stopped."""

    description: str
    is_last: bool

    def __str__(self) -> str:
        return f"{self.description} at line 1 column 1"


Shape: TypeAlias = Callable[[Any], Misfit | None]


def find_misfit(method: str, arguments: Any) -> Misfit | None:
    """Return the first of a call's arguments that does not fit; an echo may have any."""
    shapes = _VERBS.get(method.rpartition("/")[2])
    return None if shapes is None else _object("a JMAP request object", shapes)(arguments)


def is_method(name: str) -> bool:
    """Say whether there is such a method, as far as it is simulated."""
    kind, _, verb = name.removeprefix("x:").partition("/")
    return mail.knows(name) or (name.startswith("x:") and permissions.has_method(kind, verb))


def _expected(what: str, value: Any) -> Misfit:
    """Return the complaint about a value; a list or an object was not even begun to be read."""
    return Misfit(f"invalid type: {_named(value)}, expected {what}", not isinstance(value, list | dict))


def _named(value: Any) -> str:
    if type(value) is int and not -(2**63) <= value < 2**64:
        value = float(value)
    if value is None or isinstance(value, list | dict):
        return {type(None): "null", list: "sequence", dict: "map"}[type(value)]
    kind = {bool: "boolean", int: "integer", float: "floating point"}.get(type(value))
    return f"{kind} `{json.dumps(value)}`" if kind else f"string {json.dumps(value, ensure_ascii=False)}"


def _text(value: Any) -> Misfit | None:
    """Check a text that the parser takes as it stands, which it cannot where letters had to be escaped."""
    is_plain = isinstance(value, str) and not _ESCAPED.search(value)
    return None if is_plain else _expected("a borrowed string", value)


def _string(value: Any) -> Misfit | None:
    return None if isinstance(value, str) else _expected("a string", value)


def _flag(value: Any) -> Misfit | None:
    return None if isinstance(value, bool) else _expected("a boolean", value)


def _whole(value: Any) -> Misfit | None:
    if type(value) is not int or value in _INT:
        return None if type(value) is int else _expected("i32", value)
    kind = _named(value)
    return Misfit(f"invalid {'value' if kind.startswith('integer') else 'type'}: {kind}, expected i32", is_last=True)


def _size(value: Any) -> Misfit | None:
    if type(value) is int and value < 2**64:
        return None if value >= 0 else Misfit(f"invalid value: integer `{value}`, expected usize", is_last=True)
    return _expected("usize", value)


def _state(value: Any) -> Misfit | None:
    if not isinstance(value, str):
        return _expected("a borrowed string", value)
    return None if _STATE.fullmatch(value) else Misfit("invalid JMAP State", is_last=True)


def _operator(value: Any) -> Misfit | None:
    if not isinstance(value, str):
        return _expected("a borrowed string", value)
    return None if value in _OPERATORS else Misfit("Unknown filter operator: operator", is_last=True)


def _anything(_value: Any) -> Misfit | None:
    return None


def _optional(shape: Shape) -> Shape:
    return lambda value: None if value is None else shape(value)


def _list_of(shape: Shape) -> Shape:
    def check(value: Any) -> Misfit | None:
        if not isinstance(value, list):
            return _expected("a sequence", value)
        for place, one in enumerate(value, 1):
            if (misfit := shape(one)) is not None:
                return Misfit(misfit.description, misfit.is_last and place == len(value))
        return None

    return check


def _object(what: str, members: dict[str, Shape]) -> Shape:
    def check(value: Any) -> Misfit | None:
        if not isinstance(value, dict):
            return _expected(what, value)
        for place, (name, one) in enumerate(value.items(), 1):
            if (misfit := members.get(name, _anything)(one)) is not None:
                return Misfit(misfit.description, misfit.is_last and place == len(value))
        return None

    return check


def _filter(value: Any) -> Misfit | None:
    """Check a filter, which is either an operator with conditions or some properties."""
    if value is None:
        return None
    if value == []:
        return Misfit("invalid type: sequence, expected a filter object", is_last=True)
    misfit = _object("a filter object", {"operator": _operator, "conditions": _list_of(_filter)})(value)
    if misfit is None and "conditions" in value and len(value.keys() - {"operator", "conditions"}) > 0:
        return Misfit("Cannot mix conditions with property filters", is_last=True)
    return misfit


def _method(value: Any) -> Misfit | None:
    if not isinstance(value, str):
        return _expected("a string", value)
    if is_method(value):
        return None
    return Misfit(f"Invalid method name: {json.dumps(value, ensure_ascii=False)}", is_last=True)


def _reference(value: Any) -> Misfit | None:
    members: dict[str, Shape] = {"resultOf": _string, "name": _method, "path": _string}
    misfit = _object("struct ResultReference", members)(value)
    missing = [name for name in members if name not in value] if misfit is None else []
    return Misfit(f"missing field `{missing[0]}`", is_last=True) if missing else misfit


_VERBS: Final[dict[str, dict[str, Shape]]] = {
    "get": {
        "accountId": _text,
        "ids": _optional(_list_of(_string)),
        "properties": _optional(_list_of(_text)),
        "#ids": _reference,
        "#properties": _reference,
    },
    "set": {
        "accountId": _text,
        "ifInState": _optional(_state),
        "create": _optional(_object("a valid map", {})),
        "update": _optional(_object("a valid map", {})),
        "destroy": _optional(_list_of(_text)),
        "#destroy": _reference,
    },
    "query": {
        "accountId": _text,
        "filter": _filter,
        "sort": _optional(_list_of(_object("a JMAP request object", {"property": _string, "isAscending": _flag}))),
        "calculateTotal": _optional(_flag),
        "position": _optional(_whole),
        "anchor": _optional(_text),
        "anchorOffset": _optional(_whole),
        "limit": _optional(_size),
    },
}
