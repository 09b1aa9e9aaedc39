"""Groups and lists of 0.15 (rest.md 2.2, 2.6): principals whose members may be principals, and on lists anybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stalwart_client._addresses import checked
from stalwart_client._answers import fitting
from stalwart_client._errors import InUse, NotFound
from stalwart_client._mail_types import Group, MailingList
from stalwart_client._rest_batch import at_once
from stalwart_client._rest_call import PRINCIPALS, Rest, principal_path
from stalwart_client._types import UNSET, Unset

_GROUP_RIGHTS = ["email-receive", "email-send"]
"""Without these the mail to a group bounces, and nobody can send as it (rest.md 2.2)."""


class RestGroups:
    """Makes, changes and deletes groups."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def all(self) -> list[Group]:
        """Return every group."""
        return [_group(each) for each in self._rest.walk("group", "name,description,members")]

    def at(self, address: str) -> Group:
        """Return the group at an address."""
        return _group(_found(self._rest, address, "group"))

    def create(self, address: str, *, name: str = "", members: Iterable[str] = ()) -> Group:
        """Make a group with its members."""
        (group,) = checked([address])
        wanted = sorted({each.lower() for each in members})
        body = {
            "type": "group",
            "name": group,
            "emails": [group],
            "enabledPermissions": _GROUP_RIGHTS,
            "description": name,
            "members": wanted,
        }
        _create(self._rest, body)
        return Group(address=group, name=name, members=tuple(wanted))

    def change(
        self, address: str, *, name: str | Unset = UNSET, add: Iterable[str] = (), remove: Iterable[str] = ()
    ) -> None:
        """Change its name and members."""
        _found(self._rest, address, "group")
        steps = [*_named(name), *_steps("removeItem", "members", remove), *_steps("addItem", "members", add)]
        _patch(self._rest, address, steps)

    def delete(self, address: str) -> None:
        """Delete a group that nobody is a member of; the server would delete any."""
        try:
            members = self.at(address).members
        except NotFound:
            return
        if members:
            raise InUse("The group still has members.", subject=address, used_by=members)
        _delete(self._rest, address)


class RestLists:
    """Makes, changes and deletes mailing lists."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def all(self) -> list[MailingList]:
        """Return every list."""
        return [_list(each) for each in self._rest.walk("list", "name,description,members,externalMembers")]

    def at(self, address: str) -> MailingList:
        """Return the list at an address."""
        return _list(_found(self._rest, address, "list"))

    def create(self, address: str, *, name: str = "", members: Iterable[str] = ()) -> MailingList:
        """Make a list; whoever has no mailbox here is an external member, which nobody else checks."""
        (wanted,) = checked([address])
        ours, others = self._told_apart(checked(members))
        body = {
            "type": "list",
            "name": wanted,
            "emails": [wanted],
            "description": name,
            "members": ours,
            "externalMembers": others,
        }
        _create(self._rest, body)
        return MailingList(address=wanted, name=name, members=tuple(sorted([*ours, *others])))

    def change(
        self, address: str, *, name: str | Unset = UNSET, add: Iterable[str] = (), remove: Iterable[str] = ()
    ) -> None:
        """Change its name and members; external ones are removed as they are stored, which may be in capitals."""
        found = _found(self._rest, address, "list")
        gone = {each.lower() for each in remove}
        with fitting("a mailing list"):
            stored = [str(each) for each in found.get("externalMembers", ()) if str(each).lower() in gone]
        ours, others = self._told_apart(checked(add))
        steps = [
            *_named(name),
            *_steps("removeItem", "members", gone),
            *({"action": "removeItem", "field": "externalMembers", "value": each} for each in sorted(stored)),
            *_steps("addItem", "members", ours),
            *_steps("addItem", "externalMembers", others),
        ]
        _patch(self._rest, address, steps)

    def delete(self, address: str) -> None:
        """Delete a list."""
        if self._rest.principal(address.lower(), "list") is not None:
            _delete(self._rest, address)

    def _told_apart(self, addresses: list[str]) -> tuple[list[str], list[str]]:
        """Return those that are mailboxes or groups here, and all others: aliases can only be external."""
        known = at_once(self._is_ours, addresses)
        ours = [address for address, is_ours in zip(addresses, known, strict=True) if is_ours]
        return ours, [address for address in addresses if address not in ours]

    def _is_ours(self, address: str) -> bool:
        return any(self._rest.principal(address, kind) is not None for kind in ("individual", "group"))


def _found(rest: Rest, address: str, kind: str) -> dict[str, Any]:
    found = rest.principal(address.lower(), kind)
    if found is None:
        what = "group" if kind == "group" else "mailing list"
        raise NotFound(f"The mail server has no such {what}.", subject=address)
    return found


def _create(rest: Rest, body: Mapping[str, Any]) -> None:
    wanted = {name: value for name, value in body.items() if value}
    rest.call("POST", PRINCIPALS, body=wanted, idempotent=False)
    rest.forget_recipients()


def _patch(rest: Rest, address: str, steps: list[dict[str, Any]]) -> None:
    rest.call("PATCH", principal_path(address.lower()), body=steps, idempotent=True)


def _delete(rest: Rest, address: str) -> None:
    try:
        rest.call("DELETE", principal_path(address.lower()), idempotent=True)
    except NotFound:
        return
    rest.forget_recipients()


def _named(name: str | Unset) -> list[dict[str, Any]]:
    return [] if isinstance(name, Unset) else [{"action": "set", "field": "description", "value": name}]


def _steps(action: str, field: str, addresses: Iterable[str]) -> list[dict[str, Any]]:
    return [{"action": action, "field": field, "value": each} for each in sorted({a.lower() for a in addresses})]


def _group(shown: Mapping[str, Any]) -> Group:
    with fitting("a group"):
        return Group(
            address=str(shown["name"]),
            name=str(shown.get("description", "")),
            members=tuple(sorted(map(str, shown.get("members", ())))),
        )


def _list(shown: Mapping[str, Any]) -> MailingList:
    with fitting("a mailing list"):
        members = {str(each).lower() for each in (*shown.get("members", ()), *shown.get("externalMembers", ()))}
        return MailingList(
            address=str(shown["name"]), name=str(shown.get("description", "")), members=tuple(sorted(members))
        )
