"""Signing in by the company's provider: what it says of a person, the role that gives, and why somebody is refused."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from accounts.domain.people import Role

RANK = {Role.AUDITOR: 1, Role.OPERATOR: 2, Role.ADMIN: 3}
_LONGEST_NAME = 150
_NOT_IN_NAMES = re.compile(r"[^\w.@+-]")
"""No blank and no colon: a name from outside can never read like a part of the program in the log."""


class Refusal(StrEnum):
    """Why somebody was not let in: the log keeps it, and each has a page of its own words."""

    PROVIDER_AWAY = "provider_away"
    PROVIDER_WRONG = "provider_wrong"
    """It answers, and not what a provider must: another issuer, no keys, no token."""
    TOKEN_WRONG = "token_wrong"
    """What it signed is not for us, not from it, not now, or not of this sign-in."""
    NOT_BEGUN_HERE = "not_begun_here"
    """No sign-in of this browser waits for this answer: an old tab, a second use, or somebody's link."""
    PROVIDER_SAID_NO = "provider_said_no"
    NO_ROLE = "no_role"
    LEFT = "left"
    SOMEBODY_ELSE = "somebody_else"
    """Asked to confirm, another person signed in."""
    NOT_CONFIRMED = "not_confirmed"
    """Asked to sign in anew, the provider let an old sign-in count."""
    WRONG_PASSWORD = "wrong_password"
    WRONG_CODE = "wrong_code"
    TOO_MANY_TRIES = "too_many_tries"


class SignInRefused(Exception):
    """Nobody is let in; `detail` says more to an administrator, and never holds a secret."""

    def __init__(self, why: Refusal, detail: str = "") -> None:
        super().__init__(why, detail)
        self.why = why
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What the provider proved and said of a person. Only issuer and subject tell who it is."""

    issuer: str
    subject: str
    name: str = ""
    email: str = ""
    username: str = ""
    groups: frozenset[str] = frozenset()
    session: str = ""
    """The provider's own session (`sid`), to be ended with it."""
    signed_in_at: datetime | None = None
    """When the person last proved to the provider who they are (`auth_time`)."""


def role_for(groups: Iterable[str], mapping: Mapping[str, str]) -> Role | None:
    """Return the highest role that the groups give, None if none of them is mapped; exact in capitals too."""
    roles = [Role(mapping[group]) for group in groups if group in mapping]
    return max(roles, key=lambda role: RANK[role], default=None)


def names_for(claims: Claims) -> list[str]:
    """Return the sign-in names a new person could have, best first; the last is nobody else's."""
    wanted = [_plain(claims.username), _plain(claims.email)]
    own = f"{wanted[0] or 'sso'}+{hashlib.sha256(f'{claims.issuer} {claims.subject}'.encode()).hexdigest()[:16]}"
    return [name for name in (*wanted, own) if name]


def _plain(text: str) -> str:
    return _NOT_IN_NAMES.sub("", text.strip().lower())[: _LONGEST_NAME - 20]
