"""The plain values in 0.16's objects: what they may be, and in which words the server refuses others (jmap.md 3.1)."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from stalwart_client.simulator import ids
from stalwart_client.simulator.jmap.pointer import Kind, Pointer
from stalwart_client.simulator.state import copy, stamp


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
class Count:
    """A whole number from 0."""

    start: int | None = 0
    nullable: bool = False

    def default(self) -> int | None:
        return self.start

    def patch(self, _old: Any, pointer: Pointer, value: Any) -> Any:
        if value is None and self.nullable:
            pointer.end()
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise pointer.error("Invalid value for unsigned integer property (expected non-negative integer)")
        pointer.end()
        return value


@dataclass(frozen=True)
class OneOf:
    """One of a fixed set of words; `label` is what the server's message calls it."""

    accepts: Callable[[str], bool]
    label: str
    start: str | None = None

    def default(self) -> str | None:
        return self.start

    def patch(self, _old: Any, pointer: Pointer, value: Any) -> Any:
        if value is None and self.start is None:
            pointer.end()
            return None
        if not isinstance(value, str) or not self.accepts(value):
            raise pointer.error(f"Invalid value {_debug(value)} for enum type {self.label}.")
        pointer.end()
        return value


@dataclass(frozen=True)
class Moment:
    """A moment, or none."""

    def default(self) -> None:
        return None

    def patch(self, _old: Any, pointer: Pointer, value: Any) -> Any:
        if value is None:
            pointer.end()
            return None
        if not isinstance(value, str) or pointer.has_next:
            raise pointer.error("Invalid path for UTCDateTime, expected a string value")
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise pointer.error("Failed to parse UTCDateTime from string") from None
        return stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


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
        if ids.decode(value) is None:
            raise pointer.error("Failed to parse Id from string")
        return value


@dataclass(frozen=True)
class Address:
    """An IP address or a network."""

    def default(self) -> str:
        return ""

    def patch(self, _old: Any, pointer: Pointer, value: Any) -> str:
        if not isinstance(value, str) or pointer.has_next:
            raise pointer.error("Invalid path for IpAddrOrMask, expected a string value")
        if not is_network(value):
            raise pointer.error("Failed to parse IpAddrOrMask from string")
        return value


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


def is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _debug(value: Any) -> str:
    """Write a value as the server's messages do."""
    return f"Str({json.dumps(value, ensure_ascii=False)})" if isinstance(value, str) else json.dumps(value)
