"""`/api/principal` of 0.15: accounts, groups, lists, domains, roles and API keys (rest.md 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from heapq import merge
from typing import Any, Final

from stalwart_client.simulator.http import Response, answer, invalid
from stalwart_client.simulator.rest import parsing
from stalwart_client.simulator.rest.access import BUILT_IN, Caller
from stalwart_client.simulator.rest.errors import ApiError, not_found, other, taken
from stalwart_client.simulator.rest.patch import Draft, check_permissions, ordered_emails, ordered_secrets
from stalwart_client.simulator.state import PRINCIPAL, State
from stalwart_client.simulator.tables import Doc, words

LARGEST: Final = 100_000
_FAMILY: Final = {
    "individual": "individual",
    "group": "group",
    "list": "mailing-list",
    "domain": "domain",
    "tenant": "tenant",
    "role": "role",
    "apiKey": "api-key",
    "oauthClient": "oauth-client",
}
_ALL_FAMILIES: Final = (*_FAMILY.values(), "principal")
_TOO_LARGE: Final = 2**64
_EXPECTED: Final = (("members", None), ("memberOf", "group"), ("lists", "list"), ("roles", "role"))


def permission(kind: str, action: str) -> str:
    """Return the permission that an action on a type needs, `individual-get` for one."""
    return f"{_FAMILY.get(kind, 'principal')}-{action}"


def create(state: State, caller: Caller, body: bytes) -> Response:
    """Make a principal; the checks come in the server's order and nothing is written before the last."""
    fields = parsing.new_principal(body)
    kind = fields.get("type", "individual")
    caller.needs(permission(kind, "create"))
    caller.may_grant(state, fields.get("roles", ()))
    name = fields.get("name", "").lower()
    if not name:
        raise ApiError("fieldMissing", field="name")
    if state.table(PRINCIPAL).one("name", name) is not None:
        raise taken("name", name)
    links = {field: _resolve(state, fields.get(field, ()), field, expected) for field, expected in _EXPECTED}
    check_permissions(caller, fields)
    emails = [email.lower() for email in fields.get("emails", ())] if kind != "oauthClient" else []
    _check_new_emails(state, emails)
    doc = _document(kind, name, fields, emails)
    doc["belongs"] = list(dict.fromkeys([*links["memberOf"], *links["lists"], *links["roles"]]))
    if len(str(doc)) > LARGEST:
        raise other("Invalid parameter", "Principal object size exceeds 100kb safety limit.")
    if kind == "domain" and state.setting("report.domain") is None:
        state.set("report.domain", name)
    draft = Draft.new(state, doc)
    draft.add_members(links["members"])
    return answer({"data": draft.save()})


def check_exists(state: State, name: str) -> None:
    """Refuse a name nobody has, which comes before anything else is looked at.

    :raises ApiError: notFound
    """
    _find(state, name)


def get(state: State, caller: Caller, name: str) -> Response:
    """Return everything about one principal."""
    number, doc = _find(state, name)
    caller.needs(permission(doc["type"], "get"))
    return answer({"data": shown(state, number, doc, ())})


def patch(state: State, caller: Caller, name: str, body: bytes) -> Response:
    """Change a principal, all of it or nothing."""
    number, doc = _find(state, name)
    caller.needs(permission(doc["type"], "update"))
    changes = parsing.changes(body)
    for action, field, value in changes:
        if field == "roles" and action != "removeItem" and not isinstance(value, int):
            caller.may_grant(state, [value] if isinstance(value, str) else map(str, value))
    draft = Draft.of(state, number, doc)
    for action, field, value in changes:
        draft.change(caller, action, field, value)
    if len(str(draft.doc)) > LARGEST:
        raise other("Invalid parameter", "Principal object size exceeds 100kb safety limit.")
    draft.save()
    return answer({"data": None})


def delete(state: State, caller: Caller, name: str) -> Response:
    """Delete a principal and take it out of everything it was part of; nothing is asked about who uses it."""
    number, doc = _find(state, name)
    caller.needs(permission(doc["type"], "delete"))
    remove(state, number)
    return answer({"data": None})


