"""Who may sign in to the panel, how, and where they are signed in, ready to render."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.domain.people import LIMITABLE
from accounts.domain.sessions import ABSOLUTE, IDLE
from accounts.models import Authenticator, RecoveryCode, Staff, StaffSession
from accounts.queries import words
from accounts.queries.reach import Limits, limits_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    id: int
    username: str
    name: str
    email: str
    role: str
    role_from: str
    """Who gives the role, in words."""
    limits: Limits
    """Mail domains and campaigns that they look after; empty where they are not limited."""
    can_be_limited: bool
    comes_by_company: bool
    """The company's sign-in vouches for this person, and gives the role at every sign-in."""
    factor: str
    lacks_factor: bool
    """A password alone lets them in."""
    last_sign_in: datetime | None
    sessions: int
    is_active: bool
    standing: str
    """Why they cannot sign in, in words; empty where they can."""
    is_local: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    id: int
    device: str
    address: str
    since: datetime
    seen: str
    is_here: bool
    """The browser that looks at this page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    row: PersonRow
    sessions: list[SessionRow]
    has_factor: bool
    codes_left: int
    created_at: datetime
    offers_key: bool
    """There is a company sign-in, beside which an emergency key means something."""


def people(now: datetime) -> list[PersonRow]:
    """Return everybody, those who can sign in first; at most five queries whatever their number."""
    found = _people(now)
    return sorted(_rows(found), key=lambda row: (bool(row.standing), row.name.casefold()))


def find(pk: int) -> Staff | None:
    return Staff.objects.filter(pk=pk).first()


def person(staff: Staff, now: datetime, *, session_key: str = "") -> Person:
    row = _rows(_people(now).filter(pk=staff.pk))[0]
    return Person(
        row=row,
        sessions=[_session(session, session_key, now) for session in _open(staff, now)],
        has_factor=Authenticator.objects.filter(user=staff, confirmed=True).exists(),
        codes_left=RecoveryCode.objects.filter(sheet__user=staff, used_at=None).count(),
        created_at=staff.created_at,
        offers_key=settings.OIDC_ENABLED,
    )


def session_of(staff: Staff, session_id: int) -> StaffSession | None:
    return StaffSession.objects.filter(staff=staff, pk=session_id).first()


def _open(staff: Staff, now: datetime) -> QuerySet[StaffSession]:
    return staff.sessions.filter(since__gt=now - ABSOLUTE, seen_at__gt=now - IDLE).order_by("-seen_at")


def _people(now: datetime) -> QuerySet[Staff]:
    alive = Q(sessions__since__gt=now - ABSOLUTE, sessions__seen_at__gt=now - IDLE)
    return Staff.objects.select_related("identity").annotate(number=Count("sessions", filter=alive))


def _rows(found: Iterable[Staff]) -> list[PersonRow]:
    everybody = list(found)
    with_factor = set(Authenticator.objects.filter(user__in=everybody, confirmed=True).values_list("user", flat=True))
    limits = limits_of(everybody)
    return [_row(staff, limits[staff.pk], has_factor=staff.pk in with_factor) for staff in everybody]


def _row(staff: Staff, limits: Limits, *, has_factor: bool) -> PersonRow:
    by_company = hasattr(staff, "identity") and settings.OIDC_ENABLED
    by_password = staff.has_usable_password() and (staff.is_local or not settings.OIDC_ENABLED)
    return PersonRow(
        id=staff.pk,
        username=staff.username,
        name=staff.shown_name,
        email=staff.email,
        role=str(words.ROLES.get(staff.role, staff.role)),
        role_from=_("by the company sign-in") if by_company else _("given here"),
        limits=limits,
        can_be_limited=staff.role == LIMITABLE,
        comes_by_company=by_company,
        factor=_factor(has_factor=has_factor, by_password=by_password),
        lacks_factor=by_password and not has_factor,
        last_sign_in=staff.last_login,
        sessions=staff.number,  # type: ignore[attr-defined] # annotated
        is_active=staff.is_active,
        standing=_standing(staff, by_company=by_company, by_password=by_password),
        is_local=staff.is_local,
    )


def _factor(*, has_factor: bool, by_password: bool) -> str:
    if has_factor:
        return _("set up here")
    if not by_password:
        return _("asked for by the company sign-in")
    return _("set up at the next sign-in") if settings.REQUIRE_OTP else _("none")


def _standing(staff: Staff, *, by_company: bool, by_password: bool) -> str:
    if not staff.is_active:
        return _("shut out here")
    if staff.no_role_since:
        return _("the company sign-in gives no role any more")
    return "" if by_company or by_password else _("has no way to sign in")


def _session(session: StaffSession, key: str, now: datetime) -> SessionRow:
    return SessionRow(
        id=session.pk,
        device=session.device or _("a device that does not tell what it is"),
        address=session.address,
        since=session.since,
        seen=words.ago(session.seen_at, now),
        is_here=session.key == key,
    )
