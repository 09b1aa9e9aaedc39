"""The plain values in 0.16's objects: what they may be, and in which words the server refuses others (jmap.md 3.1)."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from stalwart_client.simulator import ids
from stalwart_client.simulator.jmap.pointer import Kind, Pointer
from stalwart_client.simulator.state import copy, stamp

_LARGEST: Final = 2**64 - 1
_WIDEST: Final = 8
"""How few bits a network may have."""
_FIRST_YEAR, _LAST_YEAR = 1970, 3000
_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?([Zz]|[+-]\d\d:\d\d)?")


@dataclass(frozen=True)
class Text:
    """A string that is not empty, cleaned if there is a rule; `wrong` is what the server says without one."""

    clean: Callable[[str], str | None] | None = None
    wrong: str = ""
    nullable: bool = False
    start: str | None = None

    def default(self) -> str | None:
        return self.start if self.start is not None or self.nullable else ""

    def patch(self, _old: Any, pointer: Pointer, value: Any) -> Any:
        if value is None and self.nullable:
            pointer.end()
            return None
        if not isinstance(value, str) or not value:
            raise pointer.error("Invalid value for property.")
        cleaned = self.clean(value) if self.clean else value
        if cleaned is None:
            raise pointer.error(self.wrong)
        pointer.end()
        return cleaned


@dataclass(frozen=True)
class Flag:
    """True or false."""

    start: bool = False

    def default(self) -> bool:
        return self.start

    def patch(self, _old: Any, pointer: Pointer, value: Any) -> bool:
        if not isinstance(value, bool):
            raise pointer.error("Invalid value for boolean property (expected true or false)")
        pointer.end()
        return value


@dataclass(frozen=True)
class Whole:
    """A whole number."""

    start: int | None = 0
    nullable: bool = False

    least: ClassVar[int] = -(_LARGEST // 2)
    most: ClassVar[int] = _LARGEST // 2
    refusal: ClassVar[str] = "Invalid value for signed integer property (expected integer)"

    def default(self) -> int | None:
        return self.start

    def patch(self, _old: Any, pointer: Pointer, value: Any) -> Any:
        if value is None and self.nullable:
            pointer.end()
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not self.least <= value <= self.most:
            raise pointer.error(self.refusal)
        pointer.end()
        return value


@dataclass(frozen=True)
class Count(Whole):
    """A whole number from 0."""

    least: ClassVar[int] = 0
    most: ClassVar[int] = _LARGEST
    refusal: ClassVar[str] = "Invalid value for unsigned integer property (expected non-negative integer)"


@dataclass(frozen=True)
class Fraction:
    """Any number."""

    start: float | None = 0
    nullable: bool = False

    def default(self) -> float | None:
        return self.start

    def patch(self, _old: Any, pointer: Pointer, value: Any) -> Any:
        if value is None and self.nullable:
            pointer.end()
            return None
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise pointer.error("Invalid value for float property (expected finite number)")
        pointer.end()
        return value


@dataclass(frozen=True)
class Duration:
    """A time in milliseconds; none is no time."""

    start: int | None = 0
    nullable: bool = False

    def default(self) -> int | None:
        return self.start

    def patch(self, _old: Any, pointer: Pointer, value: Any) -> Any:
        if value is None and self.nullable:
            pointer.end()
            return None
        if pointer.has_next or isinstance(value, bool) or not isinstance(value, int | float):
            raise pointer.error("Invalid path for Duration")
        if not isinstance(value, int) or not 0 < value <= _LARGEST:
            raise pointer.error("Invalid duration value")
        return value


@dataclass(frozen=True)
class OneOf:
    """One of a fixed set of words; `label` is what the server's message calls what it is now."""

    accepts: Callable[[str], bool]
    label: str
    start: str | None = None

    def default(self) -> str | None:
        return self.start

    def patch(self, old: Any, pointer: Pointer, value: Any) -> Any:
        if value is None and self.start is None:
            pointer.end()
            return None
        if not isinstance(value, str) or not self.accepts(value):
            now = enum_label(old) if old else self.label
            raise pointer.error(f"Invalid value {_debug(value)} for enum type {now}.")
        pointer.end()
        return value


