"""Tokens of people, ready to render, and what each is good for at this moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain import tokens as rules
from accounts.domain.people import Role
from accounts.domain.tokens import Scope
from accounts.models import ApiToken, Staff
from accounts.queries import words
from accounts.queries.roles import Cell

_SOON = timedelta(days=14)
SCOPES: dict[Scope, Promise] = {
    Scope.ACCOUNTS_READ: gettext_lazy("Look at mailboxes"),
    Scope.ACCOUNTS_WRITE: gettext_lazy("Open and change mailboxes"),
    Scope.ACCOUNTS_PURGE: gettext_lazy("Purge mailboxes"),
    Scope.CAMPAIGNS_READ: gettext_lazy("Look at campaigns"),
    Scope.CAMPAIGNS_WRITE: gettext_lazy("Make and change campaigns"),
    Scope.IMPORTS_WRITE: gettext_lazy("Bring in spreadsheets"),
    Scope.DOMAINS_READ: gettext_lazy("Look at mail domains"),
    Scope.DOMAINS_WRITE: gettext_lazy("Change mail domains"),
    Scope.QUEUE_READ: gettext_lazy("Look at waiting mail"),
    Scope.QUEUE_WRITE: gettext_lazy("Try waiting mail again, or cancel it"),
    Scope.AUDIT_READ: gettext_lazy("Read the log"),
}


@dataclass(frozen=True, slots=True)
class ScopeRow:
    code: str
    name: str
    is_lost: bool
    """It was given, and the owner may no longer do it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    id: int
    label: str
    prefix: str
    scopes: list[ScopeRow]
    ends: str
    """When it ends, in words; empty where it is over."""
    ends_soon: bool
    used: str
    """When and from where it was last used, in words."""
    trouble: str
    """Why it opens nothing, in words; empty where it does."""
    can_be_revoked: bool


@dataclass(frozen=True, slots=True)
class Tokens:
    open: list[TokenRow]
    over: list[TokenRow]
    """Revoked or expired: still here, so that a name in a log can be looked up."""


def listed(username: str = "") -> QuerySet[ApiToken]:
    """Return all tokens, or those of one person, the newest first."""
    found = ApiToken.objects.select_related("staff__identity").order_by("-created_at", "-pk")
    return found.filter(staff__username=username.strip().lower()) if username else found


def of_person(staff: Staff, now: datetime) -> Tokens:
    rows = [(token.revoked_at or token.expires_at <= now, _row(token, now)) for token in listed(staff.username)]
    return Tokens([row for is_over, row in rows if not is_over], [row for is_over, row in rows if is_over])


def find(pk: int, staff: Staff) -> ApiToken | None:
    return ApiToken.objects.filter(pk=pk, staff=staff, revoked_at=None).first()


def scopes_now(token: ApiToken, now: datetime) -> frozenset[Scope]:
    """Return what a token is good for at this moment: what it was given, as far as its owner may that still."""
    if token.revoked_at or token.expires_at <= now or is_asleep(token.staff, now):
        return frozenset()
    given = (scope for scope in Scope if scope in token.scopes)
    return frozenset(scope for scope in given if token.staff.may(rules.NEEDS[scope]))


def is_asleep(staff: Staff, now: datetime) -> bool:
    """Say whether the company sign-in has not vouched for somebody for too long."""
    identity = getattr(staff, "identity", None)
    return bool(settings.OIDC_ENABLED and identity and now - identity.signed_in_at > rules.VOUCHED_WITHIN)


def choices(staff: Staff) -> list[tuple[str, str]]:
    """Return what a token of a person can be good for."""
    return [(scope.value, str(name)) for scope, name in SCOPES.items() if staff.may(rules.NEEDS[scope])]


def lengths() -> list[tuple[str, str]]:
    return [(str(days), words.days_words(days)) for days in (7, 30, rules.USUAL_DAYS, 180, rules.MOST_DAYS)]


@dataclass(frozen=True, slots=True)
class HolderRow:
    code: str
    name: str
    allowed: list[Cell]
    """For each role, whether a token of such a person can hold it."""


def table() -> list[HolderRow]:
    """Return which tokens can hold what, as `accounts.domain.tokens` decides it."""
    return [
        HolderRow(
            scope.value,
            str(SCOPES[scope]),
            [Cell(str(words.ROLES[role]), rules.may_hold(role, scope)) for role in Role],
        )
        for scope in Scope
    ]


def scope_rows(given: Iterable[str], good_for: Iterable[Scope]) -> list[ScopeRow]:
    now, held = set(good_for), set(given)
    return [ScopeRow(scope.value, str(SCOPES[scope]), scope not in now) for scope in Scope if scope in held]


def _row(token: ApiToken, now: datetime) -> TokenRow:
    good_for = scopes_now(token, now)
    is_over = token.revoked_at is not None or token.expires_at <= now
    return TokenRow(
        id=token.pk,
        label=token.label,
        prefix=token.prefix,
        # Where it opens nothing at all, that is said once and not beside each.
        scopes=scope_rows(token.scopes, good_for or Scope),
        ends="" if is_over else _ends(token.expires_at, now),
        ends_soon=not is_over and token.expires_at - now < _SOON,
        used=_used(token, now),
        trouble="" if good_for else _trouble(token, now),
        can_be_revoked=not is_over,
    )


def _ends(at: datetime, now: datetime) -> str:
    day, today = words.local_day(at), words.local_day(now)
    return _("Ends %(day)s, %(distance)s") % {
        "day": words.day_words(day, today),
        "distance": words.distance(day, today),
    }


def _used(token: ApiToken, now: datetime) -> str:
    if token.last_used_at is None:
        return _("never used")
    values = {"used": words.ago(token.last_used_at, now), "address": token.last_used_from}
    return (_("last used %(used)s from %(address)s") if token.last_used_from else _("last used %(used)s")) % values


def _trouble(token: ApiToken, now: datetime) -> str:
    if token.revoked_at:
        return _("Revoked %(when)s") % {"when": words.ago(token.revoked_at, now)}
    if token.expires_at <= now:
        return _("Expired %(when)s") % {"when": words.ago(token.expires_at, now)}
    if not token.staff.is_active or token.staff.no_role_since:
        return _("Dead while its owner cannot sign in")
    if is_asleep(token.staff, now):
        return _("Asleep until its owner signs in again")
    return _("Dead, as its owner may do none of it any more")
