"""What 0.15 takes in the bodies of `/api/principal`, field by field (rest.md 2.3 and 2.6)."""

from __future__ import annotations

import json
from typing import Any, Final, TypeAlias

from stalwart_client.simulator.http import read_json
from stalwart_client.simulator.rest.errors import Malformed
from stalwart_client.simulator.tables import Doc

Value: TypeAlias = str | int | list[str] | list[int]

LONGEST: Final = 512
TYPES: Final = {
    "individual": "Individual",
    "group": "Group",
    "resource": "Resource",
    "location": "Location",
    "list": "List",
    "tenant": "Tenant",
    "role": "Role",
    "domain": "Domain",
    "apiKey": "API Key",
    "oauthClient": "OAuth Client",
}
"""The types by their name on the wire, and what the server calls them in sentences."""
TEXTS: Final = ("description", "picture", "locale", "tenant")
LISTS: Final = (
    "secrets",
    "emails",
    "memberOf",
    "members",
    "roles",
    "lists",
    "enabledPermissions",
    "disabledPermissions",
    "urls",
    "externalMembers",
)
FIELDS: Final = ("type", "name", "quota", "usedQuota", *TEXTS, *LISTS)
MOST_QUOTAS: Final = 13
"""How many limits a list of quotas has: bytes, and one for each type of principal."""
_LARGEST_UINT: Final = 2**64 - 1
ACTIONS: Final = ("set", "addItem", "removeItem")


def json_body(body: bytes) -> Any:
    """Read JSON.

    :raises Malformed: if it is none
    """
    try:
        return read_json(body)
    except ValueError as exc:
        raise Malformed("JSON deserialization failed") from exc


def type_named(name: str) -> str | None:
    """Return the type with this name; `superuser` is an old word for individual."""
    if name == "superuser":
        return "individual"
    return name if name in TYPES else None


def new_principal(body: bytes) -> Doc:
    """Read the body of a create; absent fields stay absent.

    :raises Malformed: if it has an unknown field or a value of the wrong kind
    """
    content = json_body(body)
    if not isinstance(content, dict):
        raise Malformed("JSON deserialization failed")
    fields = {name: _created(name, value) for name, value in content.items()}
    return {name: value for name, value in fields.items() if value is not None and value != []}


def changes(body: bytes) -> list[tuple[str, str, Value]]:
    """Read the body of a PATCH as (action, field, value).

    :raises Malformed: if it is no list of changes with known actions, known fields and plain values
    """
    content = json_body(body)
    if not isinstance(content, list):
        raise Malformed("JSON deserialization failed")
    return [_change(item) for item in content]


def shown(value: Value) -> str:
    """Write a value as the server does in its complaints."""
    if isinstance(value, str):
        return f"String({json.dumps(value, ensure_ascii=False)})"
    if isinstance(value, int):
        return f"Integer({value})"
    kind = "StringList" if not value or isinstance(value[0], str) else "IntegerList"
    return f"{kind}({json.dumps(value, ensure_ascii=False)})"


def _created(name: str, value: Any) -> Any:
    if name in {"id", "usedQuota"}:
        return None
    if name == "type":
        return _type(value)
    if name == "name":
        return _short(value)
    if name == "quota":
        return _quota(value)
    if name in TEXTS:
        return None if value is None else _short(value)
    if name in LISTS:
        return _strings(value)
    raise Malformed("JSON deserialization failed")


def _type(value: Any) -> str:
    found = type_named(value) if isinstance(value, str) else None
    if found is None:
        raise Malformed("JSON deserialization failed")
    return found


def _short(value: Any) -> str:
    if not isinstance(value, str) or len(value.encode()) > LONGEST:
        raise Malformed("JSON deserialization failed")
    return value


def _quota(value: Any) -> int | list[int] | None:
    """Read a number of bytes, which may come as text, or the list of limits that a tenant has."""
    if not _is_value(value):
        raise Malformed("JSON deserialization failed")
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() else None
    if isinstance(value, list):
        return quotas(value) if value and isinstance(value[0], int) else None
    return int(value) or None


def quotas(values: list[Any]) -> int | list[int]:
    """Return limits as they are kept: one alone is a number, several fill the whole list."""
    return values[0] if len(values) == 1 else [*values, *[0] * (MOST_QUOTAS - len(values))]


def _strings(value: Any) -> list[str]:
    """Read a string or a list of strings; what is neither, or too long inside the list, vanishes silently."""
    if isinstance(value, str):
        return [_short(value)]
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, str) and len(item.encode()) <= LONGEST]


def _change(item: Any) -> tuple[str, str, Value]:
    if not isinstance(item, dict):
        raise Malformed("JSON deserialization failed")
    action, field, value = item.get("action"), item.get("field"), item.get("value")
    if action not in ACTIONS or field not in FIELDS or not _is_value(value):
        raise Malformed("JSON deserialization failed")
    assert isinstance(value, str | int | list)  # noqa: S101 - just seen
    return str(action), str(field), value


def _is_value(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_short, value)) or all(map(_is_uint, value))
    return _is_short(value) or _is_uint(value)


def _is_short(value: Any) -> bool:
    return isinstance(value, str) and len(value.encode()) <= LONGEST


def _is_uint(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_UINT
