"""Signing in: by the company's provider, which also says in which role, or by a password of this panel."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.domain.people import PROVIDER, Actor, Role
from accounts.domain.signing import Claims, Refusal, SignInRefused, names_for, role_for
from accounts.models import OidcIdentity, Staff
from accounts.services.notices import raise_notice
from accounts.services.sessions import end_sessions_of


def enter_by_provider(claims: Claims, *, by: Actor, now: datetime) -> Staff:
    """Let in whom the provider vouches for, with the role that it gives today; a new person is added.

    :raises SignInRefused: if it gives no role, or an administrator shut this person out here
    """
    staff = _vouched_for(claims, by=by, now=now)
    audit.record(audit.Action.SIGNED_IN, by=_as(staff, by), at=now, subject=staff.username, after={"via": "provider"})
    return staff


def check_by_provider(staff: Staff, claims: Claims, *, by: Actor, now: datetime) -> Staff:
    """Take over what the provider says of somebody who is signed in already.

    :raises SignInRefused: if it speaks of somebody else, or as `enter_by_provider` says
    """
    if not OidcIdentity.objects.filter(staff=staff, issuer=claims.issuer, subject=claims.subject).exists():
        raise SignInRefused(Refusal.SOMEBODY_ELSE, f"{staff.username} was signed in.")
    return _vouched_for(claims, by=by, now=now)


def may_use_password(staff: Staff) -> bool:
    """Say whether a password of this panel opens it for a person: once there is a provider, for named people only."""
    is_known = staff.is_active and staff.no_role_since is None
    return is_known and (staff.is_local or not settings.OIDC_ENABLED)


@transaction.atomic
def enter_by_password(staff: Staff, *, by: Actor, now: datetime) -> None:
    """Record that somebody came in by a password; where that is the emergency key, tell the administrators."""
    audit.record(audit.Action.SIGNED_IN, by=by, at=now, subject=staff.username)
    if not settings.OIDC_ENABLED:
        return
    audit.record(audit.Action.EMERGENCY_KEY_USED, by=by, at=now, subject=staff.username)
    raise_notice(
        "emergency_key_used",
        # Every use is told, so each has a key of its own.
        key=f"emergency:{staff.pk}:{now.isoformat()}",
        title=_("%(name)s signed in with the emergency key") % {"name": staff.username},
        text=_(
            "%(name)s signed in to the panel with the emergency key from %(address)s. "
            "If you did not agree on it, end the session under Staff and look at the log."
        )
        % {"name": staff.username, "address": by.address or _("an unknown address")},
        now=now,
        path=f"/audit/?{urlencode({'actor': staff.username})}",
    )


def refused(why: Refusal, *, by: Actor, now: datetime, subject: str = "", detail: str = "") -> None:
    """Write down that somebody was not let in, and why."""
    after = {"refused": why.value} | ({"detail": detail[:300]} if detail else {})
    audit.record(audit.Action.SIGN_IN_REFUSED, by=by, at=now, subject=subject[:150], after=after)


def _vouched_for(claims: Claims, *, by: Actor, now: datetime) -> Staff:
    try:
        staff = _take_over(claims, by=by, now=now)
    except IntegrityError:
        # Two first sign-ins of one person at the same moment: the other one has just added them.
        staff = _take_over(claims, by=by, now=now)
    if not staff.is_active:
        raise SignInRefused(Refusal.LEFT, staff.username)
    if staff.no_role_since is not None:
        raise SignInRefused(Refusal.NO_ROLE, f"{staff.username}: {_listed(claims)}")
    return staff


@transaction.atomic
def _take_over(claims: Claims, *, by: Actor, now: datetime) -> Staff:
    role = role_for(claims.groups, settings.OIDC_ROLES)
    found = OidcIdentity.objects.select_for_update().filter(issuer=claims.issuer, subject=claims.subject)
    identity = found.select_related("staff").first()
    if identity is None and role is None:
        raise SignInRefused(Refusal.NO_ROLE, f"{claims.username or claims.subject}: {_listed(claims)}")
    if identity is None:
        staff = _add(claims, Role(str(role)), by=by, now=now)
        OidcIdentity.objects.create(
            staff=staff, issuer=claims.issuer, subject=claims.subject, created_at=now, signed_in_at=now
        )
        return staff
    identity.signed_in_at = now
    identity.save(update_fields=["signed_in_at"])
    return _renew(identity.staff, claims, role, by=by, now=now)


def _add(claims: Claims, role: Role, *, by: Actor, now: datetime) -> Staff:
    names = names_for(claims)
    taken = set(Staff.objects.filter(username__in=names).values_list("username", flat=True))
    name = next((name for name in names if name not in taken), names[-1])
    staff = Staff(username=name, role=role, created_at=now, **_about(claims))
    staff.set_unusable_password()
    staff.save(force_insert=True)
    audit.record(audit.Action.STAFF_CREATED, by=_provider(by), at=now, subject=name, after={"role": role})
    return staff


def _renew(staff: Staff, claims: Claims, role: Role | None, *, by: Actor, now: datetime) -> Staff:
    """Write what the provider says today; without a role every open session of the person ends."""
    before = None if staff.no_role_since else staff.role
    for name, value in _about(claims).items():
        setattr(staff, name, value)
    staff.role = role or staff.role
    staff.no_role_since = None if role else (staff.no_role_since or now)
    staff.save(update_fields=["display_name", "email", "role", "no_role_since"])
    if before != role:
        audit.record(
            audit.Action.STAFF_ROLE_CHANGED,
            by=_provider(by),
            at=now,
            subject=staff.username,
            before={"role": before},
            after={"role": role},
        )
    if role is None:
        end_sessions_of(staff, by=_provider(by), now=now)
    return staff


def _about(claims: Claims) -> dict[str, str]:
    """Return what is shown of a person; an address that cannot be written to is left out."""
    email = claims.email if "@" in claims.email and len(claims.email) <= 254 else ""
    return {"display_name": "".join(filter(str.isprintable, claims.name))[:150], "email": email}


def _as(staff: Staff, by: Actor) -> Actor:
    return Actor(name=staff.username, address=by.address, request_id=by.request_id)


def _provider(by: Actor) -> Actor:
    return Actor(name=PROVIDER, address=by.address, request_id=by.request_id)


def _listed(claims: Claims) -> str:
    return ", ".join(sorted(claims.groups))[:200] or "no groups"
