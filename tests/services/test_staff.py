from __future__ import annotations

from datetime import datetime

import pytest

from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor, Deed, Role
from accounts.models import AuditEvent, Staff, StaffSession
from accounts.services.sessions import opened
from accounts.services.staff import (
    activate,
    change_email,
    change_own_password,
    change_role,
    create_staff,
    deactivate,
)

pytestmark = pytest.mark.django_db


def test_a_new_person_gets_a_password_for_one_time(hr: Actor, now: datetime) -> None:
    staff, password = create_staff("Lerato ".strip(), role="operator", by=hr, now=now)

    assert (staff.username, staff.must_change_password) == ("lerato", True)
    assert staff.check_password(password)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"username": ""}, "staff_name_invalid"),
        ({"username": "two words"}, "staff_name_invalid"),
        ({"username": "TAKEN"}, "staff_name_taken"),
        ({"role": "boss"}, "role_unknown"),
        ({"email": "nonsense"}, "email_invalid"),
    ],
)
def test_bad_input_is_refused_by_name(given: dict[str, str], code: str, hr: Actor, now: datetime) -> None:
    create_staff("taken", role="auditor", by=hr, now=now)
    values = {"username": "new", "role": "auditor", "email": "", **given}

    with pytest.raises(RuleBroken, match=code):
        create_staff(values["username"], role=values["role"], email=values["email"], by=hr, now=now)


def test_the_last_administrator_stays_one(hr: Actor, now: datetime) -> None:
    create_staff("riaan", role="admin", by=hr, now=now)

    with pytest.raises(RuleBroken, match="last_admin"):
        change_role("riaan", role="auditor", by=hr, now=now)

    create_staff("palesa", role="admin", by=hr, now=now)
    assert change_role("riaan", role="auditor", by=hr, now=now).role == Role.AUDITOR


def test_the_last_administrator_is_not_shut_out(hr: Actor, now: datetime) -> None:
    create_staff("riaan", role="admin", by=hr, now=now)
    create_staff("palesa", role="admin", by=hr, now=now)

    assert not deactivate("riaan", reason="Left", by=hr, now=now).is_active
    with pytest.raises(RuleBroken, match="last_admin"):
        deactivate("palesa", reason="Left", by=hr, now=now)
    with pytest.raises(RuleBroken, match="last_admin"):
        change_role("palesa", role="operator", by=hr, now=now)
    activate("riaan", by=hr, now=now)
    assert not deactivate("palesa", reason="Left", by=hr, now=now).is_active


def test_nobody_shuts_themselves_out(now: datetime, hr: Actor) -> None:
    create_staff("riaan", role="admin", by=hr, now=now)

    with pytest.raises(RuleBroken, match="not_yourself"):
        deactivate("riaan", reason="Bored", by=Actor(name="riaan"), now=now)


def test_whoever_is_shut_out_is_signed_out_and_the_log_says_why(hr: Actor, now: datetime) -> None:
    staff = create_staff("sipho", role="operator", by=hr, now=now)[0]
    opened(staff, key="k", user_agent="", address="10.0.0.1", now=now)

    deactivate("sipho", reason="Left", by=hr, now=now)
    deactivate("sipho", reason="Again", by=hr, now=now)

    assert not StaffSession.objects.exists()
    actions = list(AuditEvent.objects.order_by("pk").values_list("action", "detail__reason"))
    assert actions == [("staff_created", ""), ("staff_deactivated", "Left"), ("session_ended", "")]


def test_an_address_is_changed_checked_and_taken_away(hr: Actor, now: datetime) -> None:
    create_staff("lerato", role="operator", by=hr, now=now)

    assert change_email("lerato", email=" lerato@metrosure.app ", by=hr, now=now).email == "lerato@metrosure.app"
    with pytest.raises(RuleBroken, match="email_invalid"):
        change_email("lerato", email="nonsense", by=hr, now=now)
    assert change_email("lerato", email="", by=hr, now=now).email == ""
    assert AuditEvent.objects.filter(action="staff_edited").count() == 2


def test_a_chosen_password_must_be_good_and_new(hr: Actor, now: datetime) -> None:
    staff, password = create_staff("lerato", role="operator", by=hr, now=now)

    for bad, code in ((password, "password_unchanged"), ("123", "password_weak")):
        with pytest.raises(RuleBroken, match=code):
            change_own_password(staff, password=bad, by=hr, now=now)
    change_own_password(staff, password="quiet-river-7-lamps", by=hr, now=now)

    assert not Staff.objects.get().must_change_password


@pytest.mark.parametrize(
    ("role", "limits", "may"),
    [
        (Role.AUDITOR, {}, {Deed.READ, Deed.READ_WHOLE, Deed.READ_PANEL}),
        (Role.OPERATOR, {}, {Deed.READ, Deed.READ_WHOLE, Deed.CHANGE_ACCOUNTS}),
        (Role.OPERATOR, {"domains": [1]}, {Deed.READ, Deed.CHANGE_ACCOUNTS}),
        (Role.ADMIN, {}, set(Deed)),
        (Role.ADMIN, {"domains": [1]}, set(Deed)),
    ],
)
def test_who_may_what(role: Role, limits: dict[str, list[int]], may: set[Deed]) -> None:
    staff = Staff(username="x", role=role, limits=limits)

    assert {deed for deed in Deed if staff.may(deed)} == may
    staff.is_active = False
    assert not any(staff.may(deed) for deed in Deed)
