from __future__ import annotations

from datetime import datetime

import pytest

from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor, Deed, Role
from accounts.models import Staff
from accounts.services.staff import change_own_password, change_role, create_staff

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


def test_a_chosen_password_must_be_good_and_new(hr: Actor, now: datetime) -> None:
    staff, password = create_staff("lerato", role="operator", by=hr, now=now)

    for bad, code in ((password, "password_unchanged"), ("123", "password_weak")):
        with pytest.raises(RuleBroken, match=code):
            change_own_password(staff, password=bad, by=hr, now=now)
    change_own_password(staff, password="quiet-river-7-lamps", by=hr, now=now)

    assert not Staff.objects.get().must_change_password


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.AUDITOR, {Deed.READ}),
        (Role.OPERATOR, {Deed.READ, Deed.CHANGE_ACCOUNTS}),
        (Role.ADMIN, set(Deed)),
    ],
)
def test_who_may_what(role: Role, may: set[Deed]) -> None:
    staff = Staff(username="x", role=role)

    assert {deed for deed in Deed if staff.may(deed)} == may
    staff.is_active = False
    assert not any(staff.may(deed) for deed in Deed)
