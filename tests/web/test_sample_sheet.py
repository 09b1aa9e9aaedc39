"""The main job by page: the sheet's first ten people are opened, ended and audited."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from accounts import mailserver
from accounts.domain.people import Role
from accounts.models import Account, MailDomain, Staff
from accounts.services.lifecycle import sweep
from tests.conftest import Clock
from tests.roster import Person, first_people


def _typed(person: Person) -> dict[str, str]:
    local, _, domain = person.address.partition("@")
    return {
        "name": person.name,
        "owner": person.owner,
        "purpose": person.purpose,
        "campaign": person.campaign,
        "address_0": local,
        "address_1": domain,
        "first_day": person.first_day.isoformat(),
        "last_day": person.last_day.isoformat(),
        "quota_0": "",
        "quota_1": "GB",
    }


def test_ten_people_come_and_go(
    signed_in: Callable[[Role], Client], clock: Clock, run: Callable[[], int], db: None
) -> None:
    operator = signed_in(Role.OPERATOR)
    mailserver.client().create_domain("metrosure.app")
    MailDomain.objects.create(name="metrosure.app", created_at=clock(), seen_at=clock())
    for person in first_people(10):
        opened = operator.post("/accounts/new/", _typed(person), follow=True)
        assert "is being set up" in opened.content.decode(), opened.content.decode()
    run()

    clock.pass_(days=8)
    sweep(now=clock())
    run()
    ids = list(Account.objects.order_by("pk").values_list("pk", flat=True))
    operator.force_login(Staff.objects.get())
    operator.post(f"/accounts/{ids[0]}/end/", {"version": 1, "reason": "Left early"})
    clock.pass_(days=100)
    sweep(now=clock())
    run()

    mailboxes = mailserver.client().mailboxes_at(Account.objects.values_list("address", flat=True))
    assert [mailbox.locked for mailbox in mailboxes.values()] == [True] * 10
    operator.force_login(Staff.objects.get())
    pages = [operator.get(f"/accounts/{pk}/").content.decode() for pk in ids]
    assert all("Locked, as it should be." in page for page in pages)
    assert "Left early" in pages[0]
    log = operator.get("/audit/?actor=operator").content.decode()
    assert "operator.khumalo" in log
