"""Differences: what the list shows, and what is decided with its buttons."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.domain.drift import Difference, Standing
from accounts.models import Account, AuditEvent, Drift, Operation, Pulse
from accounts.queries import compared
from tests.factories import make_account

pytestmark = pytest.mark.django_db
GB = 1024**3
HAS: dict[str, Any] = {
    "name": "Promo",
    "quota": GB,
    "aliases": [],
    "locked": False,
    "receive": False,
    "credentials": False,
    "directory": False,
    "deadline": None,
    "used": 3 * 1024**2,
    "ours": False,
}


@pytest.fixture
def nobodys(now: datetime) -> Callable[..., Drift]:
    def make(address: str = "promo7@metrosure.app", **has: Any) -> Drift:
        fields = {name: {"there": value} for name, value in {**HAS, **has}.items()}
        return Drift.objects.create(
            kind=Difference.ONLY_THERE, address=address, fields=fields, first_seen_at=now, seen_at=now
        )

    return make


@pytest.fixture
def different(account: Account, now: datetime) -> Drift:
    Account.objects.update(mailbox_asked_at=now, mailbox_known={"quota": [GB]})
    Operation.objects.update(status="done", settled_at=now)
    return Drift.objects.create(
        kind=Difference.DIFFERENT,
        address=account.address,
        account=account,
        fields={"quota": {"here": GB, "there": 5 * GB}},
        first_seen_at=now - timedelta(hours=3),
        seen_at=now,
    )


def _compared(now: datetime, **facts: Any) -> None:
    Pulse.objects.create(name="sync", at=now, facts={"listed": 265, **facts})


def _text(client: Client, path: str = "/drift/") -> str:
    page = client.get(path).content.decode().split("<main")[1]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def test_nothing_to_decide_says_when_it_was_compared(operator: Client, now: datetime) -> None:
    _compared(now)

    text = _text(operator)

    assert "No differences" in text
    assert "All is as recorded. Last compared 14:00" in text
    assert "265 mailboxes" in text


def test_before_the_first_comparison_nothing_is_claimed(operator: Client) -> None:
    assert "Not compared yet" in _text(operator)


def test_each_kind_has_its_card(
    operator: Client, different: Drift, nobodys: Callable[..., Drift], now: datetime
) -> None:
    nobodys()
    gone = make_account("pieter@metrosure.app", now=now, name="Pieter")
    Drift.objects.create(kind=Difference.ONLY_HERE, address=gone.address, account=gone, first_seen_at=now, seen_at=now)

    text = _text(operator)

    assert "Made outside of this panel, for Promo: open, 3 MB." in text
    assert "Space here 1 GB on the server 5 GB" in text
    assert "Put back 1 GB" in text
    assert "Accept 5 GB…" in text
    assert "Make it again…" in text
    assert "To decide 3" in text


def test_the_side_bar_and_the_dashboard_count_them(operator: Client, different: Drift) -> None:
    page = operator.get("/").content.decode()

    assert 'class="side-n side-n-look">1<' in page
    assert "The mail server and this panel differ in one mailbox" in page


def test_the_account_says_what_differs(operator: Client, different: Drift) -> None:
    text = _text(operator, f"/accounts/{different.account_id}/")

    assert "The mail server has something else" in text
    assert "Space here 1 GB on the server 5 GB" in text


def test_putting_right_is_one_press(operator: Client, different: Drift) -> None:
    answer = operator.post(f"/drift/{different.pk}/put-right/", follow=True)

    assert "is being put right." in answer.content.decode()
    different.refresh_from_db()
    assert different.state == Standing.SETTLED
    assert Operation.objects.get(status="pending").cause == "drift_put_right"


def test_accepting_changes_our_record(operator: Client, different: Drift, account: Account) -> None:
    operator.post(f"/drift/{different.pk}/accept/", {"reason": "Agreed"})

    account.refresh_from_db()
    assert account.quota == 5 * GB


def test_leaving_it_wants_a_reason_and_loses_nothing(operator: Client, different: Drift) -> None:
    answer = operator.post(f"/drift/{different.pk}/ignore/", {"reason": " "})
    assert answer.status_code == 422
    assert "Write one sentence." in answer.content.decode()

    operator.post(f"/drift/{different.pk}/ignore/", {"reason": "A trial"})

    assert "No differences" in _text(operator) or "Not compared yet" in _text(operator)
    assert "Left as it is by operator.khumalo: A trial" in _text(operator, "/drift/?ignored=on")


def test_taking_one_in(operator: Client, nobodys: Callable[..., Drift]) -> None:
    drift = nobodys()
    question = _text(operator, f"/drift/{drift.pk}/adopt/")
    assert "The mailbox stays open" in question

    bad = operator.post(f"/drift/{drift.pk}/adopt/", {"name": "Promo", "owner": "Palesa", "last_day": "2020-01-01"})
    assert bad.status_code == 422
    assert "The last day must lie ahead." in bad.content.decode()
    operator.post(f"/drift/{drift.pk}/adopt/", {"name": "Promo", "owner": "Palesa", "last_day": "2026-12-18"})

    account = Account.objects.get(address=drift.address)
    assert (account.name, account.owner, account.state) == ("Promo", "Palesa", "active")


def test_locking_one_of_nobodys(operator: Client, nobodys: Callable[..., Drift]) -> None:
    drift = nobodys()

    operator.post(f"/drift/{drift.pk}/lock/", {"reason": "Nobody knows it"})

    account = Account.objects.get(address=drift.address)
    assert (account.state, account.owner, account.held_because) == ("suspended", "operator.khumalo", "Nobody knows it")


def test_the_systems_own_is_not_offered_to_lock(operator: Client, nobodys: Callable[..., Drift]) -> None:
    nobodys("postmaster@metrosure.app", ours=True)

    text = _text(operator)

    assert "It looks like one of the mail system's own" in text
    assert "Lock…" not in text


def test_deciding_about_several_at_once(operator: Client, different: Drift, nobodys: Callable[..., Drift]) -> None:
    other = nobodys()

    answer = operator.post("/drift/many/", {"ids": [different.pk, other.pk], "remedy": "put_right"}, follow=True)

    page = answer.content.decode()
    assert "1 difference is decided." in page
    assert "1 could not be: This cannot be done about this difference." in page
    assert Drift.objects.open().get() == other


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param({"remedy": "put_right"}, "Tick at least one difference.", id="none ticked"),
        pytest.param({"remedy": "ignore", "ids": "1"}, "Say why: the log keeps it.", id="no reason"),
        pytest.param({"remedy": "dance", "ids": "x"}, "Tick at least one difference.", id="nonsense"),
    ],
)
def test_what_cannot_be_decided_is_said(operator: Client, different: Drift, given: dict[str, str], said: str) -> None:
    given = {**given, **({"ids": str(different.pk)} if given.get("ids") == "1" else {})}

    answer = operator.post("/drift/many/", given, follow=True)

    assert said in answer.content.decode()
    assert Drift.objects.open().exists()


def test_too_many_of_a_kind_are_one_card(
    operator: Client, different: Drift, nobodys: Callable[..., Drift], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compared, "COLLAPSE", 2)
    for number in range(3):
        nobodys(f"promo{number}@metrosure.app")

    text = _text(operator)

    assert "3 mailboxes are only on the server" in text
    assert "promo1@metrosure.app" not in text.replace(" ", "")
    assert different.address in text.replace(" ", "")
    assert "promo1@metrosure.app" in _text(operator, "/drift/?kind=only_there").replace(" ", "")


def test_a_server_full_of_mailboxes_leads_to_taking_them_in(
    operator: Client, different: Drift, nobodys: Callable[..., Drift], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compared, "COLLAPSE", 2)
    for number in range(3):
        nobodys(f"promo{number}@metrosure.app")

    page = operator.get("/").content.decode()

    assert "3 mailboxes are only on the server" in page
    assert 'href="/drift/take-in/"' in page
    assert "The mail server and this panel differ in one mailbox" in page


def test_a_server_that_is_not_believed_is_said_on_every_page(operator: Client, now: datetime) -> None:
    Pulse.objects.create(name="server", at=now)
    _compared(now, strange="missing", missing=70, expected=80)

    assert "70 of 80 mailboxes are not on the mail server that answers." in _text(operator, "/accounts/")
    assert "Something is wrong with the connection, not with the mailboxes" in _text(operator)
    assert "What the mail server says is not believed" in _text(operator, "/")


def test_a_comparison_that_did_not_end_says_so(operator: Client, now: datetime) -> None:
    _compared(now)
    Pulse.objects.create(name="tick.sync", at=now, failing_since=now, error_code="unreachable")

    assert "The last comparison did not come to its end" in _text(operator)


def test_asking_for_a_comparison_is_recorded_and_done_by_the_worker(operator: Client, now: datetime) -> None:
    answer = operator.post("/drift/compare/", follow=True)

    page = answer.content.decode()
    assert "All mailboxes are compared within half a minute." in page
    assert "Comparing soon" in page
    assert AuditEvent.objects.filter(action="sync_asked").count() == 1


def test_an_old_link_says_that_it_is_settled(operator: Client, different: Drift) -> None:
    Drift.objects.update(state=Standing.SETTLED)

    answer = operator.get(f"/drift/{different.pk}/accept/", follow=True)

    assert "This difference is settled already." in answer.content.decode()


def test_an_auditor_looks_and_decides_nothing(auditor: Client, different: Drift) -> None:
    page = auditor.get("/drift/").content.decode().split("<main")[1]

    assert "5 GB" in page
    assert "<form" not in page


def test_a_strange_cursor_and_kind_show_the_first_page(operator: Client, different: Drift) -> None:
    assert different.address in _text(operator, "/drift/?after=%00nonsense&kind=dance").replace(" ", "")


def test_a_mailbox_goes_to_the_account_that_waits_for_it(
    operator: Client, nobodys: Callable[..., Drift], account: Account
) -> None:
    drift = nobodys(account.address)
    Drift.objects.update(account=account)
    question = _text(operator, f"/drift/{drift.pk}/adopt/")
    assert "The mailbox becomes that of Thandi Nkosi" in question

    operator.post(f"/drift/{drift.pk}/adopt/")

    account.refresh_from_db()
    assert account.mailbox_asked_at