def delete_many(state: State, caller: Caller, parameters: dict[str, str]) -> Response:
    """Delete every principal of a type that a filter finds."""
    kind = parsing.type_named(parameters.get("type", ""))
    if kind is None:
        return invalid("Invalid type")
    if parameters.get("confirm") != "true":
        return invalid("Missing confirmation parameter")
    caller.needs(permission(kind, "delete"))
    found = [number for _, number in _matching(state, [kind], parameters.get("filter"))[1]]
    for number in found:
        remove(state, number)
    return answer({"data": bool(found)})


def remove(state: State, number: int) -> None:
    """Forget a principal and all memberships in it."""
    table = state.table(PRINCIPAL)
    for member in list(table.find("belongs", number)):
        doc = table.rows[member]
        state.put(PRINCIPAL, member, {**doc, "belongs": [one for one in doc["belongs"] if one != number]})
    state.drop(PRINCIPAL, number)


def listed(state: State, caller: Caller, parameters: dict[str, str]) -> Response:
    """List principals, ordered by the bytes of their names across types."""
    asked = parameters.get("types", parameters.get("type", "")).split(",")
    types = list(dict.fromkeys(filter(None, map(parsing.type_named, asked))))
    families = {_FAMILY.get(kind, "principal") for kind in types} or _ALL_FAMILIES
    caller.needs(*(f"{family}-list" for family in families))
    fields = [field for field in parameters.get("fields", "").split(",") if field in parsing.FIELDS]
    total, matches = _matching(state, types, parameters.get("filter"))
    if "count" in parameters:
        return answer({"data": {"items": [], "total": total}})
    limit = number_in(parameters, "limit")
    start = max(number_in(parameters, "page") - 1, 0) * limit
    table = state.table(PRINCIPAL)
    end = start + limit if limit else None
    items = [shown(state, number, table.rows[number], fields) for _, number in matches[start:end]]
    return answer({"data": {"items": items, "total": total}})


def shown(state: State, number: int, doc: Doc, fields: Sequence[str]) -> Doc:
    """Return a principal as the server shows it: `id` and `type` always, other fields only if they are set."""
    result: Doc = {"id": number, "type": doc["type"]}
    for field in fields or parsing.FIELDS:
        show = _SHOW.get(field)
        value = doc.get(field) if show is None else show(state, number, doc, field)
        if value is not None and value != [] and field not in result:
            result[field] = value
    return result


def _shown_members(state: State, number: int, doc: Doc, _field: str) -> Any:
    table = state.table(PRINCIPAL)
    if doc["type"] == "domain":
        users = (table.rows[user]["emails"] for user in table.find("domain", doc["name"]))
        return sum(email.endswith(f"@{doc['name']}") for emails in users for email in emails)
    if doc["type"] == "tenant":
        # Without a licence nobody belongs to a tenant, and the server counts all there are.
        return len(table.order.of_type("individual")) if table.order else 0
    if doc["type"] not in {"group", "list", "role"}:
        return None
    return [table.rows[member]["name"] for member in sorted(table.find("belongs", number))]


def _shown_groups(fits: Callable[[str], bool]) -> Callable[[State, int, Doc, str], list[str]]:
    def names(state: State, _number: int, doc: Doc, _field: str) -> list[str]:
        table = state.table(PRINCIPAL)
        groups = ((one, None if isinstance(one, str) else table.rows[one]) for one in doc["belongs"])
        stored = sorted((one, group["name"]) for one, group in groups if group and fits(group["type"]))
        built_in = [one for one in doc["belongs"] if isinstance(one, str) and fits("role")]
        return [*(name for _, name in stored), *built_in]

    return names


_SHOW: Final[dict[str, Callable[[State, int, Doc, str], Any]]] = {
    "members": _shown_members,
    "memberOf": _shown_groups(lambda kind: kind not in {"list", "role"}),
    "lists": _shown_groups(lambda kind: kind == "list"),
    "roles": _shown_groups(lambda kind: kind == "role"),
    "usedQuota": lambda _state, _number, doc, _field: doc.get("usedQuota") or None,
}


