"""Changing details, also when somebody else was quicker."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from accounts.models import Account
from accounts.services import accounts as services
from tests.factories import TESTER

pytestmark = pytest.mark.django_db


def _typed(account: Account, **more: object) -> dict[str, object]:
    typed = {"name": account.name, "owner": account.owner, "purpose": account.purpose, "note": account.note}
    return {**typed, "quota_0": "1", "quota_1": "GB", "aliases": "", "version": account.version, **more}


def test_the_form_shows_what_is_so(operator: Client, account: Account) -> None:
    page = " ".join(operator.get(f"/accounts/{account.pk}/edit/").content.decode().split())

    assert 'value="Thandi Nkosi"' in page
    assert 'name="quota_0" value="1"' in page


def test_changes_are_kept(operator: Client, account: Account) -> None:
    typed = _typed(account, owner="Riaan Botha", quota_0="1.5", aliases="shopper026@metrosure.app")

    answer = operator.post(f"/accounts/{account.pk}/edit/", typed)

    account.refresh_from_db()
    assert answer.status_code == 302
    assert (account.owner, account.quota) == ("Riaan Botha", 1536 * 1024**2)
    assert account.aliases.get().address == "shopper026@metrosure.app"


def test_a_mistake_keeps_what_was_typed(operator: Client, account: Account) -> None:
    answer = operator.post(f"/accounts/{account.pk}/edit/", _typed(account, owner="", note="Call first"))

    assert answer.status_code == 422
    assert "Call first" in answer.content.decode()


def test_a_stale_edit_shows_both_and_can_be_put_over_it(operator: Client, account: Account, now: datetime) -> None:
    typed = _typed(account, owner="Riaan Botha")
    services.edit_account(account.pk, owner="Lerato Khumalo", by=TESTER, now=now)

    answer = operator.post(f"/accounts/{account.pk}/edit/", typed)
    page = " ".join(answer.content.decode().split())

    assert answer.status_code == 422
    assert "Changed while you had it open" in page
    assert "Lerato Khumalo" in page
    assert 'value="Riaan Botha"' in page
    assert "Put mine over it" in page
    operator.post(f"/accounts/{account.pk}/edit/", {**typed, "version": account.version + 1})
    account.refresh_from_db()
    assert account.owner == "Riaan Botha"


def test_a_purged_record_is_not_changed(operator: Client, account: Account, now: datetime) -> None:
    Account.objects.update(state="purged", purged_at=now)

    answer = operator.get(f"/accounts/{account.pk}/edit/", follow=True)

    assert "Only the record is left" in answer.content.decode()
