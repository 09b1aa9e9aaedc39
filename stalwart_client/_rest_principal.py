"""A mailbox in the words of 0.15 (rest.md 2.3 to 2.6): what a principal says, and what makes or changes one.

No requests here. A GET returns every secret as it is stored. They are looked at here, to tell which doors there are,
and go no further.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from secrets import choice, token_bytes
from typing import Any, TypeAlias

from stalwart_client._answers import fitting
from stalwart_client._errors import Unsupported
from stalwart_client._types import DEFAULT_LOCALE, AppPassword, Create, Denial, Mailbox, Unset, Update

Principal: TypeAlias = Mapping[str, Any]
Step: TypeAlias = dict[str, Any]
"""One element of a PATCH; its list is carried out in order, all or nothing."""

FIELDS = "name,description,emails,quota,usedQuota,secrets,disabledPermissions,memberOf,lists,locale"
PERMISSIONS = {
    Denial.SIGN_IN: "authenticate",
    Denial.RECEIVE: "email-receive",
    Denial.CREDENTIALS: "manage-passwords",
}
"""There is no DIRECTORY: holders cannot list each other here, so that promise keeps itself."""

_APP_PASSWORD = "$app$"
_NO_PASSWORD = (_APP_PASSWORD, "otpauth://")
"""How secrets begin that are none."""
_NOTHING: tuple[str, ...] = ()
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""Thirty-two, without those that look alike."""


def mailbox(principal: Principal) -> Mailbox:
    """Read a mailbox; one whose login name is no address goes by its first e-mail address."""
    with fitting("a mailbox"):
        return _mailbox(principal)


def mailboxes(principals: Iterable[Principal]) -> list[Mailbox]:
    """Read the mailboxes of a page."""
    with fitting("a list of mailboxes"):
        return [_mailbox(each) for each in principals]


def _mailbox(principal: Principal) -> Mailbox:
    """Read a mailbox; a listing reads a hundred thousand, so what most do not have costs next to nothing."""
    get = principal.get
    name = str(principal["name"])
    address, aliases, catch_all = name, _NOTHING, _NOTHING
    if get("emails") != [name]:
        address, aliases, catch_all = _addresses(name, _texts(get("emails")))
    has_password, doors = _doors(_texts(get("secrets")))
    denied, denials = _denials(*_texts(get("disabledPermissions")))
    return Mailbox(
        address=address,
        name=str(get("description", "")),
        aliases=aliases,
        quota=int(get("quota", 0)),
        used=int(get("usedQuota", 0)),
        denials=denials,
        has_password=has_password,
        app_passwords=doors,
        groups=tuple(sorted(_texts(get("memberOf")))) if "memberOf" in principal else _NOTHING,
        lists=tuple(sorted(_texts(get("lists")))) if "lists" in principal else _NOTHING,
        catch_all=catch_all,
        locale=str(get("locale") or DEFAULT_LOCALE),
        denied=denied,
    )