def _find(state: State, name: str) -> tuple[int, Doc]:
    """Look a principal up by its name exactly as written; an id finds nothing."""
    number = state.table(PRINCIPAL).one("name", name)
    if number is None:
        raise not_found(name)
    return number, state.table(PRINCIPAL).rows[number]


def _resolve(state: State, names: Iterable[str], field: str, expected: str | None) -> list[Any]:
    """Turn names into what they name: ids, and the built-in roles by their names."""
    table = state.table(PRINCIPAL)
    found: list[Any] = []
    for name in names:
        number = table.one("name", name)
        if field == "roles" and name in BUILT_IN:
            found.append(name)
        elif number is None or expected not in {None, table.rows[number]["type"]}:
            raise not_found(name)
        else:
            found.append(number)
    return found


def _check_new_emails(state: State, emails: list[str]) -> None:
    """Refuse addresses that are taken or of no domain here; one without an @ passes, as it does there."""
    table = state.table(PRINCIPAL)
    for email in emails:
        if table.one("email", email) is not None:
            raise taken("emails", email)
        _, at, domain = email.rpartition("@")
        if at and not any(table.rows[one]["type"] == "domain" for one in table.find("name", domain)):
            raise not_found(domain)


def _document(kind: str, name: str, fields: Doc, emails: list[str]) -> Doc:
    doc: Doc = {
        "type": kind,
        "name": name,
        "secrets": ordered_secrets(fields.get("secrets", [])),
        "emails": ordered_emails(emails),
        "enabledPermissions": _permissions(fields, "enabledPermissions"),
        "disabledPermissions": [
            one
            for one in _permissions(fields, "disabledPermissions")
            if one not in fields.get("enabledPermissions", ())
        ],
        "urls": fields.get("urls", []),
        "externalMembers": fields.get("externalMembers", []),
    }
    texts: Doc = {field: fields[field] for field in ("description", "picture", "locale", "quota") if field in fields}
    return {**doc, **texts}


def _permissions(fields: Doc, field: str) -> list[str]:
    return list(dict.fromkeys(fields.get(field, ())))


def _matching(state: State, types: list[str], text: str | None) -> tuple[int, list[tuple[bytes, int]]]:
    """Return how many principals match, and their names and ids in order."""
    table = state.table(PRINCIPAL)
    assert table.order is not None  # noqa: S101 - the table of principals is ordered
    text = text if text and text.strip() else None
    if text is None and len(types) == 1:
        matches = table.order.of_type(types[0])
    else:
        matches = table.kept((tuple(types), text), lambda: _found(state, types, text))
    return len(matches), matches


def _found(state: State, types: list[str], text: str | None) -> list[tuple[bytes, int]]:
    table = state.table(PRINCIPAL)
    if text is not None:
        found = ((number, table.rows[number]) for number in _search(state, text))
        return sorted((doc["name"].encode(), number) for number, doc in found if not types or doc["type"] in types)
    order = table.order
    return list(merge(*map(order.of_type, types or order.types()))) if order else []


def _search(state: State, text: str) -> set[int]:
    """Find the principals that have every word, where leading words that nobody has do not count (rest.md 2.4)."""
    found: set[int] | None = None
    for word in _words_in_order(text):
        hits = state.table(PRINCIPAL).find("word", word)
        if found is None:
            found = set(hits) or None
        else:
            found &= hits
    return found or set()


def _words_in_order(text: str) -> list[str]:
    return [word for chunk in text.split() for word in sorted(words(chunk), key=chunk.lower().find)]


def number_in(parameters: dict[str, str], name: str, default: int = 0) -> int:
    """Read a number, the default if it is absent or none."""
    value = parameters.get(name, "").removeprefix("+")
    return int(value) if value.isascii() and value.isdigit() and int(value) < _TOO_LARGE else default


def used_quota(state: State, name: str) -> int:
    """Return how many bytes an account uses; there is no mail here, so only what was planted."""
    number = state.table(PRINCIPAL).one("name", name)
    if number is None:
        raise not_found("")
    return int(state.table(PRINCIPAL).rows[number].get("usedQuota", 0))