@dataclass(frozen=True)
class Moment:
    """A moment, or none."""

    nullable: bool = True

    def default(self) -> None:
        return None

    def patch(self, _old: Any, pointer: Pointer, value: Any) -> Any:
        if value is None and self.nullable:
            pointer.end()
            return None
        if not isinstance(value, str) or pointer.has_next:
            raise pointer.error("Invalid path for UTCDateTime, expected a string value")
        found = moment(value)
        if found is None:
            raise pointer.error("Failed to parse UTCDateTime from string")
        return stamp(found)


@dataclass(frozen=True)
class Reference:
    """The id of another object, or none."""

    nullable: bool = False

    def default(self) -> str | None:
        return None if self.nullable else ""

    def patch(self, _old: Any, pointer: Pointer, value: Any) -> Any:
        if value is None and self.nullable:
            pointer.end()
            return None
        if not isinstance(value, str) or pointer.has_next:
            raise pointer.error("Invalid path for Id, expected a string value")
        number = ids.cleaned(value)
        if number is None:
            raise pointer.error("Failed to parse Id from string")
        return number


@dataclass(frozen=True)
class Address:
    """An IP address or a network."""

    nullable: bool = False

    def default(self) -> str | None:
        return None if self.nullable else ""

    def patch(self, _old: Any, pointer: Pointer, value: Any) -> str | None:
        if value is None and self.nullable:
            pointer.end()
            return None
        if not isinstance(value, str) or pointer.has_next:
            raise pointer.error("Invalid path for IpAddrOrMask, expected a string value")
        address = network(value)
        if address is None:
            raise pointer.error("Failed to parse IpAddrOrMask from string")
        return address


@dataclass(frozen=True)
class ServerSet:
    """A property that only the server writes."""

    start: Any = None

    def default(self) -> Any:
        return copy(self.start)

    def patch(self, _old: Any, pointer: Pointer, _value: Any) -> Any:
        raise pointer.error("Cannot modify server set property")


@dataclass(frozen=True)
class Immutable:
    """A property that can be set on create and never again."""

    kind: Kind

    def default(self) -> Any:
        return self.kind.default()

    def patch(self, old: Any, pointer: Pointer, value: Any) -> Any:
        if not pointer.creating:
            raise pointer.error("Cannot modify read-only property")
        return self.kind.patch(old, pointer, value)


def network(text: str) -> str | None:
    """Return an address or a network as the server writes it, None if it is neither or too wide a network."""
    host, slash, bits = text.rpartition("/")
    try:
        address = ipaddress.ip_address((host if slash else bits).strip())
    except ValueError:
        return None
    longest = address.max_prefixlen
    if not slash:
        return str(address)
    if not bits.strip().isdigit() or not _WIDEST <= int(bits) <= longest:
        return None
    return str(address) if int(bits) == longest else f"{address}/{int(bits)}"


def moment(text: str) -> datetime | None:
    """Read a moment with a date and a time; without a zone it is UTC."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(f"{found[1]}T{found[2]}{found[3] or '+00:00'}".replace("z", "Z"))
    except ValueError:
        return None
    return moment.astimezone(UTC) if _FIRST_YEAR <= moment.year <= _LAST_YEAR else None


def enum_label(word: str) -> str:
    """Return what the server's messages call a word: `en_US` is EnUS."""
    parts = "".join(letter if letter.isalnum() else " " for letter in word).split()
    return "".join(part[0].upper() + part[1:] for part in parts)


def _debug(value: Any) -> str:
    """Write a value as the server's messages do."""
    match value:
        case None:
            return "Null"
        case bool():
            return f"Bool({json.dumps(value)})"
        case str():
            return f"Str({json.dumps(value, ensure_ascii=False)})"
        case int() | float():
            return f"Number({value})"
        case list():
            return f"Array [{', '.join(map(_debug, value))}]"
    members = (f"(Borrowed({json.dumps(key)}), {_debug(one)})" for key, one in value.items())
    return f"Object ObjectAsVec([{', '.join(members)}])"
