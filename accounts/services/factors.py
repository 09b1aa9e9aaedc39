"""The second factor of a person: set up, asked for, replaced by recovery codes, and taken away when all is lost."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django_otp import verify_token

from accounts import audit
from accounts.domain import recovery
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.domain.signing import Refusal, SignInRefused
from accounts.models import Authenticator, RecoveryCode, RecoverySheet, Staff
from accounts.services.sessions import end_sessions_of
from accounts.services.staff import staff_for_change


def has_factor(staff: Staff) -> bool:
    return Authenticator.objects.filter(user=staff, confirmed=True).exists()


def must_enrol(staff: Staff) -> bool:
    """Say whether a person whom a password let in must set up a second factor before anything else."""
    return bool(settings.REQUIRE_OTP) and staff.has_usable_password() and not has_factor(staff)


def codes_left(staff: Staff) -> int:
    return RecoveryCode.objects.filter(sheet__user=staff, used_at=None).count()


@transaction.atomic
def begin_factor(staff: Staff) -> Authenticator:
    """Return the key that a person is about to scan; the same one until they have.

    :raises RuleBroken: if they have a second factor already
    """
    if has_factor(staff):
        raise RuleBroken("factor_there")
    begun: Authenticator = Authenticator.objects.get_or_create(
        user=staff, defaults={"name": "app", "confirmed": False}
    )[0]
    return begun


def confirm_factor(staff: Staff, *, code: str, by: Actor, now: datetime) -> list[str]:
    """Take the first code from the app; returns the recovery codes, to be shown this once.

    :raises RuleBroken: if the code is not the app's, or must wait after wrong ones
    """
    begun = begin_factor(staff)
    # Not in one transaction with what follows: a wrong code must be counted.
    if verify_token(staff, begun.persistent_id, _digits(code)) is None:
        raise RuleBroken("code_wrong", field="code")
    with transaction.atomic():
        Authenticator.objects.filter(pk=begun.pk).update(confirmed=True)
        audit.record(audit.Action.SECOND_FACTOR_SET, by=by, at=now, subject=staff.username)
        return _new_codes(staff)


@transaction.atomic
def renew_codes(staff: Staff, *, by: Actor, now: datetime) -> list[str]:
    """Return new recovery codes, to be shown this once; the old ones end.

    :raises RuleBroken: if there is no second factor that they could stand in for
    """
    if not has_factor(staff):
        raise RuleBroken("factor_missing")
    audit.record(audit.Action.RECOVERY_CODES_MADE, by=by, at=now, subject=staff.username)
    return _new_codes(staff)


def prove(staff: Staff, *, code: str, by: Actor, now: datetime) -> None:
    """Take a code from the app, or one recovery code.

    :raises SignInRefused: if it is neither, was used before, or must wait after wrong ones
    """
    device = _device(staff, code)
    if device is None:
        raise SignInRefused(Refusal.WRONG_CODE)
    is_allowed, _why = device.verify_is_allowed()
    if not is_allowed:
        raise SignInRefused(Refusal.TOO_MANY_TRIES)
    token = _digits(code) if isinstance(device, Authenticator) else code
    if verify_token(staff, device.persistent_id, token) is None:
        raise SignInRefused(Refusal.WRONG_CODE)
    if isinstance(device, RecoverySheet):
        left = {"codes_left": device.left}
        audit.record(audit.Action.RECOVERY_CODE_USED, by=by, at=now, subject=staff.username, after=left)


@transaction.atomic
def reset_factor(username: str, *, by: Actor, now: datetime) -> Staff:
    """Take the second factor and its recovery codes from somebody who lost both, and sign them out everywhere.

    :raises RuleBroken: if there is no such person, or nothing to take
    """
    staff = staff_for_change(username)
    if not Authenticator.objects.filter(user=staff).exists():
        raise RuleBroken("factor_missing")
    RecoverySheet.objects.filter(user=staff).delete()
    Authenticator.objects.filter(user=staff).delete()
    audit.record(audit.Action.SECOND_FACTOR_RESET, by=by, at=now, subject=staff.username)
    end_sessions_of(staff, by=by, now=now)
    return staff


def _device(staff: Staff, code: str) -> Authenticator | RecoverySheet | None:
    """Return what a code is for: six digits are the app's, anything longer the sheet's."""
    model = RecoverySheet if recovery.looks_like_one(code) else Authenticator
    found: Authenticator | RecoverySheet | None = model.objects.filter(user=staff, confirmed=True).first()
    return found


def _new_codes(staff: Staff) -> list[str]:
    RecoverySheet.objects.filter(user=staff).delete()
    sheet = RecoverySheet.objects.create(user=staff, name="recovery codes")
    codes = recovery.generate()
    RecoveryCode.objects.bulk_create(RecoveryCode(sheet=sheet, digest=recovery.digest(code)) for code in codes)
    return codes


def _digits(code: str) -> str:
    """Return the code as apps show it, with a blank in the middle or not."""
    return code.replace(" ", "")
