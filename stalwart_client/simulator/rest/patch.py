"""Changing a principal of 0.15: a draft of it and of everybody whose memberships change with it (rest.md 2.6)."""

from __future__ import annotations

from typing import Any, Final

from stalwart_client.simulator import permissions
from stalwart_client.simulator.addresses import clean_email, is_local_suffix
from stalwart_client.simulator.rest import parsing
from stalwart_client.simulator.rest.access import BUILT_IN, Caller
from stalwart_client.simulator.rest.errors import ApiError, not_found, other, taken
from stalwart_client.simulator.rest.parsing import Value
from stalwart_client.simulator.state import PRINCIPAL, State
from stalwart_client.simulator.tables import Doc

_GROUPS: Final = {
    ("memberOf", "individual"): ("group", "individual"),
    ("memberOf", "group"): ("group",),
    ("lists", "individual"): ("list",),
    ("lists", "group"): ("list",),
    ("roles", "individual"): ("role",),
    ("roles", "tenant"): ("role",),
    ("roles", "role"): ("role",),
}
_MEMBERS: Final = {
    "group": ("individual", "group"),
    "list": ("individual", "group"),
    "role": ("role",),
    "resource": ("resource",),
    "location": ("location", "resource", "individual", "group", "other"),
}
_PERMISSIONS: Final = ("enabledPermissions", "disabledPermissions")


def check_permissions(caller: Caller, fields: Doc) -> None:
    """Refuse unknown permissions, and granted ones that the caller does not hold.

    :raises ApiError: naming the first
    """
    for field in _PERMISSIONS:
        for name in fields.get(field, ()):
            _check_permission(caller, field, name)


def _check_permission(caller: Caller, field: str, name: str) -> None:
    if name not in permissions.catalogue("0.15"):
        raise other(f"Invalid {field} value", f'Permission "{name}" is invalid')
    if field == "enabledPermissions" and name not in caller.permissions:
        raise other("Invalid permission", f'Your account cannot grant the "{name}" permission')


def _names(types: tuple[str, ...]) -> str:
    return ", ".join(parsing.TYPES.get(kind, "Other") for kind in types)


