"""A mailbox in the words of 0.15: what a principal says, and what makes or changes one. No requests here.

A GET returns every secret as it is stored. They are looked at here, to tell which doors there are, and go
no further.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, TypeAlias

from stalwart_client._errors import Unsupported
from stalwart_client._http import fitting
from stalwart_client._types import AppPassword, Create, Denial, Mailbox, Unset, Update

Principal: TypeAlias = Mapping[str, Any]
Step: TypeAlias = dict[str, Any]
"""One element of a PATCH; its list is carried out in order, all or nothing."""

FIELDS = "name,description,emails,quota,usedQuota,secrets,disabledPermissions"
PERMISSIONS = {
    Denial.SIGN_IN: "authenticate",
    Denial.RECEIVE: "email-receive",
    Denial.CREDENTIALS: "manage-passwords",
}
"""There is no DIRECTORY: holders cannot list each other here, so that promise keeps itself."""

_APP_PASSWORD = "$app$"
_ONE_TIME_CODE = "otpauth://"


def mailbox(principal: Principal) -> Mailbox:
    """Read a mailbox; one whose login name is no address goes by its first e-mail address."""
    with fitting("a mailbox"):
        name, emails = str(principal["name"]), _texts(principal, "emails")
        secrets = _texts(principal, "secrets")
        disabled = _texts(principal, "disabledPermissions")
        address = name if "@" in name else (emails or [name])[0]
        return Mailbox(
            address=address,
            name=str(principal.get("description", "")),
            aliases=tuple(sorted(set(emails) - {address})),
            quota=int(principal.get("quota", 0)),
            used=int(principal.get("usedQuota", 0)),
            denials=frozenset(denial for denial, permission in PERMISSIONS.items() if permission in disabled),
            has_password=any(not text.startswith((_APP_PASSWORD, _ONE_TIME_CODE)) for text in secrets),
            app_passwords=tuple(_app_password(text) for text in secrets if text.startswith(_APP_PASSWORD)),
        )


def holds_secret(principal: Principal, secret: str | None) -> bool:
    """Tell whether the password is this one (None: whether there is no secret at all)."""
    with fitting("a mailbox"):
        secrets = _texts(principal, "secrets")
        return secret in secrets if secret else not secrets


def creation(change: Create) -> dict[str, Any]:
    """Return the body that makes a mailbox: complete at once, so that it is never open for a moment."""
    wanted = change.wanted
    if wanted.deadline is not None:
        raise _no_deadlines()
    address = wanted.address.lower()
    body = {
        "type": "individual",
        "name": address,
        "description": wanted.name,
        "emails": [address, *sorted(_lower(wanted.aliases))],
        # Without this role nobody can sign in, and mail bounces.
        "roles": ["user"],
        "quota": wanted.quota,
        "secrets": [change.secret] if change.secret else [],
        "disabledPermissions": _permissions(wanted.denials),
    }
    return {field: value for field, value in body.items() if value}


def patch(change: Update, mailbox: Mailbox) -> list[Step]:
    """Return the steps of an update; `mailbox` says which aliases there are now."""
    if not isinstance(change.deadline, Unset) and change.deadline is not None:
        raise _no_deadlines()
    return [
        *_values(change),
        *_aliases(change, mailbox),
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
    return steps


def _aliases(change: Update, mailbox: Mailbox) -> list[Step]:
    if isinstance(change.aliases, Unset):
        return []
    wanted, present = _lower(change.aliases) - {mailbox.address}, set(mailbox.aliases)
    return [
        *(_step("removeItem", "emails", alias) for alias in sorted(present - wanted)),
        *(_step("addItem", "emails", alias) for alias in sorted(wanted - present)),
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


def _permissions(denials: frozenset[Denial]) -> list[str]:
    return sorted(PERMISSIONS[denial] for denial in denials if denial in PERMISSIONS)


def _lower(aliases: tuple[str, ...]) -> set[str]:
    return {alias.lower() for alias in aliases}


def _texts(principal: Principal, field: str) -> list[str]:
    """Return a list of texts, which is absent where it would be empty."""
    texts = principal.get(field, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise TypeError(field)
    return texts


def _app_password(secret: str) -> AppPassword:
    """Keep the label of `$app$LABEL$SECRET`; the server's own web panel writes it in base64."""
    label = secret.removeprefix(_APP_PASSWORD).partition("$")[0]
    try:
        name = base64.b64decode(label, validate=True).decode()
    except ValueError:
        name = label
    return AppPassword(name=name if name.isprintable() and name else label, id=label)


def _no_deadlines() -> Unsupported:
    return Unsupported("This mail server cannot end access at a moment by itself.", subject="deadline")