def _addresses(name: str, emails: list[str]) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return the address, the aliases and the domains of a catch-all."""
    plain = [each for each in emails if not each.startswith("@")]
    address = name if "@" in name else (plain or [name])[0]
    catch_all = sorted(each.removeprefix("@") for each in emails if each.startswith("@"))
    return address, tuple(sorted(set(plain) - {address})), tuple(catch_all)


def _doors(secrets: list[str]) -> tuple[bool, tuple[AppPassword, ...]]:
    """Tell whether there is a password, and which app passwords there are."""
    if len(secrets) == 1 and not secrets[0].startswith(_NO_PASSWORD):
        return True, ()
    has_password = not all(text.startswith(_NO_PASSWORD) for text in secrets)
    return has_password, tuple(each for each, _ in _app_passwords(secrets))


def holds_secret(principal: Principal, secret: str | None) -> bool:
    """Tell whether the password is this one (None: whether there is no secret at all)."""
    with fitting("a mailbox"):
        secrets = _texts(principal.get("secrets"))
        return secret in secrets if secret else not secrets


def app_passwords(principal: Principal) -> list[tuple[AppPassword, str]]:
    """Return the app passwords, each with the whole text that the server keeps for it: only that is exact.

    The server has no ids. A label that only one has is one; two of a kind are told apart by a piece of a digest.
    """
    with fitting("a mailbox"):
        return _app_passwords(_texts(principal.get("secrets")))


def _app_passwords(secrets: list[str]) -> list[tuple[AppPassword, str]]:
    stored = [text for text in secrets if text.startswith(_APP_PASSWORD)]
    labels = [text.removeprefix(_APP_PASSWORD).partition("$")[0] for text in stored]
    return [
        (AppPassword(name=_readable(label), id=label if labels.count(label) == 1 else _told_apart(label, text)), text)
        for label, text in zip(labels, stored, strict=True)
    ]


def app_password_at(principal: Principal, wanted: AppPassword) -> str | None:
    """Return the stored text of an app password, None if it is not there."""
    present = app_passwords(principal)
    for each, text in present:
        if wanted.id in {each.id, _told_apart(each.id, text)}:
            return text
    return None


def new_app_password(name: str) -> tuple[AppPassword, str, str]:
    """Make an app password: how it is shown, the secret for the holder, and the text for the server.

    The label goes in base64, as the server's own web panel writes it, since it may hold no dollar sign. A
    hundred random bits need no slow hash, and the server checks it with every single sign-in (rest.md 1.1).
    """
    label = base64.b64encode(name.encode()).decode("ascii")
    secret = "-".join("".join(choice(_LETTERS) for _ in range(5)) for _ in range(4))
    salt = token_bytes(16)
    digest = base64.b64encode(hashlib.sha512(secret.encode() + salt).digest() + salt).decode("ascii")
    return AppPassword(name=name, id=label), secret, f"{_APP_PASSWORD}{label}${{SSHA512}}{digest}"


def creation(change: Create) -> dict[str, Any]:
    """Return the body that makes a mailbox: complete at once, so that it is never open for a moment."""
    wanted = change.wanted
    if wanted.deadline is not None:
        raise no_deadlines()
    address = wanted.address.lower()
    body = {
        "type": "individual",
        "name": address,
        "description": wanted.name,
        "emails": [address, *sorted(_lower(wanted.aliases)), *sorted(_catch_alls(wanted.catch_all))],
        # Without this role nobody can sign in, and mail bounces.
        "roles": ["user"],
        "quota": wanted.quota,
        "secrets": [change.secret] if change.secret else [],
        "disabledPermissions": _permissions(wanted.denials),
        "memberOf": sorted(_lower(_known(wanted.groups))),
        "lists": sorted(_lower(_known(wanted.lists))),
        "locale": None if isinstance(wanted.locale, Unset) else wanted.locale,
    }
    return {field: value for field, value in body.items() if value}


def needs_present(change: Update) -> bool:
    """Tell whether an update can only be made from what there is now."""
    return not all(isinstance(each, Unset) for each in (change.aliases, change.groups, change.lists, change.catch_all))


def patch(change: Update, mailbox: Mailbox) -> list[Step]:
    """Return the steps of an update; `mailbox` says what there is now of all that is a list.

    To `set` one of groups, lists and roles wipes the other two (rest.md 2.6), so items are added and removed.
    """
    if not isinstance(change.deadline, Unset) and change.deadline is not None:
        raise no_deadlines()
    return [
        *_values(change),
        *_aliases(change, mailbox),
        *_items("emails", _catch_alls(mailbox.catch_all), change.catch_all, _catch_alls),
        *_items("memberOf", set(mailbox.groups), change.groups, _lower),
        *_items("lists", set(mailbox.lists), change.lists, _lower),
        *(_step("addItem", "disabledPermissions", name) for name in _permissions(change.deny)),
        *(_step("removeItem", "disabledPermissions", name) for name in _permissions(change.allow)),
        *_secrets(change),
    ]


def _values(change: Update) -> list[Step]:
    steps = []
    if not isinstance(change.name, Unset):
        steps.append(_step("set", "description", change.name))
    if not isinstance(change.quota, Unset):
        steps.append(_step("set", "quota", change.quota))
    if not isinstance(change.locale, Unset):
        steps.append(_step("set", "locale", change.locale))
    return steps


def _aliases(change: Update, mailbox: Mailbox) -> list[Step]:
    return _items("emails", set(mailbox.aliases), change.aliases, lambda wanted: _lower(wanted) - {mailbox.address})


def _items(
    field: str, present: set[str], change: tuple[str, ...] | Unset, read: Callable[[tuple[str, ...]], set[str]]
) -> list[Step]:
    if isinstance(change, Unset):
        return []
    wanted = read(change)
    return [
        *(_step("removeItem", field, item) for item in sorted(present - wanted)),
        *(_step("addItem", field, item) for item in sorted(wanted - present)),
    ]


def _secrets(change: Update) -> list[Step]:
    if change.secret is not None and change.end_app_passwords:
        return [_step("set", "secrets", [change.secret])]
    if change.secret is not None:
        # Adding a password replaces the password alone.
        return [_step("addItem", "secrets", change.secret)]
    if change.end_app_passwords:
        # Removing goes by the beginning of an app password, and this is how all of them begin.
        return [_step("removeItem", "secrets", _APP_PASSWORD)]
    return []


def _step(action: str, field: str, value: object) -> Step:
    return {"action": action, "field": field, "value": value}


@lru_cache
def _denials(*disabled: str) -> tuple[frozenset[str], frozenset[Denial]]:
    """Return denied permissions as a set, and what they are to us; most mailboxes of a listing have one of a few."""
    denied = frozenset(disabled)
    return denied, frozenset(denial for denial, permission in PERMISSIONS.items() if permission in denied)


def _permissions(denials: frozenset[Denial]) -> list[str]:
    return sorted(PERMISSIONS[denial] for denial in denials if denial in PERMISSIONS)


def _lower(addresses: Iterable[str]) -> set[str]:
    return {address.lower() for address in addresses}


def _known(items: tuple[str, ...] | Unset) -> tuple[str, ...]:
    return () if isinstance(items, Unset) else items


def _catch_alls(domains: tuple[str, ...] | Unset) -> set[str]:
    """Return domains as the e-mail addresses that make a catch-all."""
    return {f"@{domain.lower()}" for domain in _known(domains)}


def _texts(texts: object) -> list[str]:
    """Return a list of texts, which is absent where it would be empty."""
    if texts is None:
        return []
    if not isinstance(texts, list):
        raise TypeError("texts")
    # The quickest way to find an item that is no text: it raises a TypeError.
    "".join(texts)
    return texts


def _readable(label: str) -> str:
    """Return the label of `$app$LABEL$SECRET`; the server's own web panel writes it in base64."""
    try:
        name = base64.b64decode(label, validate=True).decode()
    except ValueError:
        name = label
    return name if name.isprintable() and name else label


def _told_apart(label: str, text: str) -> str:
    return f"{label}${hashlib.sha256(text.encode()).hexdigest()[:8]}"


def no_deadlines() -> Unsupported:
    """Return the refusal of a deadline."""
    return Unsupported("This mail server cannot end access at a moment by itself.", subject="deadline")