class Draft:
    """One principal while it is being changed; nothing is written before `save`."""

    def __init__(self, state: State, number: int | None, doc: Doc) -> None:
        self.doc = doc
        self._state = state
        self._table = state.table(PRINCIPAL)
        self._number = number
        self._others: dict[int, Doc] = {}

    @classmethod
    def new(cls, state: State, doc: Doc) -> Draft:
        return cls(state, None, doc)

    @classmethod
    def of(cls, state: State, number: int, doc: Doc) -> Draft:
        return cls(state, number, dict(doc))

    def save(self) -> int:
        """Write the principal and its members, and return its id."""
        number = self._number or self._state.next_number(PRINCIPAL)
        for other_number, doc in self._others.items():
            self._state.put(PRINCIPAL, other_number, {**doc, "belongs": [one or number for one in doc["belongs"]]})
        self._state.put(PRINCIPAL, number, self.doc)
        return number

    def add_members(self, members: list[int]) -> None:
        """Make principals members of this one."""
        for member in members:
            belongs = self._other(member)["belongs"]
            if self._me not in belongs:
                self._let_belong(member, [*belongs, self._me])

    def change(self, caller: Caller, action: str, field: str, value: Value) -> None:
        """Apply one change.

        :raises ApiError: if the value does not fit, or this combination does not exist
        """
        if field == "members" and _fits(action, value):
            self._change_members(action, _as_list(value))
        elif field in {"memberOf", "lists", "roles"} and _fits(action, value):
            self._change_groups(action, field, _as_list(value))
        elif field in _PERMISSIONS and _fits(action, value):
            self._change_permissions(caller, action, field, _as_list(value))
        elif field == "emails" and _fits(action, value):
            self._change_emails(action, _as_list(value))
        elif field in {"urls", "externalMembers"} and _fits(action, value):
            self._change_plain(action, field, _as_list(value))
        elif field == "secrets" and (_fits(action, value) or (action == "set" and isinstance(value, str))):
            self._change_secrets(action, _as_list(value))
        elif action == "set":
            self._set(field, value)
        else:
            raise self._impossible(field, value)

    @property
    def _me(self) -> int:
        """This principal's id; 0 stands for the one that `save` gives to a new principal."""
        return self._number or 0

    def _other(self, number: int) -> Doc:
        return self.doc if number == self._number else self._others.get(number) or self._table.rows[number]

    def _let_belong(self, number: int, belongs: list[Any]) -> None:
        """Change the memberships of a principal, which may be this one itself."""
        if number == self._number:
            self.doc["belongs"] = belongs
        else:
            self._others[number] = {**self._other(number), "belongs": belongs}

    def _impossible(self, field: str, value: Value) -> ApiError:
        return other("Invalid parameter", f"Invalid value {parsing.shown(value)} for {field}")

    def _named(self, name: str) -> int:
        number = self._table.one("name", name)
        if number is None:
            raise not_found(name)
        return number

    def _set(self, field: str, value: Value) -> None:
        match field, value:
            case "name", str():
                self._rename(value.lower())
            case (("description" | "picture" | "locale"), str()):
                self._set_or_clear(field, value)
            case "quota", (int() | "") if self.doc["type"] in {"individual", "group", "tenant"}:
                self._set_or_clear(field, value)
            case "quota", list() if self._are_limits(value):
                self.doc[field] = parsing.quotas(list(value))
            case _:
                raise self._impossible(field, value)

    def _are_limits(self, value: list[str] | list[int]) -> bool:
        """Say whether these are the limits of a tenant, the only one who has several."""
        is_short = 0 < len(value) <= parsing.MOST_QUOTAS
        return self.doc["type"] == "tenant" and is_short and isinstance(value[0], int)

    def _set_or_clear(self, field: str, value: str | int) -> None:
        if value == "":
            self.doc.pop(field, None)
        else:
            self.doc[field] = value

    def _rename(self, name: str) -> None:
        if name != self.doc["name"] and self._table.one("name", name) is not None:
            raise taken("name", name)
        self.doc["name"] = name

    def _change_secrets(self, action: str, values: list[str]) -> None:
        secrets: list[str] = [] if action == "set" else self.doc["secrets"]
        if action == "removeItem":
            secrets = [secret for secret in secrets if not _is_removed(secret, values[0])]
        elif action == "set":
            secrets = values
        elif values[0] not in secrets:
            kind = _secret_kind(values[0])
            keep = [secret for secret in secrets if kind == "app" or _secret_kind(secret) != kind]
            secrets = [*keep, values[0]]
        self.doc["secrets"] = ordered_secrets(secrets)

    def _change_emails(self, action: str, values: list[str]) -> None:
        own: list[str] = self.doc["emails"]
        emails = [email.lower() for email in values]
        if action == "removeItem":
            self.doc["emails"] = [email for email in own if email not in emails]
            return
        for email in emails:
            if email not in own:
                self._check_email(email)
        self.doc["emails"] = ordered_emails(emails if action == "set" else [*own, *emails])

    def _check_email(self, email: str) -> None:
        if self._table.one("email", email) is not None:
            raise taken("emails", email)
        _, at, domain = email.rpartition("@")
        if not at:
            raise other("Invalid email", "Email address is invalid")
        if not any(self._table.rows[one]["type"] == "domain" for one in self._table.find("name", domain)):
            raise not_found(domain)

    def _change_groups(self, action: str, field: str, names: list[str]) -> None:
        """Change memberships; memberOf, lists and roles are one list there, so setting one wipes the others."""
        belongs: list[Any] = [] if action == "set" else list(self.doc["belongs"])
        if action == "removeItem":
            self._leave(field, names[0])
            return
        for name in names:
            group, kind = self._group(field, name)
            if group not in belongs:
                self._check_group(field, name, kind)
                belongs.append(group)
        self.doc["belongs"] = belongs

    def _leave(self, field: str, name: str) -> None:
        group: int | str | None = self._table.one("name", name)
        if group is None and field == "roles" and name in BUILT_IN:
            group = name
        self.doc["belongs"] = [one for one in self.doc["belongs"] if one != group]

    def _group(self, field: str, name: str) -> tuple[int | str, str]:
        if field == "roles" and name in BUILT_IN:
            return name, "role"
        number = self._named(name)
        return number, self._table.rows[number]["type"]

    def _check_group(self, field: str, name: str, kind: str) -> None:
        expected = _GROUPS.get((field, self.doc["type"]), ())
        if kind in expected:
            return
        why = f"is not a {_names(expected)}." if expected else "cannot be added as a member."
        raise other(f"Invalid {field} value", f'Principal "{name}" {why}')

    def _change_members(self, action: str, names: list[str]) -> None:
        if action == "removeItem":
            found = self._table.one("name", names[0])
            self._remove_members([] if found is None else [found])
            return
        members, now = [], self._members()
        for name in names:
            member = self._named(name)
            if action == "set" or member not in now:
                self._check_member(name, member)
            members.append(member)
        if action == "set":
            self._remove_members([member for member in now if member not in members])
        self.add_members(members)

    def _members(self) -> set[int]:
        changed = {number for number, doc in self._others.items() if self._me in doc["belongs"]}
        return changed | {one for one in self._table.find("belongs", self._me) if one not in self._others}

    def _remove_members(self, members: list[int]) -> None:
        for member in members:
            self._let_belong(member, [one for one in self._other(member)["belongs"] if one != self._me])

    def _check_member(self, name: str, member: int) -> None:
        allowed = _MEMBERS.get(self.doc["type"], ())
        if self._table.rows[member]["type"] not in allowed:
            raise other("Invalid members value", f'Principal "{name}" is not one of {_names(allowed)}.')

    def _change_permissions(self, caller: Caller, action: str, field: str, names: list[str]) -> None:
        """Change grants or denials; adding one moves it over from the other side."""
        for name in names:
            if action != "removeItem":
                _check_permission(caller, field, name)
            elif name not in permissions.catalogue("0.15"):
                raise other(f"Invalid {field} value", f'Permission "{name}" is invalid')
        opposite = _PERMISSIONS[field == "enabledPermissions"]
        if action == "removeItem":
            self.doc[field] = [one for one in self.doc[field] if one not in names]
            return
        kept = [] if action == "set" else self.doc[field]
        self.doc[field] = list(dict.fromkeys([*kept, *names]))
        self.doc[opposite] = [one for one in self.doc[opposite] if one not in names]

    def _change_plain(self, action: str, field: str, values: list[str]) -> None:
        if field == "externalMembers" and action != "removeItem":
            values = [self._external(value) for value in values]
        now: list[str] = self.doc[field]
        if action == "removeItem":
            self.doc[field] = [one for one in now if one not in values]
        else:
            self.doc[field] = list(dict.fromkeys([*([] if action == "set" else now), *values]))

    def _external(self, value: str) -> str:
        cleaned = clean_email(value)
        if cleaned is None or is_local_suffix(cleaned):
            raise other("Invalid email address", f'Invalid value "{value}" for externalMembers')
        return cleaned


