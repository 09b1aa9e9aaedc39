"""What a change of a mailbox needs beside its account on 0.16: its place on lists, and catch-all domains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stalwart_client._errors import AlreadyExists, NotFound, StalwartError
from stalwart_client._jmap_call import Jmap, escaped
from stalwart_client._jmap_links import Links
from stalwart_client._types import Change, Create, Destroy, Unset

Patches = dict[tuple[str, str], dict[str, object]]
"""A patch for each object, by its kind and id."""


def has_ties(change: Change) -> bool:
    """Tell whether a change can only be carried out by somebody who knows groups, lists and catch-all domains.

    A deletion is one: the server would leave the address on its lists, where mail to it bounces from then on.
    """
    if isinstance(change, Destroy):
        return True
    what = change.wanted if isinstance(change, Create) else change
    return not all(isinstance(each, Unset) for each in (what.groups, what.lists, what.catch_all))


def patches(change: Change, aliases: Iterable[str], links: Links) -> Patches:
    """Return what has to change in lists and domains, nothing where all is as it should be.

    `aliases` are those that the mailbox has now.

    :raises NotFound: if there is no such list or domain
    :raises AlreadyExists: if another mailbox is the catch-all of a domain
    """
    address = change.address.lower()
    if isinstance(change, Destroy):
        return {**_list_patches(address, (), links), **_domain_patches(address, (), aliases, links)}
    what = change.wanted if isinstance(change, Create) else change
    return {**_list_patches(address, what.lists, links), **_domain_patches(address, what.catch_all, aliases, links)}


def carry_out(jmap: Jmap, wanted: Sequence[Patches]) -> list[StalwartError | None]:
    """Patch lists and domains for several mailboxes at once; return for each what went wrong."""
    together: Patches = {}
    for each in wanted:
        for target, patch in each.items():
            together.setdefault(target, {}).update(patch)
    errors: dict[tuple[str, str], StalwartError] = {}
    for kind in sorted({kind for kind, _ in together}):
        updates = {ident: patch for (each, ident), patch in together.items() if each == kind}
        try:
            results = jmap.set(kind, {"update": updates})
        except StalwartError as error:
            errors |= {(kind, ident): error for ident in updates}
        else:
            errors |= {(kind, key): each for (_, key), each in results.items() if isinstance(each, StalwartError)}
    return [next((errors[target] for target in each if target in errors), None) for each in wanted]


def _list_patches(address: str, lists: tuple[str, ...] | Unset, links: Links) -> Patches:
    if isinstance(lists, Unset):
        return {}
    wanted, present = {each.lower() for each in lists}, set(links.lists_of.get(address, ()))
    found: Patches = {}
    for each in sorted(present - wanted):
        stored = links.lists[each].members[address]
        found["x:MailingList", links.lists[each].id] = {f"recipients/{escaped(stored)}": None}
    for each in sorted(wanted - present):
        if each not in links.lists:
            raise NotFound("The mail server has no such mailing list.", subject=each)
        found["x:MailingList", links.lists[each].id] = {f"recipients/{escaped(address)}": True}
    return found


def _domain_patches(address: str, domains: tuple[str, ...] | Unset, aliases: Iterable[str], links: Links) -> Patches:
    """Set and clear catch-all addresses; a domain has one, and the server would take it from another in silence."""
    if isinstance(domains, Unset):
        return {}
    wanted, present = {each.lower() for each in domains}, set(links.catch_all_domains((address, *aliases)))
    found: Patches = {
        ("x:Domain", links.domain_id(domain)): {"catchAllAddress": None} for domain in sorted(present - wanted)
    }
    for domain in sorted(wanted - present):
        if not links.domain_id(domain):
            raise NotFound("The mail server has no such domain.", subject=domain)
        if domain in links.catch_alls:
            raise AlreadyExists("The domain has another mailbox for what nobody else gets.", subject=f"@{domain}")
        found["x:Domain", links.domain_id(domain)] = {"catchAllAddress": address}
    return found
