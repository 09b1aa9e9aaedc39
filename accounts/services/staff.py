"""Staff of the panel: who may sign in, and as what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts import audit
from accounts.domain import passwords
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor, Role
from accounts.models import Batch, BatchState, Staff
from accounts.services.sessions import end_sessions_of
from accounts.services.staff_limits import reach_named, told


@transaction.atomic
def create_staff(
    username: str,
    *,
    role: str,
    by: Actor,
    now: datetime,
    email: str = "",
    is_local: bool = False,
    domains: Iterable[str] = (),
    campaigns: Iterable[str] = (),
) -> tuple[Staff, str]:
    """Add a person and return the one-time password, which must be changed at the first sign-in.

    :param is_local: whether they may use the emergency key where the company's sign-in is set up
    :param domains: an operator's limits, as `limit_staff` takes them

    :raises RuleBroken: if the name is taken or empty, the role unknown, the e-mail address none, or a limit wrong
    """
    name = _name(username)
    if email:
        _check_email(email)
    password = passwords.generate(passwords.Style.WORDS)
    kind = _role(role)
    reach = reach_named(kind, domains, campaigns)
    staff = Staff(username=name, email=email, role=kind, must_change_password=True, is_local=is_local, created_at=now)
    staff.limits = reach.as_plain()
    staff.set_password(password)
    staff.save(force_insert=True)
    after: dict[str, Any] = {"role": staff.role} | ({"is_local": True} if is_local else {})
    after |= {} if reach.is_everything else told(staff)
    audit.record(audit.Action.STAFF_CREATED, by=by, at=now, subject=name, after=after)
    return staff, password


@transaction.atomic
def change_role(username: str, *, role: str, by: Actor, now: datetime) -> Staff:
    """Give a person another role.

    :raises RuleBroken: if there is no such person or role, or nobody would be left who may change staff
    """
    staff = staff_for_change(username)
    before, after = staff.role, _role(role)
    if after is not Role.ADMIN:
        _leave_an_admin(staff, field="role")
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
def limit_staff(username: str, *, domains: Iterable[str], campaigns: Iterable[str], by: Actor, now: datetime) -> Staff:
    """Let an operator reach only accounts in these mail domains and campaigns, by their names; none is no limit.

    It counts from their next page on, and for what their jobs have still to do. With another role they are not
    limited, and as an operator again they are.

    :raises RuleBroken: if there is no such person, domain or campaign, or the person is no operator
    """
    staff = staff_for_change(username)
    reach, before = reach_named(Role(staff.role), domains, campaigns), told(staff)
    staff.limits = reach.as_plain()
    after = told(staff)
    if before != after:
        staff.save(update_fields=["limits"])
        jobs = Batch.everywhere.filter(created_by=staff.username).exclude(state=BatchState.DONE)
        jobs.update(reach=staff.limits)
        audit.record(audit.Action.STAFF_LIMITED, by=by, at=now, subject=staff.username, before=before, after=after)
    return staff


@transaction.atomic
def change_email(username: str, *, email: str, by: Actor, now: datetime) -> Staff:
    """Write down where notices for a person go; empty is nowhere.

    :raises RuleBroken: if there is no such person, or it is no e-mail address
    """
    staff = staff_for_change(username)
    before, after = staff.email, email.strip()
    if after:
        _check_email(after)
    if before == after:
        return staff
    staff.email = after
    staff.save(update_fields=["email"])
    audit.record(
        audit.Action.STAFF_EDITED,
        by=by,
        at=now,
        subject=staff.username,
        before={"email": before},
        after={"email": after},
    )
    return staff


@transaction.atomic
def deactivate(username: str, *, reason: str, by: Actor, now: datetime) -> Staff:
    """Let a person in no more, also not by the company's sign-in, and sign them out everywhere.

    :raises RuleBroken: if there is no such person, it is who asks, or nobody would be left who may change staff
    """
    staff = staff_for_change(username)
    if staff.username == by.name:
        raise RuleBroken("not_yourself")
    _leave_an_admin(staff)
    if staff.is_active:
        staff.is_active = False
        staff.save(update_fields=["is_active"])
        audit.record(audit.Action.STAFF_DEACTIVATED, by=by, at=now, subject=staff.username, reason=reason)
    end_sessions_of(staff, by=by, now=now)
    return staff


@transaction.atomic
def activate(username: str, *, by: Actor, now: datetime) -> Staff:
    """Let a person in again, with the role they had.

    :raises RuleBroken: if there is no such person
    """
    staff = staff_for_change(username)
    if not staff.is_active:
        staff.is_active = True
        staff.save(update_fields=["is_active"])
        audit.record(audit.Action.STAFF_ACTIVATED, by=by, at=now, subject=staff.username)
    return staff


@transaction.atomic
def mark_local(username: str, *, is_local: bool, by: Actor, now: datetime) -> tuple[Staff, str]:
    """Give or take the emergency key; whoever never had a password here gets a one-time one with it.

    :raises RuleBroken: if there is no such person
    """
    staff, password = staff_for_change(username), ""
    if staff.is_local == is_local:
        return staff, password
    staff.is_local = is_local
    if is_local and not staff.has_usable_password():
        password = passwords.generate(passwords.Style.WORDS)
        staff.set_password(password)
        staff.must_change_password = True
    staff.save(update_fields=["is_local", "password", "must_change_password"])
    action = audit.Action.EMERGENCY_KEY_CHANGED
    before, after = {"is_local": not is_local}, {"is_local": is_local}
    audit.record(action, by=by, at=now, subject=staff.username, before=before, after=after)
    return staff, password


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


def staff_for_change(username: str) -> Staff:
    """Lock the row and return the person.

    :raises RuleBroken: if nobody signs in by this name
    """
    staff = Staff.objects.select_for_update().filter(username=username.strip().lower()).first()
    if staff is None:
        raise RuleBroken("no_such_staff", field="name", name=username[:80])
    return staff


def _leave_an_admin(staff: Staff, field: str | None = None) -> None:
    """Make sure that somebody else may change staff, if this person may.

    :raises RuleBroken: if this is the last one
    """
    # All of them are locked, so that no two take the right from each other at once.
    admins = Staff.objects.select_for_update().filter(role=Role.ADMIN, is_active=True, no_role_since=None)
    keys = set(admins.order_by("pk").values_list("pk", flat=True))
    if keys == {staff.pk}:
        raise RuleBroken("last_admin", field=field)


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
