"""What makes or changes a mailbox of 0.16 (jmap.md 3.3, 4.1, 4.2). No requests here.

Lists are objects keyed by index, and an index moves when an element before it goes: a patch is only right for an
account that was read just before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from stalwart_client._answers import fitting
from stalwart_client._errors import NotFound
from stalwart_client._jmap_account import (
    PERMISSIONS,
    Account,
    DomainName,
    aliases_of,
    deadline_of,
    disabled_permissions,
    group_ids,
)
from stalwart_client._jmap_links import Links
from stalwart_client._jmap_values import DomainIds, address_parts, elements, written
from stalwart_client._types import DEFAULT_LOCALE, Create, Denial, Unset, Update

Patch: TypeAlias = dict[str, Any]
"""JSON pointers and what to put there; null clears or removes."""

_INHERIT = {"@type": "Inherit"}


def creation(change: Create, domain_ids: DomainIds, links: Links | None = None) -> dict[str, Any]:
    """Return the account to make: complete at once, so that it is never open for a moment."""
    wanted = change.wanted
    account = {
        "@type": "User",
        **address_parts(wanted.address, domain_ids),
        "description": wanted.name or None,
        "quotas": {"maxDiskQuota": wanted.quota} if wanted.quota else {},
        "aliases": {
            str(index): address_parts(alias, domain_ids)
            for index, alias in enumerate(sorted({alias.lower() for alias in wanted.aliases}))
        },
        "credentials": {"0": _password(change.secret, wanted.deadline)} if change.secret else {},
        "permissions": _merge(_names(wanted.denials)) if wanted.denials else None,
        "memberGroupIds": dict.fromkeys(_wanted_group_ids(wanted.groups, links), True),
        "locale": _known_locale(wanted.locale),
    }
    return {name: value for name, value in account.items() if value}


def patch(
    account: Account, change: Update, domain_ids: DomainIds, domain_name: DomainName, links: Links | None = None
) -> Patch:
    """Return the smallest patch that carries out an update of this account; groups need links."""
    with fitting("an account"):
        return {
            **_values(change),
            **_alias_patch(account, change, domain_ids, domain_name),
            **_permission_patch(account["permissions"], _names(change.deny), _names(change.allow)),
            **_credential_patch(account, change),
            **_group_patch(account, change, links),
        }


def _values(change: Update) -> Patch:
    patch: Patch = {}
    if not isinstance(change.name, Unset):
        patch["description"] = change.name or None
    if not isinstance(change.quota, Unset):
        patch["quotas/maxDiskQuota"] = change.quota or None
    if not isinstance(change.locale, Unset):
        patch["locale"] = change.locale or DEFAULT_LOCALE
    return patch


def _group_patch(account: Account, change: Update, links: Links | None) -> Patch:
    """Join and leave groups; one that our credentials may not see is left alone."""
    if isinstance(change.groups, Unset) or links is None:
        return {}
    wanted, present = set(_wanted_group_ids(change.groups, links)), group_ids(account)
    leave = {f"memberGroupIds/{each}": None for each in sorted(present - wanted) if each in links.groups}
    return leave | {f"memberGroupIds/{each}": True for each in sorted(wanted - present)}


def _wanted_group_ids(addresses: tuple[str, ...] | Unset, links: Links | None) -> list[str]:
    if isinstance(addresses, Unset) or links is None:
        return []
    ids = {address.lower(): links.group_id(address.lower()) for address in addresses}
    for address, ident in ids.items():
        if not ident:
            raise NotFound("The mail server has no such group.", subject=address)
    return sorted(ids.values())


def _known_locale(locale: str | Unset) -> str | None:
    return None if isinstance(locale, Unset) else locale


def _alias_patch(account: Account, change: Update, domain_ids: DomainIds, domain_name: DomainName) -> Patch:
    """Remove, switch on and append aliases; one that somebody switched off by hand stays off."""
    if isinstance(change.aliases, Unset):
        return {}
    wanted = {alias.lower() for alias in change.aliases}
    on = aliases_of(account, domain_name, enabled=True)
    off = aliases_of(account, domain_name, enabled=False)
    patch: Patch = {f"aliases/{index}": None for alias, index in on.items() if alias not in wanted}
    patch |= {f"aliases/{index}/enabled": True for alias, index in off.items() if alias in wanted}
    free = _free_index(elements(account, "aliases"))
    for index, alias in enumerate(sorted(wanted - on.keys() - off.keys()), start=free):
        patch[f"aliases/{index}"] = address_parts(alias, domain_ids)
    return patch


def _permission_patch(permissions: Mapping[str, Any], deny: set[str], allow: set[str]) -> Patch:
    """Add and lift denials and leave all others; an account that inherits takes no pointer, only a whole."""
    disabled = set(disabled_permissions(permissions))
    add, lift = deny - disabled, (allow - deny) & disabled
    if not add and not lift:
        return {}
    if permissions["@type"] == "Inherit":
        return {"permissions": _merge(deny)}
    if permissions["@type"] == "Merge" and not permissions["enabledPermissions"] and not disabled - lift | add:
        return {"permissions": _INHERIT}
    where = "permissions/disabledPermissions"
    return {f"{where}/{name}": True for name in sorted(add)} | {f"{where}/{name}": None for name in sorted(lift)}


def _credential_patch(account: Account, change: Update) -> Patch:
    """Set secret and deadline by index: a whole list would wipe what it does not name."""
    credentials = elements(account, "credentials")
    password = next((i for i, each in credentials.items() if each["@type"] == "Password"), None)
    ended = [i for i in credentials if i != password] if change.end_app_passwords else []
    patch: Patch = {f"credentials/{index}": None for index in ended}
    # A new password gets no more time than the doors that are there.
    deadline = deadline_of(credentials.values())
    if not isinstance(change.deadline, Unset):
        deadline = change.deadline
        patch |= {f"credentials/{i}/expiresAt": written(deadline) for i in credentials if i not in ended}
    if change.secret is not None and password is None:
        patch[f"credentials/{_free_index(credentials)}"] = _password(change.secret, deadline)
    elif change.secret is not None:
        patch[f"credentials/{password}/secret"] = change.secret
    return patch


def _free_index(elements: Mapping[int, object]) -> int:
    return max(elements, default=-1) + 1


def _names(denials: frozenset[Denial]) -> set[str]:
    return {name for denial in denials for name in PERMISSIONS[denial]}


def _merge(names: set[str]) -> dict[str, Any]:
    return {
        "@type": "Merge",
        "enabledPermissions": {},
        "disabledPermissions": dict.fromkeys(sorted(names), True),
    }


def _password(secret: str, deadline: datetime | None) -> dict[str, Any]:
    password = {"@type": "Password", "secret": secret, "expiresAt": written(deadline)}
    return {name: value for name, value in password.items() if value}
