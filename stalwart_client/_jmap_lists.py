"""Mailing lists of 0.16, which takes anything as a member; so members are checked here (jmap.md 4.7)."""

from __future__ import annotations

from collections.abc import Iterable

from stalwart_client._addresses import checked
from stalwart_client._answers import fitting
from stalwart_client._errors import NotFound, StalwartError
from stalwart_client._jmap_call import Jmap, Reading, escaped
from stalwart_client._jmap_domains import DomainIds
from stalwart_client._jmap_links import LIST_PROPERTIES, MailingListObject, mailing_list
from stalwart_client._jmap_values import address_parts
from stalwart_client._mail_types import MailingList
from stalwart_client._types import UNSET, Unset

_ALL = Reading("x:MailingList", LIST_PROPERTIES, page=50)


class JmapLists:
    """Makes, changes and deletes mailing lists."""

    def __init__(self, jmap: Jmap, domains: DomainIds) -> None:
        self._jmap = jmap
        self._domains = domains

    def all(self) -> list[MailingList]:
        """Return every list."""
        return [_shown(mailing_list(each)) for each in self._jmap.read([_ALL])[0]]

    def at(self, address: str) -> MailingList:
        """Return the list at an address."""
        return _shown(self._read(address))

    def create(self, address: str, *, name: str = "", members: Iterable[str] = ()) -> MailingList:
        """Make a list."""
        wanted = checked(members)
        where = address_parts(address, self._domains.ids_of([address.lower().rpartition("@")[2]]))
        body = {"recipients": dict.fromkeys(wanted, True), **where} | ({"description": name} if name else {})
        (made,) = self._jmap.set("x:MailingList", {"create": {"new": body}}).values()
        if isinstance(made, StalwartError):
            made.subject = made.subject if made.subject != "email" else address
            raise made
        with fitting("a new list"):
            return MailingList(address=address.lower(), id=str(made["id"]), name=name, members=tuple(wanted))

    def change(
        self, address: str, *, name: str | Unset = UNSET, add: Iterable[str] = (), remove: Iterable[str] = ()
    ) -> None:
        """Change a list; members are removed as they are stored, which may be in capitals."""
        found = self._read(address)
        stored = [found.members[each] for each in {each.lower() for each in remove} & found.members.keys()]
        patch: dict[str, object] = {f"recipients/{escaped(each)}": None for each in sorted(stored)}
        patch |= {f"recipients/{escaped(each)}": True for each in checked(add) if each not in found.members}
        if not isinstance(name, Unset):
            patch["description"] = name or None
        if patch:
            self._set({"update": {found.id: patch}})

    def delete(self, address: str) -> None:
        """Delete a list."""
        try:
            self._set({"destroy": [self._read(address).id]})
        except NotFound:
            return

    def _read(self, address: str) -> MailingListObject:
        """Find a list among all: the server searches neither by address nor by name."""
        wanted = address.lower()
        for each in self._jmap.walk("x:MailingList", ("emailAddress",)):
            with fitting("a mailing list"):
                is_it = str(each["emailAddress"]).lower() == wanted
            if is_it:
                return mailing_list(self._jmap.get("x:MailingList", [str(each["id"])], LIST_PROPERTIES)[0])
        raise NotFound("The mail server has no such mailing list.", subject=address)

    def _set(self, change: dict[str, object]) -> None:
        for result in self._jmap.set("x:MailingList", change).values():
            if isinstance(result, StalwartError):
                raise result


def _shown(found: MailingListObject) -> MailingList:
    return MailingList(address=found.address, id=found.id, name=found.name, members=tuple(sorted(found.members)))
