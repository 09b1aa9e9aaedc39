"""All types of 0.16 by what the server's own `/api/schema` says: names, kinds, limits and starting values.

Only the facts that a client meets are kept in `data/schema-0.16.json`, one line a type, with short keys:
`s` singleton, `e` Enterprise, `d` starting value, `i` indexes, `seed` what a new server has; of a property `k` kind,
`f` format, `n` nullable, `u` who may set it (i only on create, s only the server), `o` object, `e` enumeration,
`c` members of a set, `kc` and `vc` keys and values of a map, `min`, `max`, `minItems`, `maxLength` limits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

from stalwart_client.simulator import ids, permissions
from stalwart_client.simulator.addresses import clean_email
from stalwart_client.simulator.jmap.pointer import Kind
from stalwart_client.simulator.jmap.schema import EMPTY, TYPE, ListOf, MapOf, SetOf, Structure, Variants, facts
from stalwart_client.simulator.jmap.values import (
    Address,
    Count,
    Duration,
    Flag,
    Fraction,
    Immutable,
    Moment,
    OneOf,
    Reference,
    ServerSet,
    Text,
    Whole,
    enum_label,
    network,
)
from stalwart_client.simulator.state import copy
from stalwart_client.simulator.tables import Doc

_ANYTHING: Final = frozenset({"EventType", "MetricType"})
"""Enumerations too long to keep; every word passes for one of theirs."""
_STARTS: Final = {"SubAddressing": "Enabled", "TaskStatus": "Pending"}
_NOWHERE: Final = "0.0.0.0"  # noqa: S104 - what an address is before it is set
_FIRST: Final = {
    "SpamClassify": ("message", "remoteIp", "ehloDomain"),
    "DmarcTroubleshoot": ("remoteIp",),
    "TaskDestroyAccount": ("accountId", "accountName"),
}
"""What the server looks at before the other properties, which it takes by their names."""
_DEEPEST: Final = 8
"""How far a chain of objects is followed; the few that contain themselves end here."""


@cache
def words(enumeration: str) -> tuple[str, ...]:
    """Return the words of an enumeration in the server's order."""
    if enumeration == "Permission":
        return tuple(permissions.catalogue("0.16"))
    return tuple(facts()["enums"].get(enumeration, "").split())


@cache
def kind_of(name: str, depth: int = 0) -> Structure | Variants:
    """Return the kind of an object by the name of its schema."""
    schema = facts()["schemas"].get(name, {"p": {}})
    if "a" in schema:
        return kind_of(schema["a"], depth)
    if "v" in schema:
        fields = {variant: _fields(own, depth) for variant, own in schema["v"].items()}
        # The schema does not tell the variant that is chosen where none is; mostly it is one without properties.
        start = _STARTS.get(name) or next(
            (variant for variant, own in schema["v"].items() if not own), next(iter(fields))
        )
        return Variants(fields, start)
    return _fields(name, depth)


def start_of(name: str) -> Doc:
    """Return what an object of this type is before anybody changes it."""
    start = facts()["types"][name].get("d")
    default: Doc = kind_of(name).default() if start is None else copy(start)
    return default


def problems(name: str, doc: Doc) -> Iterator[Doc]:
    """Yield what the server has against an object as a whole: what is missing, too short, too small or too large."""
    schema = facts()["schemas"].get(name, {"p": {}})
    if "a" in schema:
        yield from problems(schema["a"], doc)
    elif "v" in schema:
        own = schema["v"].get(doc.get(TYPE, ""), "")
        yield from problems(own, doc) if own else ()
    else:
        first = _FIRST.get(name, ())
        for field, spec in sorted(schema["p"].items(), key=lambda item: _rank(first, item[0])):
            yield from _of_value(field, spec, doc.get(field))


def _rank(first: tuple[str, ...], field: str) -> tuple[int, str]:
    return (first.index(field), "") if field in first else (len(first), field)


def _fields(name: str, depth: int) -> Structure:
    if not name or depth > _DEEPEST:
        return EMPTY
    schema = facts()["schemas"][name]
    if "a" in schema:
        return _fields(schema["a"], depth)
    return Structure({field: _property(spec, depth) for field, spec in schema.get("p", {}).items()})


def _property(spec: Doc, depth: int) -> Kind:
    kind = _kind(spec, depth)
    if spec.get("u") == "s":
        return ServerSet(kind.default())
    return Immutable(kind) if spec.get("u") == "i" else kind


def _kind(spec: Doc, depth: int) -> Kind:
    return _KINDS[spec["k"]](spec, depth)


