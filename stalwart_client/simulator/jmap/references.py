"""Back references: what `#ids`, `#properties` and `#destroy` take out of earlier answers of a request (jmap.md 2.5).

The real server looks only into `list` of a get and `ids` of a query, and there only at ids. A path that leads to
something else finds nothing, which is no error; only one that begins with another word is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from stalwart_client.simulator.jmap.errors import MethodError
from stalwart_client.simulator.tables import Doc

Path: TypeAlias = tuple[str | int | None, ...]
"""The parts of a JSON pointer: a key, a place, None for every member."""

_TAKEN: Final = {"get": ("ids", "properties"), "set": ("destroy",)}
"""What may be a reference, by the method's verb; other names that begin with `#` mean nothing."""
_GIVEN: Final = {"get": ("list",), "query": ("ids",), "changes": ("created", "updated")}
ID_PROPERTIES: Final = frozenset(
    {
        "id",
        "memberGroupIds",
        "memberTenantId",
        "roleIds",
        "dnsServerId",
        "directoryId",
        "domainId",
        "accountId",
        "defaultDomainId",
        "defaultCertificateId",
        "defaultUserRoleIds",
        "defaultGroupRoleIds",
        "defaultTenantRoleIds",
        "defaultAdminRoleIds",
        "listenerIds",
        "publicKey",
        "queueId",
        "modelId",
        "acmeProviderId",
    }
)
"""The properties that hold ids: where a text that begins with `#` is the name of an object that was created."""


def resolved(method: str, arguments: Doc, responses: list[list[Any]], created: dict[str, str]) -> Doc:
    """Put in what references point at, and the ids of objects that this request has created.

    :raises MethodError: if there is no such answer or object
    """
    names = _TAKEN.get(method.rpartition("/")[2])
    if names is None:
        return arguments
    result: Doc = {}
    for name, value in arguments.items():
        target = name.removeprefix("#") if name.removeprefix("#") in names else name
        result.pop(target, None)  # of a value and a reference the later counts
        result[target] = _Reference(value) if target != name else value
    for name in names:
        value = result.get(name)
        if isinstance(value, _Reference):
            result[name] = value.properties(responses) if name == "properties" else value.ids(responses)
        elif name == "ids" and value is not None:
            result[name] = [_created(one, created) for one in value]
    return result


class _Reference:
    """A `{"resultOf", "name", "path"}` that the parser has let pass."""

    def __init__(self, content: Doc) -> None:
        self._tag, self._method = content["resultOf"], content["name"]
        self._path = parsed(content["path"])

    def ids(self, responses: list[list[Any]]) -> list[str]:
        """Return the ids it points at, in the first answer that has the right place for them."""
        for method, content, tag in responses:
            heads = _GIVEN.get(method.rpartition("/")[2], ())
            if (tag, method) == (self._tag, self._method) and self._path[0] in heads:
                inside = content.get(self._path[0]) or []
                found = _ids_within if self._path[0] == "list" else _listed
                return list(found(inside, self._path[1:] or (None,)))
        raise _invalid(f"Result reference to {self._tag}#{self._method} not found.")

    def properties(self, responses: list[list[Any]]) -> list[str]:
        """Return nothing, which is what every id would be as the name of a property.

        :raises MethodError: if it points at ids
        """
        if self.ids(responses):
            path = "/".join("*" if part is None else str(part) for part in self._path)
            place = f"{{ resultOf: {self._tag}, name: {self._method}, path: {path} }}"
            raise _invalid(f"Failed to evaluate {place} result reference: Invalid property.")
        return []


def parsed(text: str) -> Path:
    """Read a JSON pointer; the slash at its beginning may be missing."""
    pieces = text.removeprefix("/").split("/")
    return tuple(_part(piece) for piece in pieces)


def _part(piece: str) -> str | int | None:
    if piece == "*":
        return None
    if piece.isascii() and piece.isdigit() and (piece == "0" or not piece.startswith("0")):
        return int(piece)
    return piece.replace("~1", "/").replace("~0", "~")


def _listed(ids: list[str], path: Path) -> Iterator[str]:
    """Yield ids out of a plain list of them; where the path leads on, it has arrived nevertheless."""
    return (one for _, one in _members(ids, path[0]))


def _ids_within(value: Any, path: Path, *, is_id: bool = False) -> Iterator[str]:
    """Yield the ids at a path into objects."""
    if not path:
        found = value if isinstance(value, list) else [value]
        yield from (one for one in found if is_id and isinstance(one, str))
        return
    for name, inside in _members(value, path[0]):
        yield from _ids_within(inside, path[1:], is_id=is_id if name is None else name in ID_PROPERTIES)


def _members(value: Any, part: str | int | None) -> Iterator[tuple[str | None, Any]]:
    """Yield the members that a part of a path names, with their keys if they have some."""
    if isinstance(value, dict):
        for name in value if part is None else [str(part)]:
            if name in value:
                yield name, value[name]
    elif isinstance(value, list):
        for place, one in enumerate(value):
            if part in (None, place):
                yield None, one


def _created(one: str, created: dict[str, str]) -> str:
    name = one.removeprefix("#")
    if name in {one, ""}:
        return one
    if name not in created:
        raise _invalid(f'Id reference "{name}" does not exist or is invalid.')
    return created[name]


def _invalid(description: str) -> MethodError:
    return MethodError("invalidResultReference", description)
