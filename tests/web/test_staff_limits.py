"""The staff pages about limits: who looks after which mailboxes, in the list, on the person's page, and in a form."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from accounts.domain.people import Actor, Role
from accounts.models import MailDomain, Staff
from accounts.services.staff import create_staff
from tests.reach import places

pytestmark = pytest.mark.django_db


@pytest.fixture
def lerato(hr: Actor, now: datetime) -> Staff:
    places(now)
    return create_staff("lerato", role="operator", by=hr, now=now)[0]


def _page(client: Client, path: str) -> str:
    return " ".join(client.get(path).content.decode().split())


def test_ticking_limits_and_ticking_none_lifts(admin: Client, lerato: Staff) -> None:
    path = f"/staff/{lerato.pk}/limits/"

    admin.post(path, {"domains": ["near.metrosure.app"], "campaigns": ["Nearby audit"]})
    limited, listed = _page(admin, f"/staff/{lerato.pk}/"), _page(admin, "/staff/")
    ticked = admin.get(path).content.decode().count("checked")
    admin.post(path, {})

    assert "A mailbox has to be in one of each." in limited
    assert "changed which mailboxes a person looks after" in limited
    assert "only near.metrosure.app, Nearby audit" in listed
    assert ticked == 2
    assert "looks after all mailboxes" in _page(admin, f"/staff/{lerato.pk}/")


def test_what_is_not_offered_is_refused(admin: Client, lerato: Staff) -> None:
    answer = admin.post(f"/staff/{lerato.pk}/limits/", {"domains": ["unknown.example"], "campaigns": ["Nearby audit"]})

    assert answer.status_code == 422
    assert "unknown.example is not one of the available choices" in answer.content.decode()
    assert Staff.objects.get(pk=lerato.pk).limits == {}


def test_nobody_else_is_offered_limits(admin: Client, hr: Actor, lerato: Staff, now: datetime) -> None:
    auditor = create_staff("sipho", role="auditor", by=hr, now=now)[0]

    page = _page(admin, f"/staff/{auditor.pk}/")
    answer = admin.post(f"/staff/{auditor.pk}/limits/", {"domains": ["near.metrosure.app"]})

    assert "Limited to" not in page
    assert answer.status_code == 422
    assert "Only operators can be limited" in answer.content.decode()


def test_limits_of_another_role_say_that_they_wait(admin: Client, lerato: Staff) -> None:
    admin.post(f"/staff/{lerato.pk}/limits/", {"domains": ["near.metrosure.app"]})
    Staff.objects.filter(pk=lerato.pk).update(role=Role.AUDITOR)

    assert "Counts only for an HR operator." in _page(admin, f"/staff/{lerato.pk}/")
    assert "only near.metrosure.app" not in _page(admin, "/staff/")


def test_a_mail_domain_that_is_gone_is_said(admin: Client, lerato: Staff, now: datetime) -> None:
    MailDomain.objects.create(name="short.example", created_at=now)
    admin.post(f"/staff/{lerato.pk}/limits/", {"domains": ["short.example"]})
    MailDomain.objects.get(name="short.example").delete()

    assert "1 mail domain that is deleted" in _page(admin, f"/staff/{lerato.pk}/")


def test_the_table_of_roles_says_how_far_limits_go(operator: Client) -> None:
    page = _page(operator, "/staff/roles/")

    assert page.count("theirs only, if limited") == 2
    assert page.count("not if limited") == 1