def _text(spec: Doc, _depth: int) -> Kind:
    start, nullable = spec.get("d"), bool(spec.get("n"))
    if spec.get("f") in {"ipNetwork", "ipAddress"}:
        return Address(nullable=nullable)
    if spec.get("f") == "emailAddress":
        return Text(clean_email, "Invalid email address", nullable=nullable, start=start)
    return Text(None if spec.get("f") else str.strip, nullable=nullable, start=start)


def _number(spec: Doc, _depth: int) -> Kind:
    nullable = bool(spec.get("n"))
    start = spec.get("d", None if nullable else 0)
    kinds: dict[str, Callable[..., Kind]] = {"duration": Duration, "integer": Whole, "float": Fraction}
    return kinds.get(spec.get("f", ""), Count)(start, nullable=nullable)


def _enumeration(spec: Doc, _depth: int) -> Kind:
    known = words(spec["e"])
    start = None if spec.get("n") else spec.get("d", next(iter(known), ""))
    accepts = bool if spec["e"] in _ANYTHING else frozenset(known).__contains__
    return OneOf(accepts, enum_label(next(iter(known), "")), start)


def _object(spec: Doc, depth: int) -> Kind:
    inner = kind_of(spec["o"], depth + 1)
    start = spec.get("d")
    if isinstance(start, dict) and isinstance(inner, Structure):
        return Started(inner, start, nullable=bool(spec.get("n")))
    return Started(inner, None, nullable=True) if spec.get("n") else inner


def _set(spec: Doc, _depth: int) -> Kind:
    start = tuple(spec["d"]) if isinstance(spec.get("d"), dict) else ()
    return SetOf(_member(spec["c"]), start)


def _member(spec: Doc) -> Callable[[str], bool | str | None]:
    if spec["k"] == "objectId":
        return ids.cleaned
    if spec["k"] == "enum":
        return bool if spec["e"] in _ANYTHING else frozenset(words(spec["e"])).__contains__
    return network if spec.get("f") in {"ipNetwork", "ipAddress"} else bool


def _map(spec: Doc, depth: int) -> Kind:
    start = spec["d"] if isinstance(spec.get("d"), dict) else {}
    accepts = _member(spec["kc"])
    return MapOf(lambda text: bool(accepts(text)), _kind(spec["vc"], depth), start)


class Started:
    """An object that does not start as its kind does, or that may be absent."""

    def __init__(self, inner: Structure | Variants, start: Doc | None, *, nullable: bool) -> None:
        self.inner = inner
        self.nullable = nullable
        self._start = start

    def default(self) -> Any:
        if self._start is None:
            return None
        whole = self.inner.default()
        return {**whole, **copy(self._start)}

    def patch(self, old: Any, pointer: Any, value: Any) -> Any:
        if value is None and self.nullable:
            pointer.end()
            return None
        return self.inner.patch(self.inner.default() if old is None else old, pointer, value)


_KINDS: Final[dict[str, Callable[[Doc, int], Kind]]] = {
    "string": _text,
    "blobId": _text,
    "number": _number,
    "boolean": lambda spec, _depth: Flag(start=bool(spec.get("d", False))),
    "enum": _enumeration,
    "utcDateTime": lambda spec, _depth: Moment(nullable=bool(spec.get("n"))),
    "objectId": lambda spec, _depth: Reference(nullable=bool(spec.get("n"))),
    "object": _object,
    "objectList": lambda spec, depth: ListOf(kind_of(spec["o"], depth + 1)),
    "set": _set,
    "map": _map,
}


def _of_value(field: str, spec: Doc, value: Any) -> Iterator[Doc]:
    """Yield what the server has against one property; what stands inside is named without its path."""
    kind = spec["k"]
    if kind == "object" and isinstance(value, dict):
        yield from problems(spec["o"], value)
    elif kind == "objectList" and isinstance(value, dict):
        for one in value.values():
            yield from problems(spec["o"], one)
    elif spec.get("f") in {"ipNetwork", "ipAddress"} and value in {"", _NOWHERE}:
        yield {"type": "Invalid", "property": field, "value": _NOWHERE}
    elif kind in {"string", "objectId"} and value == "" and spec.get("u") != "s":
        yield {"type": "Required", "property": field}
    yield from _limits(field, spec, value)


def _limits(field: str, spec: Doc, value: Any) -> Iterator[Doc]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value < spec.get("min", value):
            yield {"type": "MinValue", "property": field, "required": spec["min"]}
        if value > spec.get("max", value):
            yield {"type": "MaxValue", "property": field, "required": spec["max"]}
    elif isinstance(value, str) and len(value) > spec.get("maxLength", len(value)):
        yield {"type": "MaxLength", "property": field, "required": spec["maxLength"]}
    elif isinstance(value, dict) and len(value) < spec.get("minItems", 0):
        yield {"type": "MinLength", "property": field, "required": spec["minItems"]}