def ordered_secrets(secrets: list[str]) -> list[str]:
    """Keep TOTP, one password and the app passwords, in the order in which the server shows them."""
    by_kind: dict[str, list[str]] = {"totp": [], "password": [], "app": []}
    for secret in secrets:
        by_kind[_secret_kind(secret)].append(secret)
    return [*by_kind["totp"], *by_kind["password"][:1], *sorted(set(by_kind["app"]))]


def ordered_emails(emails: list[str]) -> list[str]:
    """Keep the primary address first; the order of the others is lost, they come sorted."""
    return [*emails[:1], *sorted(set(emails[1:]) - set(emails[:1]))]


def _secret_kind(secret: str) -> str:
    if secret.startswith("otpauth://"):
        return "totp"
    return "app" if secret.startswith("$app$") else "password"


def _is_removed(secret: str, value: str) -> bool:
    """Say whether removing `value` removes a secret: a password exactly, the others by their beginning."""
    if _secret_kind(secret) == "password":
        return secret == value
    return secret.startswith(value)


def _fits(action: str, value: Value) -> bool:
    """Say whether the value's kind is the one that lists take: a list to set, a string to add or remove."""
    if action == "set":
        return isinstance(value, list) and (not value or isinstance(value[0], str))
    return isinstance(value, str)


def _as_list(value: Value) -> list[str]:
    return [value] if isinstance(value, str) else [str(item) for item in value] if isinstance(value, list) else []
