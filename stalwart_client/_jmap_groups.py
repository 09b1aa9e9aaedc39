"""Groups of 0.16: accounts that others are members of; the members say so, not the group (jmap.md 4.1)."""

from __future__ import annotations

from collections.abc import Iterable

from stalwart_client._answers import fitting
from stalwart_client._errors import NotFound, StalwartError
from stalwart_client._jmap_call import Jmap, Linked, Object, chunks
from stalwart_client._jmap_domains import DomainIds
from stalwart_client._jmap_linked import in_use
from stalwart_client._jmap_lookup import Accounts
from stalwart_client._jmap_values import address_parts
from stalwart_client._mail_types import Group
from stalwart_client._types import UNSET, Unset

_PROPERTIES = ("@type", "emailAddress", "description")


class JmapGroups:
    """Makes, changes and deletes groups."""

    def __init__(self, jmap: Jmap, found: Accounts, domains: DomainIds) -> None:
        self._jmap = jmap
        self._accounts = found
        self._domains = domains

    def all(self) -> list[Group]:
        """Return every group; the members of each are a look-up."""
        return [self._group(each) for each in self._jmap.walk("x:Account", _PROPERTIES, {"@type": "Group"})]

    def at(self, address: str) -> Group:
        """Return the group at an address."""
        return self._group(self._read(address))

    def create(self, address: str, *, name: str = "", members: Iterable[str] = ()) -> Group:
        """Make a group, then let its members join: it is they who are changed."""
        wanted = sorted({each.lower() for each in members})
        ids = self._member_ids(wanted)
        where = address_parts(address, self._domains.ids_of([address.lower().rpartition("@")[2]]))
        body = {"@type": "Group", **where} | ({"description": name} if name else {})
        (made,) = self._jmap.set("x:Account", {"create": {"new": body}}).values()
        if isinstance(made, StalwartError):
            made.subject = made.subject if made.subject != "email" else address
            raise made
        with fitting("a new group"):
            ident = str(made["id"])
        self._join(ident, dict.fromkeys(ids, True))
        return Group(address=address.lower(), id=ident, name=name, members=tuple(wanted))

    def change(
        self, address: str, *, name: str | Unset = UNSET, add: Iterable[str] = (), remove: Iterable[str] = ()
    ) -> None:
        """Change its name and let mailboxes join and leave."""
        ident = str(self._read(address)["id"])
        joining = self._member_ids(sorted({each.lower() for each in add}))
        leaving = self._accounts.at({each.lower(): "" for each in remove})
        if not isinstance(name, Unset):
            self._set({"update": {ident: {"description": name or None}}})
        leave: dict[str, bool | None] = {str(each["id"]): None for each in leaving.values()}
        self._join(ident, leave | dict.fromkeys(joining, True))

    def delete(self, address: str) -> None:
        """Delete a group that nobody is a member of."""
        try:
            ident = str(self._read(address)["id"])
        except NotFound:
            return
        (result,) = self._jmap.set("x:Account", {"destroy": [ident]}).values()
        if isinstance(result, Linked):
            raise in_use(self._jmap, result, "The group still has members.", subject=address)
        if isinstance(result, StalwartError) and not isinstance(result, NotFound):
            raise result

    def _read(self, address: str) -> Object:
        found = self._jmap.get("x:Account", self._accounts.ids_at([address.lower()]), _PROPERTIES)
        with fitting("a group"):
            groups = [each for each in found if each["@type"] == "Group"]
        if not groups:
            raise NotFound("The mail server has no such group.", subject=address)
        return groups[0]

    def _group(self, shown: Object) -> Group:
        with fitting("a group"):
            members = self._jmap.walk("x:Account", ("emailAddress",), {"memberGroupIds": shown["id"]})
            return Group(
                address=str(shown["emailAddress"]).lower(),
                id=str(shown["id"]),
                name=str(shown["description"] or ""),
                members=tuple(sorted(str(each["emailAddress"]).lower() for each in members)),
            )

    def _member_ids(self, addresses: list[str]) -> list[str]:
        found = self._accounts.at(dict.fromkeys(addresses, ""))
        for address in addresses:
            if address not in found:
                raise NotFound("The mail server has no such mailbox.", subject=address)
        return [str(found[address]["id"]) for address in addresses]

    def _join(self, group_id: str, members: dict[str, bool | None]) -> None:
        for some in chunks(list(members.items()), self._jmap.limits().set):
            self._set({"update": {each: {f"memberGroupIds/{group_id}": joins} for each, joins in some}})

    def _set(self, change: dict[str, object]) -> None:
        for result in self._jmap.set("x:Account", change).values():
            if isinstance(result, StalwartError):
                raise result
