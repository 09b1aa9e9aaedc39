"""What ties mailboxes of 0.16 to domains, groups and lists; an account alone does not say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stalwart_client._answers import fitting
from stalwart_client._jmap_call import Jmap, Object, Reading

_FEW = 3
"""Up to so many addresses the lists of each are searched, beyond it all lists are read."""
_LIST_PAGE = 50
"""A list can hold some 6,000 addresses."""

LIST_PROPERTIES = ("emailAddress", "description", "recipients")


@dataclass(frozen=True, slots=True)
class MailingListObject:
    """A mailing list by its id, with its members as they are stored, by their form in lower case."""

    id: str
    address: str
    name: str
    members: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Links:
    """The names behind the ids of an account, and what points at it from elsewhere."""

    domains: Mapping[str, str] = field(default_factory=dict)
    """The name of each domain by its id."""
    catch_alls: Mapping[str, str] = field(default_factory=dict)
    """The catch-all address of those domains that have one, by the domain's name."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """The address of each group by its id."""
    lists: Mapping[str, MailingListObject] = field(default_factory=dict)
    """Mailing lists by address: all, or those that were asked for."""
    lists_of: Mapping[str, list[str]] = field(default_factory=dict)
    """The lists of each member."""

    def domain_name(self, domain_id: str) -> str:
        """Return the name of a domain, or nothing where our credentials may not see it."""
        return self.domains.get(domain_id, "")

    def catch_all_domains(self, addresses: Iterable[str]) -> tuple[str, ...]:
        """Return the domains whose catch-all is one of these addresses."""
        if not self.catch_alls:
            return ()
        ours = set(addresses)
        return tuple(sorted(domain for domain, address in self.catch_alls.items() if address in ours))

    def domain_id(self, name: str) -> str:
        """Return the id of a domain, or nothing."""
        return next((ident for ident, each in self.domains.items() if each == name), "")

    def group_id(self, address: str) -> str:
        """Return the id of a group, or nothing."""
        return next((ident for ident, each in self.groups.items() if each == address), "")


def read_links(jmap: Jmap, addresses: Iterable[str] | None = None) -> Links:
    """Read the links of some mailboxes (None: of all), all but always in one request."""
    of = None if addresses is None else list(addresses)
    searches: list[dict[str, Any]] = [{}] if of is None or len(of) > _FEW else [{"text": each} for each in of]
    domains, groups, *found = jmap.read(
        [
            Reading("x:Domain", ("name", "catchAllAddress")),
            Reading("x:Account", ("emailAddress",), {"@type": "Group"}),
            *(Reading("x:MailingList", LIST_PROPERTIES, where, _LIST_PAGE) for where in searches),
        ]
    )
    with fitting("domains, groups and lists"):
        lists = {each.address: each for some in found for each in map(mailing_list, some)}
        return Links(
            domains={str(each["id"]): str(each["name"]) for each in domains},
            catch_alls={
                str(each["name"]): str(each["catchAllAddress"]).lower() for each in domains if each["catchAllAddress"]
            },
            groups={str(each["id"]): str(each["emailAddress"]).lower() for each in groups},
            lists=lists,
            lists_of=_by_member(lists),
        )


def mailing_list(shown: Object) -> MailingListObject:
    """Read a mailing list."""
    with fitting("a mailing list"):
        return MailingListObject(
            id=str(shown["id"]),
            address=str(shown["emailAddress"]).lower(),
            name=str(shown["description"] or ""),
            members={str(each).lower(): str(each) for each, is_set in shown["recipients"].items() if is_set},
        )


def _by_member(lists: Mapping[str, MailingListObject]) -> dict[str, list[str]]:
    lists_of: dict[str, list[str]] = {}
    for address in sorted(lists):
        for member in lists[address].members:
            lists_of.setdefault(member, []).append(address)
    return lists_of
