"""Tokens by which programs act for a person: made, revoked, and known again when one is presented."""

from __future__ import annotations

import hmac
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import DatabaseError, transaction
from django.db.models import Q

from accounts import audit
from accounts.domain import tokens as rules
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.domain.tokens import Scope
from accounts.models import ApiToken, Staff
from accounts.queries.tokens import scopes_now

_NOBODYS: Final = rules.digest("")
"""Compared with where no token has the prefix, so that the answer takes as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A program that showed a good token: for whom it acts, and what it may at this moment."""

    staff: Staff
    prefix: str
    label: str
    scopes: frozenset[Scope]

    def actor(self, *, address: str, request_id: str) -> Actor:
        """Return who the log names: the person, and by which token."""
        name = f"{self.staff.username} ({self.prefix})"
        return Actor(name=name, address=address, request_id=request_id, reach=self.staff.reach)


@transaction.atomic
def create_token(
    username: str, *, label: str, scopes: list[str], days: int, by: Actor, now: datetime
) -> tuple[ApiToken, str]:
    """Make a token for a person, and return it with what is shown this once.

    :raises RuleBroken: if there is no such person, the name, scopes or days are none, or the person may not do all that
    """
    staff = _owner(username)
    label, wanted = rules.check_label(label), rules.read_scopes(scopes)
    length = rules.check_days(days)
    _check_allowed(staff, wanted)
    if (number := staff.tokens.open(now).count()) >= rules.MOST_AT_ONCE:
        raise RuleBroken("too_many_tokens", field="user", name=staff.username, number=number)
    shown = rules.generate()
    token = ApiToken.objects.create(
        staff=staff,
        label=label,
        prefix=rules.prefix_of(shown),
        digest=rules.digest(shown),
        scopes=[str(scope) for scope in wanted],
        created_at=now,
        expires_at=now + length,
    )
    after = {"scopes": token.scopes, "expires_at": token.expires_at}
    _record(audit.Action.TOKEN_CREATED, token, by=by, now=now, after=after)
    return token, shown


@transaction.atomic
def revoke_token(text: str, *, by: Actor, now: datetime, owner: Staff | None = None) -> ApiToken:
    """End a token for good.

    :param text: its prefix, or the whole token where somebody found one
    :param owner: whose it must be

    :raises RuleBroken: if there is no such token, or it is revoked already
    """
    found = ApiToken.objects.select_for_update().filter(prefix=rules.named(text.strip()))
    token = (found.filter(staff=owner) if owner else found).first()
    if token is None:
        raise RuleBroken("no_such_token", field="prefix")
    if token.revoked_at:
        raise RuleBroken("token_revoked", field="prefix")
    token.revoked_at = now
    token.save(update_fields=["revoked_at"])
    _record(audit.Action.TOKEN_REVOKED, token, by=by, now=now)
    return token


def caller_by(presented: str, *, address: str, request_id: str, now: datetime) -> Caller | None:
    """Return who calls with a token, None where it is none or opens nothing; what its owner may counts as it is now."""
    found = ApiToken.objects.select_related("staff__identity").filter(prefix=rules.prefix_of(presented)).first()
    is_right = hmac.compare_digest(rules.digest(presented), found.digest if found else _NOBODYS)
    if found is None or not is_right:
        return None
    caller = Caller(staff=found.staff, prefix=found.prefix, label=found.label, scopes=scopes_now(found, now))
    if not caller.scopes:
        _note_refusal(found, by=caller.actor(address=address, request_id=request_id), now=now)
        return None
    # A full disk must not keep out whoever looks what is wrong.
    with suppress(DatabaseError):
        _note_use(found, address=address, now=now)
    return caller


def _owner(username: str) -> Staff:
    staff = Staff.objects.select_for_update().filter(username=username.strip().lower()).first()
    if staff is None:
        raise RuleBroken("no_such_staff", field="user", name=username[:80])
    if not staff.is_active or staff.no_role_since:
        raise RuleBroken("staff_shut_out", field="user", name=staff.username)
    return staff


def _check_allowed(staff: Staff, wanted: list[Scope]) -> None:
    """:raises RuleBroken: if the token could do what its owner may not"""
    allowed = [scope for scope in Scope if staff.may(rules.NEEDS[scope])]
    if beyond := [scope for scope in wanted if scope not in allowed]:
        listed = ", ".join(allowed)
        raise RuleBroken("scope_not_allowed", field="scopes", name=staff.username, scope=beyond[0], scopes=listed)


def _note_use(token: ApiToken, *, address: str, now: datetime) -> None:
    """Write down that it was used, once a minute: every call would be a write otherwise."""
    before = now - rules.USE_NOTED
    if token.last_used_at is None or token.last_used_at <= before:
        due = ApiToken.objects.filter(Q(last_used_at=None) | Q(last_used_at__lte=before), pk=token.pk)
        due.update(last_used_at=now, last_used_from=address[:64])


@transaction.atomic
def _note_refusal(token: ApiToken, *, by: Actor, now: datetime) -> None:
    """Tell the log that a dead token is still in use, somewhere; not at every knock."""
    due = ApiToken.objects.filter(Q(refused_at=None) | Q(refused_at__lte=now - rules.REFUSAL_NOTED), pk=token.pk)
    if due.update(refused_at=now):
        _record(audit.Action.TOKEN_REFUSED, token, by=by, now=now)


def _record(
    action: audit.Action, token: ApiToken, *, by: Actor, now: datetime, after: dict[str, object] | None = None
) -> None:
    told = {"label": token.label, "prefix": token.prefix, **(after or {})}
    audit.record(action, by=by, at=now, subject=token.staff.username, after=told)
