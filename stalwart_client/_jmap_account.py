"""A mailbox in the words of 0.16 (jmap.md 4.1, 4.2): what an account says. No requests here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias

from stalwart_client._answers import fitting
from stalwart_client._jmap_links import Links
from stalwart_client._jmap_values import elements, moment
from stalwart_client._types import AppPassword, Denial, Mailbox

Account: TypeAlias = Mapping[str, Any]
DomainName: TypeAlias = Callable[[str], str]

PROPERTIES = (
    "@type",
    "emailAddress",
    "description",
    "aliases",
    "credentials",
    "permissions",
    "quotas",
    "usedDiskQuota",
    "memberGroupIds",
    "locale",
)
PERMISSIONS = {
    Denial.SIGN_IN: frozenset({"authenticate"}),
    Denial.RECEIVE: frozenset({"emailReceive"}),
    # A change of the password clears its deadline, and a new app password or key has none.
    Denial.CREDENTIALS: frozenset(
        {
            "sysAccountPasswordUpdate",
            "sysApiKeyCreate",
            "sysApiKeyUpdate",
            "sysAppPasswordCreate",
            "sysAppPasswordUpdate",
        }
    ),
    Denial.DIRECTORY: frozenset({"davPrincipalSearch", "jmapPrincipalGet", "jmapPrincipalQuery"}),
}


def is_person(account: Account) -> bool:
    """Tell a person's account from a group."""
    return bool(account.get("@type") == "User")


def address_of(account: Account) -> str:
    """Return the address of a person's account, or nothing for a group."""
    with fitting("an account"):
        return str(account["emailAddress"]).lower() if is_person(account) else ""


def mailbox(account: Account, links: Links) -> Mailbox:
    """Read a mailbox; only aliases that are switched on count, and only groups that we may see."""
    with fitting("an account"):
        return _mailbox(account, links)


def mailboxes(page: Iterable[Account], links: Links) -> list[Mailbox]:
    """Read the mailboxes of a page; groups are passed over."""
    with fitting("a list of accounts"):
        return [_mailbox(account, links) for account in page if account["@type"] == "User"]


def _mailbox(account: Account, links: Links) -> Mailbox:
    """Read a mailbox; a listing reads a hundred thousand, so what most do not have costs next to nothing."""
    address = str(account["emailAddress"]).lower()
    aliases = _sorted(aliases_of(account, links.domain_name, enabled=True)) if account["aliases"] else ()
    has_password, app_passwords, deadline = _doors(account["credentials"].values())
    denied, denials = _denials(*disabled_permissions(account["permissions"]))
    lists = links.lists_of.get(address)
    return Mailbox(
        address=address,
        id=str(account["id"]),
        name=str(account["description"] or ""),
        aliases=aliases,
        quota=int(account["quotas"].get("maxDiskQuota") or 0),
        used=int(account["usedDiskQuota"]),
        denials=denials,
        deadline=deadline,
        has_password=has_password,
        app_passwords=app_passwords,
        groups=_groups(account, links) if account["memberGroupIds"] else (),
        lists=tuple(lists) if lists else (),
        catch_all=links.catch_all_domains((address, *aliases)) if links.catch_alls else (),
        locale=str(account["locale"]),
        denied=denied,
    )


def _doors(credentials: Collection[Mapping[str, Any]]) -> tuple[bool, tuple[AppPassword, ...], datetime | None]:
    """Tell whether there is a password, which other credentials there are, and when the last of all ends."""
    if len(credentials) == 1:
        (only,) = credentials
        if only["@type"] == "Password":
            return True, (), moment(only["expiresAt"])
    others = tuple(_app_password(each) for each in credentials if each["@type"] != "Password")
    return len(others) < len(credentials), others, deadline_of(credentials)


def _groups(account: Account, links: Links) -> tuple[str, ...]:
    return _sorted(links.groups[each] for each in group_ids(account) if each in links.groups)


def _sorted(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(texts))


def group_ids(account: Account) -> set[str]:
    """Return the ids of the groups it is a member of."""
    if not account["memberGroupIds"]:
        return set()
    return {str(each) for each, is_set in account["memberGroupIds"].items() if is_set}


def aliases_of(account: Account, domain_name: DomainName, *, enabled: bool) -> dict[str, int]:
    """Return those aliases that are switched on, or off, with the index of each."""
    if not account["aliases"]:
        return {}
    named = {
        index: (each["name"], domain_name(each["domainId"]))
        for index, each in elements(account, "aliases").items()
        if each["enabled"] is enabled
    }
    # An alias at a domain that we may not see is not ours to manage.
    return {f"{local}@{domain}".lower(): index for index, (local, domain) in named.items() if domain}


def disabled_permissions(permissions: Mapping[str, Any]) -> list[str]:
    """Return the server's names of what is denied, whoever denied it."""
    names = permissions.get("disabledPermissions")
    return [name for name, is_set in names.items() if is_set] if names else []


@lru_cache
def _denials(*disabled: str) -> tuple[frozenset[str], frozenset[Denial]]:
    """Return denied permissions as a set, and the denials that are complete; most mailboxes have one of a few."""
    denied = frozenset(disabled)
    return denied, frozenset(denial for denial, names in PERMISSIONS.items() if names <= denied)


def _app_password(credential: Mapping[str, Any]) -> AppPassword:
    """Read an app password or an API key: both are doors beside the password."""
    return AppPassword(
        name=str(credential["description"]),
        id=str(credential["credentialId"]),
        created_at=moment(credential["createdAt"]),
        expires_at=moment(credential["expiresAt"]),
    )


def deadline_of(credentials: Iterable[Mapping[str, Any]]) -> datetime | None:
    """Return when the last of these credentials ends, None where one stays open."""
    ends = [each["expiresAt"] for each in credentials]
    return max(filter(None, map(moment, ends))) if all(ends) and ends else None
