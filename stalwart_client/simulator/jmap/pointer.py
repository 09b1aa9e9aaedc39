"""A JSON pointer on its way into an object of 0.16, and what a kind of value does when it arrives (jmap.md 3.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol


class PatchError(Exception):
    """A value does not fit; `path` says where, as far as the server tells."""

    def __init__(self, path: str, description: str) -> None:
        super().__init__(description)
        self.path = path
        self.description = description


@dataclass(frozen=True, slots=True)
class Pointer:
    """A JSON pointer and how far it has been followed."""

    parts: tuple[str, ...] = ()
    at: int = 0
    creating: bool = False

    @classmethod
    def parse(cls, text: str) -> Pointer:
        return cls(tuple(part.replace("~1", "/").replace("~0", "~") for part in text.removeprefix("/").split("/")))

    @property
    def path(self) -> str:
        return "/".join(part.replace("~", "~0").replace("/", "~1") for part in self.parts)

    @property
    def has_next(self) -> bool:
        return self.at < len(self.parts)

    @property
    def head(self) -> str:
        return self.parts[self.at]

    def step(self) -> Pointer:
        return replace(self, at=self.at + 1)

    def sub(self, name: str) -> Pointer:
        """Point at a member of the object that this pointer has reached, as a pointer of its own."""
        return Pointer((name,), creating=self.creating)

    def error(self, description: str) -> PatchError:
        return PatchError(self.path, description)

    def end(self) -> None:
        """Refuse a pointer that leads into something that has no inside."""
        if self.has_next:
            raise self.error("Invalid JSON Pointer path")


class Kind(Protocol):
    """What a property may hold."""

    def default(self) -> Any:
        """Return what a new object has."""
        ...

    def patch(self, old: Any, pointer: Pointer, value: Any, /) -> Any:
        """Return what becomes of `old`.

        :raises PatchError: if the value does not fit
        """
        ...
