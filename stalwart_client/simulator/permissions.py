"""The names of permissions and what the built-in roles have, as the real servers listed them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission of one generation: its place in the server's order and who has it by default."""

    name: str
    place: int
    roles: frozenset[str]
    hidden: str
    """Why `GET /api/account` of 0.16 leaves it out, empty where it does not."""


@cache
def catalogue(generation: str) -> dict[str, Permission]:
    """Return the permissions of a generation by name, in the server's own order."""
    lines = resources.files(__package__).joinpath(f"data/permissions-{generation}.txt").read_text().splitlines()
    rows = [line.split() for line in lines if not line.startswith("#")]
    return {
        name: Permission(name, place, frozenset(",".join(rest[:1]).split(",")), "".join(rest[1:]))
        for place, (name, *rest) in enumerate(rows)
    }


@cache
def everything(generation: str) -> frozenset[str]:
    """Return every permission there is."""
    return frozenset(catalogue(generation))


@cache
def of_role(generation: str, role: str) -> frozenset[str]:
    """Return what a built-in role grants; on 0.15 `admin` has everything, on 0.16 it is the System Administrator."""
    if generation == "0.15" and role == "admin":
        return everything(generation)
    return frozenset(name for name, permission in catalogue(generation).items() if role in permission.roles)


@cache
def hidden(generation: str, reason: str) -> frozenset[str]:
    """Return the permissions that a list leaves out for this reason."""
    return frozenset(name for name, permission in catalogue(generation).items() if permission.hidden == reason)


def in_order(generation: str, names: Iterable[str]) -> list[str]:
    """Sort names as the server lists them: word by word of its 64-bit set, the highest bit first."""
    places = catalogue(generation)
    return sorted(names, key=lambda name: (places[name].place // 64, -places[name].place))


def has_method(name: str, verb: str) -> bool:
    """Say whether 0.16 has a method of its own type; the permissions name them all, and singletons have no query."""
    needed = "Get" if verb == "set" else verb.capitalize()
    return verb in {"get", "query", "set"} and f"sys{name}{needed}" in catalogue("0.16")
