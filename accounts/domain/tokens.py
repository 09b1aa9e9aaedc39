"""Tokens by which programs act for a person: what one can hold, how it is written, and how long it lasts."""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Final

from accounts.domain.errors import RuleBroken
from accounts.domain.people import MAY, Deed, Role


class Scope(StrEnum):
    """Everything that a token can be good for."""

    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"
    ACCOUNTS_PURGE = "accounts:purge"
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    IMPORTS_WRITE = "imports:write"
    DOMAINS_READ = "domains:read"
    DOMAINS_WRITE = "domains:write"
    QUEUE_READ = "queue:read"
    QUEUE_WRITE = "queue:write"
    AUDIT_READ = "audit:read"


NEEDS: dict[Scope, Deed] = {
    Scope.ACCOUNTS_READ: Deed.READ,
    Scope.ACCOUNTS_WRITE: Deed.CHANGE_ACCOUNTS,
    Scope.ACCOUNTS_PURGE: Deed.PURGE,
    Scope.CAMPAIGNS_READ: Deed.READ,
    Scope.CAMPAIGNS_WRITE: Deed.CHANGE_ACCOUNTS,
    Scope.IMPORTS_WRITE: Deed.CHANGE_ACCOUNTS,
    Scope.DOMAINS_READ: Deed.READ,
    Scope.DOMAINS_WRITE: Deed.CHANGE_DOMAINS,
    Scope.QUEUE_READ: Deed.READ_WHOLE,
    Scope.QUEUE_WRITE: Deed.CHANGE_QUEUE,
    Scope.AUDIT_READ: Deed.READ,
}
"""What its owner must be allowed, now and at every use."""

LONGEST_LABEL: Final = 80
USUAL_DAYS: Final = 90
MOST_DAYS: Final = 365
MOST_AT_ONCE: Final = 50
"""Tokens that one person may have open."""
VOUCHED_WITHIN = timedelta(days=90)
"""The company sign-in says who still works here, but only when somebody signs in. A token of somebody whom it has not
vouched for in so long sleeps until they sign in again."""
USE_NOTED = timedelta(minutes=1)
"""How often a use is written down."""
REFUSAL_NOTED = timedelta(hours=1)
"""How often the log says that a dead token is still in use."""

_ALPHABET = string.ascii_letters + string.digits
_KIND = "mpt"
"""A beginning of its own lets programs that look for leaked secrets find these."""
_NAME, _SECRET = 8, 43
"""43 characters of 62 are 256 bits: nobody guesses that, so a plain hash of it is enough."""
_WRITTEN = re.compile(rf"({_KIND}_[a-z0-9]{{{_NAME}}})_[A-Za-z0-9]{{{_SECRET}}}", re.ASCII)
_PREFIX = re.compile(rf"{_KIND}_[a-z0-9]{{{_NAME}}}", re.ASCII)


def generate() -> str:
    """Return a new token as it is shown once."""
    name = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(_NAME))
    return f"{_KIND}_{name}_{''.join(secrets.choice(_ALPHABET) for _ in range(_SECRET))}"


def prefix_of(token: str) -> str:
    """Return the part that tells tokens apart and opens nothing; "" where this is no token."""
    written = _WRITTEN.fullmatch(token)
    return written[1] if written else ""


def named(text: str) -> str:
    """Return the prefix that somebody typed, also where they pasted the whole token; "" where it is neither."""
    return text if _PREFIX.fullmatch(text) else prefix_of(text)


def digest(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def may_hold(role: Role, scope: Scope) -> bool:
    return NEEDS[scope] in MAY[role]


def read_scopes(texts: Iterable[str]) -> list[Scope]:
    """Return what was asked for, each once, in the order of the list.

    :raises RuleBroken: if nothing is, or something that there is not
    """
    wanted = {text.strip() for text in texts if text.strip()}
    if not wanted:
        raise RuleBroken("scopes_missing", field="scopes", scopes=", ".join(Scope))
    if unknown := sorted(wanted - set(Scope)):
        raise RuleBroken("scope_unknown", field="scopes", scope=unknown[0][:40], scopes=", ".join(Scope))
    return [scope for scope in Scope if scope in wanted]


def check_days(days: int) -> timedelta:
    """:raises RuleBroken: if a token would last no day, or longer than a year"""
    if not 1 <= days <= MOST_DAYS:
        raise RuleBroken("token_days", field="days", most=MOST_DAYS)
    return timedelta(days=days)


def check_label(text: str) -> str:
    """Return the name of a token, tidied.

    :raises RuleBroken: if there is none, or one that cannot be shown
    """
    label = " ".join(text.split())
    if not label:
        raise RuleBroken("required", field="label")
    if len(label) > LONGEST_LABEL:
        raise RuleBroken("too_long", field="label", longest=LONGEST_LABEL)
    if not label.isprintable():
        raise RuleBroken("not_printable", field="label")
    return label
