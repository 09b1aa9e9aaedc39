"""A mailbox in the words of 0.16: what an account says, and what makes or changes one. No requests here.

Lists are objects keyed by index, and an index moves when an element before it goes: a patch is only right
for an account that was read just before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeAlias

from stalwart_client._answers import fitting
from stalwart_client._errors import NotFound
from stalwart_client._jmap_links import Links
from stalwart_client._types import DEFAULT_LOCALE, AppPassword, Create, Denial, Mailbox, Unset, Update

Account: TypeAlias = Mapping[str, Any]
Patch: TypeAlias = dict[str, Any]
"""JSON pointers and what to put there; null clears or removes."""
DomainIds: TypeAlias = Mapping[str, str]
"""The ids of the domains that exist, by name."""
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

_INHERIT = {"@type": "Inherit"}


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
    aliases = _sorted(_aliases(account, links.domain_name, enabled=True)) if account["aliases"] else ()
    has_password, app_passwords, deadline = _doors(account["credentials"].values())
    denied, denials = _denials(*_disabled(account["permissions"]))
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
    return len(others) < len(credentials), others, _deadline(credentials)


def _groups(account: Account, links: Links) -> tuple[str, ...]:
    return _sorted(links.groups[each] for each in _group_ids(account) if each in links.groups)


def _sorted(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(texts))


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
    wanted, present = set(_wanted_group_ids(change.groups, links)), _group_ids(account)
    leave = {f"memberGroupIds/{each}": None for each in sorted(present - wanted) if each in links.groups}
    return leave | {f"memberGroupIds/{each}": True for each in sorted(wanted - present)}


def _group_ids(account: Account) -> set[str]:
    if not account["memberGroupIds"]:
        return set()
    return {str(each) for each, is_set in account["memberGroupIds"].items() if is_set}


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
    on = _aliases(account, domain_name, enabled=True)
    off = _aliases(account, domain_name, enabled=False)
    patch: Patch = {f"aliases/{index}": None for alias, index in on.items() if alias not in wanted}
    patch |= {f"aliases/{index}/enabled": True for alias, index in off.items() if alias in wanted}
    free = _free_index(_elements(account, "aliases"))
    for index, alias in enumerate(sorted(wanted - on.keys() - off.keys()), start=free):
        patch[f"aliases/{index}"] = address_parts(alias, domain_ids)
    return patch


def _permission_patch(permissions: Mapping[str, Any], deny: set[str], allow: set[str]) -> Patch:
    """Add and lift denials and leave all others; an account that inherits takes no pointer, only a whole."""
    disabled = set(_disabled(permissions))
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
    credentials = _elements(account, "credentials")
    password = next((i for i, each in credentials.items() if each["@type"] == "Password"), None)
    ended = [i for i in credentials if i != password] if change.end_app_passwords else []
    patch: Patch = {f"credentials/{index}": None for index in ended}
    # A new password gets no more time than the doors that are there.
    deadline = _deadline(credentials.values())
    if not isinstance(change.deadline, Unset):
        deadline = change.deadline
        patch |= {f"credentials/{i}/expiresAt": written(deadline) for i in credentials if i not in ended}
    if change.secret is not None and password is None:
        patch[f"credentials/{_free_index(credentials)}"] = _password(change.secret, deadline)
    elif change.secret is not None:
        patch[f"credentials/{password}/secret"] = change.secret
    return patch


def _elements(account: Account, name: str) -> dict[int, Mapping[str, Any]]:
    return {int(index): element for index, element in account[name].items()}


def _free_index(elements: Mapping[int, object]) -> int:
    return max(elements, default=-1) + 1


def _aliases(account: Account, domain_name: DomainName, *, enabled: bool) -> dict[str, int]:
    """Return those aliases that are switched on, or off, with the index of each."""
    if not account["aliases"]:
        return {}
    named = {
        index: (each["name"], domain_name(each["domainId"]))
        for index, each in _elements(account, "aliases").items()
        if each["enabled"] is enabled
    }
    # An alias at a domain that we may not see is not ours to manage.
    return {f"{local}@{domain}".lower(): index for index, (local, domain) in named.items() if domain}


def address_parts(address: str, domain_ids: DomainIds) -> dict[str, str]:
    """Return an address as the server takes it: a name, and the id of its domain.

    :raises NotFound: if there is no such domain
    """
    local, _, domain = address.lower().rpartition("@")
    if domain not in domain_ids:
        raise NotFound("The mail server has no such domain.", subject=domain)
    return {"name": local, "domainId": domain_ids[domain]}


def _disabled(permissions: Mapping[str, Any]) -> list[str]:
    names = permissions.get("disabledPermissions")
    return [name for name, is_set in names.items() if is_set] if names else []


@lru_cache
def _denials(*disabled: str) -> tuple[frozenset[str], frozenset[Denial]]:
    """Return denied permissions as a set, and the denials that are complete; most mailboxes have one of a few."""
    denied = frozenset(disabled)
    return denied, frozenset(denial for denial, names in PERMISSIONS.items() if names <= denied)


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


def _app_password(credential: Mapping[str, Any]) -> AppPassword:
    """Read an app password or an API key: both are doors beside the password."""
    return AppPassword(
        name=str(credential["description"]),
        id=str(credential["credentialId"]),
        created_at=moment(credential["createdAt"]),
        expires_at=moment(credential["expiresAt"]),
    )


def _deadline(credentials: Iterable[Mapping[str, Any]]) -> datetime | None:
    ends = [each["expiresAt"] for each in credentials]
    return max(filter(None, map(moment, ends))) if all(ends) and ends else None


def moment(text: str | None) -> datetime | None:
    """Read a moment."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def written(at: datetime | None) -> str | None:
    """Return a moment as the server wants it: in UTC, in whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
