"""Staff of the panel: who may sign in, and as what."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts import audit
from accounts.domain import passwords
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor, Role
from accounts.models import Staff


@transaction.atomic
def create_staff(username: str, *, role: str, by: Actor, now: datetime, email: str = "") -> tuple[Staff, str]:
    """Add a person and return the one-time password, which must be changed at the first sign-in.

    :raises RuleBroken: if the name is taken or empty, the role unknown, or the e-mail address none
    """
    name = _name(username)
    if email:
        _check_email(email)
    password = passwords.generate(passwords.Style.WORDS)
    staff = Staff(username=name, email=email, role=_role(role), must_change_password=True, created_at=now)
    staff.set_password(password)
    staff.save(force_insert=True)
    audit.record(audit.Action.STAFF_CREATED, by=by, at=now, subject=name, after={"role": staff.role})
    return staff, password


@transaction.atomic
def change_role(username: str, *, role: str, by: Actor, now: datetime) -> Staff:
    """Give a person another role.

    :raises RuleBroken: if there is no such person or role, or nobody would be left who may change staff
    """
    staff = Staff.objects.select_for_update().filter(username=username.strip().lower()).first()
    if staff is None:
        raise RuleBroken("no_such_staff", field="name", name=username[:80])
    before, after = staff.role, _role(role)
    admins = Staff.objects.filter(role=Role.ADMIN, is_active=True)
    if after is not Role.ADMIN and not admins.exclude(pk=staff.pk).exists() and before == Role.ADMIN:
        raise RuleBroken("last_admin", field="role")
    staff.role = after
    staff.save(update_fields=["role"])
    audit.record(
        audit.Action.STAFF_ROLE_CHANGED,
        by=by,
        at=now,
        subject=staff.username,
        before={"role": before},
        after={"role": after},
    )
    return staff


@transaction.atomic
def change_own_password(staff: Staff, *, password: str, by: Actor, now: datetime) -> None:
    """Set the password that a person chose.

    :raises RuleBroken: if it is too easy to guess; with Django's sentences
    """
    if staff.check_password(password):
        raise RuleBroken("password_unchanged", field="password")
    try:
        validate_password(password, staff)
    except ValidationError as exc:
        raise RuleBroken("password_weak", field="password", sentences=exc.messages) from exc
    staff.set_password(password)
    staff.must_change_password = False
    staff.save(update_fields=["password", "must_change_password"])
    audit.record(audit.Action.STAFF_PASSWORD_CHANGED, by=by, at=now, subject=staff.username)


def signed_in(staff: Staff, *, by: Actor, now: datetime) -> None:
    audit.record(audit.Action.SIGNED_IN, by=by, at=now, subject=staff.username)


def sign_in_refused(name: str, *, by: Actor, now: datetime) -> None:
    audit.record(audit.Action.SIGN_IN_REFUSED, by=by, at=now, subject=name[:150])


def _name(username: str) -> str:
    name = username.strip().lower()
    if not name or len(name) > 150 or not name.isprintable() or " " in name:
        raise RuleBroken("staff_name_invalid", field="name")
    if Staff.objects.filter(username=name).exists():
        raise RuleBroken("staff_name_taken", field="name", name=name)
    return name


def _role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise RuleBroken("role_unknown", field="role", role=role[:40], roles=", ".join(Role)) from None


def _check_email(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError:
        raise RuleBroken("email_invalid", field="email", text=email[:80]) from None
