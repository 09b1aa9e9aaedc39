"""The sets, maps, lists and objects of 0.16, and how a patch changes them.

What a kind refuses, in which words and under which path, follows the real server closely, because clients map
errors by type and property (jmap.md 3.3 and 3.4).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Final

from stalwart_client.simulator.jmap.pointer import Kind, PatchError, Pointer
from stalwart_client.simulator.passwords import MASK
from stalwart_client.simulator.tables import Doc

TYPE: Final = "@type"


@dataclass(frozen=True)
class SetOf:
    """A set, written `{"member": true}`."""

    accepts: Callable[[str], bool | str | None]
    """Says whether a text may be a member, or returns the member as it is kept."""
    start: tuple[str, ...] = ()

    def default(self) -> Doc:
        return dict.fromkeys(self.start, True)

    def _member(self, text: str) -> str | None:
        found = self.accepts(text)
        return text if found is True else found or None

    def patch(self, old: Doc, pointer: Pointer, value: Any) -> Doc:
        if not pointer.has_next:
            return self._whole(pointer, value)
        inner = pointer.step()
        named = None if inner.has_next else self._member(pointer.head)
        if named is not None and value is True:
            return {**old, named: True}
        if named is not None and (value is None or value is False):
            return {member: True for member in old if member != named}
        raise inner.error("Invalid value for object property")

    def _whole(self, pointer: Pointer, value: Any) -> Doc:
        if not isinstance(value, dict):
            raise pointer.error("Invalid value for object property")
        result: Doc = {}
        for text, is_in in value.items():
            member = self._member(text)
            if member is None or not isinstance(is_in, bool):
                raise pointer.error("Invalid key for object property")
            if is_in:
                result[member] = True
        return result


@dataclass(frozen=True)
class MapOf:
    """Values by a key out of a fixed set."""

    accepts: Callable[[str], bool]
    kind: Kind
    start: Mapping[str, Any] = field(default_factory=dict)

    def default(self) -> Doc:
        return dict(self.start)

    def patch(self, old: Doc, pointer: Pointer, value: Any) -> Doc:
        if not pointer.has_next:
            return self._whole(pointer, value)
        inner = pointer.step()
        if not self.accepts(pointer.head):
            raise inner.error("Invalid value for object property")
        if value is None and not inner.has_next:
            return {key: one for key, one in old.items() if key != pointer.head}
        return {**old, pointer.head: self.kind.patch(old.get(pointer.head, self.kind.default()), inner, value)}

    def _whole(self, pointer: Pointer, value: Any) -> Doc:
        if not isinstance(value, dict):
            raise pointer.error("Invalid value for object property")
        result: Doc = {}
        for key, one in value.items():
            if not self.accepts(key):
                raise pointer.error("Invalid key for object property")
            result[key] = self.kind.patch(self.kind.default(), pointer, one)
        return result


@dataclass(frozen=True)
class ListOf:
    """A list, written as an object with the places as keys; it is renumbered without gaps when it is stored."""

    kind: Kind
    start: tuple[Any, ...] = ()

    def default(self) -> Doc:
        return {str(place): one for place, one in enumerate(self.start)}

    def patch(self, old: Doc, pointer: Pointer, value: Any) -> Doc:
        if not pointer.has_next:
            return self._whole(pointer, value)
        inner = pointer.step()
        if not pointer.head.isdigit() or (value is None and not inner.has_next and pointer.head not in old):
            raise inner.error("Invalid value for object property")
        if value is None and not inner.has_next:
            return {place: one for place, one in old.items() if place != pointer.head}
        changed = self.kind.patch(old.get(pointer.head, self.kind.default()), inner, value)
        return _by_place({**old, pointer.head: changed})

    def _whole(self, pointer: Pointer, value: Any) -> Doc:
        if not isinstance(value, dict):
            raise pointer.error("Invalid value for object property")
        result: Doc = {}
        for place, one in value.items():
            if not place.isdigit():
                raise pointer.error("Invalid key for object property")
            result[place] = self.kind.patch(self.kind.default(), pointer, one)
        return _by_place(result)


@dataclass(frozen=True)
class Structure:
    """An object with named properties."""

    fields: Mapping[str, Kind]

    def default(self) -> Doc:
        return {name: kind.default() for name, kind in self.fields.items()}

    def patch(self, old: Doc, pointer: Pointer, value: Any) -> Doc:
        if pointer.has_next:
            return self._one(old, pointer, value)
        if not isinstance(value, dict):
            raise pointer.error("Invalid value type for object")
        for name, one in value.items():
            if name == TYPE:
                continue
            if name not in properties():
                raise pointer.error("Invalid key for object")
            try:
                old = self._one(old, pointer.sub(name), one)
            except PatchError as exc:
                whole = f"{pointer.path}/{exc.path}" if pointer.parts else exc.path
                raise PatchError(whole, exc.description) from None
        return old

    def _one(self, old: Doc, pointer: Pointer, value: Any) -> Doc:
        kind = self.fields.get(pointer.head)
        if kind is None:
            raise pointer.error("Invalid property")
        return {**old, pointer.head: kind.patch(old[pointer.head], pointer.step(), value)}


@dataclass(frozen=True)
class Variants:
    """An object whose properties depend on its `@type`; without a `start` the type must be given."""

    fields: Mapping[str, Structure]
    start: str = ""

    def default(self) -> Doc:
        return self.new(self.start) if self.start else {}

    def new(self, variant: str) -> Doc:
        return {TYPE: variant, **self.fields[variant].default()}

    def patch(self, old: Doc, pointer: Pointer, value: Any) -> Doc:
        if not pointer.has_next:
            variant = value.get(TYPE) if isinstance(value, dict) else None
            if not isinstance(variant, str) or variant not in self.fields:
                raise pointer.error("Missing or invalid '@type' property in object")
            old = self.new(variant)
        fields = self.fields.get(old.get(TYPE, self.start), EMPTY)
        if not fields.fields:
            pointer.end()
            return old
        return fields.patch(old, pointer, value)


EMPTY: Final = Structure({})


@cache
def properties() -> frozenset[str]:
    """Return the name of every property the server knows at all; another one is refused without being named."""
    return frozenset(facts()["properties"].split())


@cache
def facts() -> Doc:
    """Return what `/api/schema` says (known.py)."""
    text = resources.files("stalwart_client.simulator").joinpath("data/schema-0.16.json").read_text()
    content: Doc = json.loads(text)
    return content


def renumbered(places: Doc) -> Doc:
    """Return a list without gaps, as it is stored."""
    return {str(place): one for place, one in enumerate(places.values())}


def masked(doc: Doc, *names: str) -> Doc:
    """Return an object with its secrets hidden; what is not set stays away."""
    return {key: MASK if key in names and value else value for key, value in doc.items()}


def _by_place(places: Doc) -> Doc:
    return dict(sorted(places.items(), key=lambda item: int(item[0])))
