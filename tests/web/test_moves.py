"""What can be done to an account from its page: asked with a form, refused with a sentence, never lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.audit import Action
from accounts.domain.lifecycle import State
from accounts.models import Account, AuditEvent, Operation, PendingSecret, Status
from accounts.services import lifecycle
from tests.factories import TESTER

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
Send = Callable[..., "Answer"]


class Answer:
    """What came back, and how the account is now."""

    def __init__(self, status: int, page: str, account: Account, location: str) -> None:
        self.status, self.page, self.account, self.location = status, " ".join(page.split()), account, location


@pytest.fixture
def send(operator: Client, account: Account) -> Send:
    """Send a move's form as the page would."""

    def post(move: str, *, client: Client = operator, **fields: object) -> Answer:
        account.refresh_from_db()
        values = {"version": account.version, **fields}
        answer = client.post(f"/accounts/{account.pk}/{move}/", values)
        after = Account.objects.get(pk=account.pk)
        return Answer(answer.status_code, answer.content.decode(), after, answer.headers.get("Location", ""))

    return post


def _over(account: Account, now: datetime, *, days: int) -> None:
    """Let the term be over for so many days."""
    account.live(
        account.life.__class__(
            starts_at=now - 400 * DAY,
            ends_at=now - days * DAY,
            grace=account.life.grace,
            retention=account.life.retention,
        ),
        now,
    )
    account.save()


def test_seven_days_more(send: Send, account: Account) -> None:
    ends_at = account.ends_at

    answer = send("extend", days=7)

    assert answer.location == f"/accounts/{account.pk}/"
    assert answer.account.ends_at == ends_at + 7 * DAY


def test_a_last_day_is_inclusive(send: Send) -> None:
    answer = send("extend", last_day="2026-12-18", reason="Visits moved")

    assert answer.account.ends_at == datetime(2026, 12, 18, 22, 0, tzinfo=UTC)
    assert AuditEvent.objects.latest("id").detail.reason == "Visits moved"


@pytest.mark.parametrize(
    ("day", "says"),
    [
        pytest.param("", "Choose a day.", id="none"),
        pytest.param("2026-11-23", "The last day must lie ahead.", id="yesterday"),
        pytest.param("18/12/2026x", "This is no day. Write it as 2026-12-18.", id="no day"),
        pytest.param("9999-12-31", "Choose a date between 2000 and 2199.", id="the end of time"),
        pytest.param("2190-01-01", "A term can last", id="too late"),
    ],
)
def test_a_wrong_day_is_explained_and_kept(day: str, says: str, send: Send, account: Account) -> None:
    ends_at = account.ends_at

    answer = send("extend", last_day=day, reason="Visits moved")

    assert answer.status == 422
    assert says in answer.page
    assert "Visits moved" in answer.page
    assert answer.account.ends_at == ends_at


def test_suspending_wants_a_reason(send: Send) -> None:
    assert "Write one sentence. Whoever reads the log later will need it." in send("suspend", reason=" ").page
    assert send("suspend", reason="Phone lost").account.state == State.SUSPENDED


def test_reinstating_lifts_a_suspension(send: Send, account: Account, now: datetime) -> None:
    lifecycle.suspend_account(account.pk, reason="Phone lost", by=TESTER, now=now)

    assert send("reinstate").account.state == State.ACTIVE


def test_after_the_end_reinstating_wants_a_new_last_day(send: Send, account: Account, now: datetime) -> None:
    _over(account, now, days=3)

    assert "Choose a new last day to open it again." in send("reinstate").page
    assert send("reinstate", last_day="2026-12-18").account.state == State.ACTIVE


def test_ending_says_what_it_does_and_does_it(operator: Client, send: Send, account: Account) -> None:
    question = operator.get(f"/accounts/{account.pk}/end/").content.decode()

    assert "Mail still comes in for 14 days, and it can be reinstated." in " ".join(question.split())
    assert send("end").account.state == State.ENDED


def test_a_hold_and_its_release(operator: Client, send: Send, account: Account) -> None:
    assert send("hold", reason="Evidence").account.held_because == "Evidence"
    assert "Evidence" in operator.get(f"/accounts/{account.pk}/release/").content.decode()
    assert send("release").account.held_at is None


def test_purging_names_its_effect_and_wants_the_address(
    admin: Client, send: Send, account: Account, now: datetime
) -> None:
    _over(account, now, days=200)
    Account.objects.update(mailbox_used=412 * 1024**2)

    question = " ".join(admin.get(f"/accounts/{account.pk}/purge/").content.decode().split())
    wrong = send("purge", client=admin, reason="Retention over", typed="other@metrosure.app").status
    right = send("purge", client=admin, reason="Retention over", typed=" Thandi.Nkosi@metrosure.app ")

    assert "Deletes the mailbox of Thandi Nkosi and 412 MB of mail, for ever." in question
    assert wrong == 422
    assert right.account.state == State.PURGED


def test_purging_too_early_is_refused_with_the_day(admin: Client, send: Send, account: Account, now: datetime) -> None:
    _over(account, now, days=30)

    answer = send("purge", client=admin, reason="Space", typed=account.address)

    assert "It can be purged from" in answer.page
    assert answer.account.state == State.CLOSED


def test_a_new_password_stands_in_one_answer_and_nowhere_else(
    operator: Client, account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    path = f"/accounts/{account.pk}/password/"
    before = operator.get(path).content.decode()

    answer = operator.post(path)
    password = answer.content.decode().split('id="password">')[1].split("<")[0]
    after = operator.get(f"/accounts/{account.pk}/").content.decode()

    assert "all app passwords end" in before
    assert answer["Cache-Control"] == "no-store"
    assert len(password) >= 16
    assert password not in after
    assert not any(password in session.session_data for session in Session.objects.all())
    assert not any(password in str(session.get_decoded()) for session in Session.objects.all())
    assert password not in caplog.text
    assert PendingSecret.objects.get().hash.startswith("$argon2id$")


def test_who_comes_second_sees_what_the_first_one_did(send: Send, account: Account, now: datetime) -> None:
    seen = account.version
    lifecycle.extend_account_by(account.pk, days=30, reason="Visits moved", by=TESTER, now=now)

    stale = send("suspend", version=seen, reason="Phone lost")
    again = send("suspend", version=stale.account.version, reason="Phone lost")

    assert stale.status == 422
    assert stale.account.state == State.ACTIVE
    assert "Changed while you had it open" in stale.page
    assert '<b class="medium">tester</b> moved the last day' in stale.page
    assert "Phone lost" in stale.page
    assert f'name="version" value="{stale.account.version}"' in stale.page
    assert again.account.state == State.SUSPENDED


def test_a_second_click_does_nothing_twice(send: Send, account: Account) -> None:
    version, ends_at = account.version, account.ends_at
    send("extend", days=7, version=version)

    answer = send("extend", days=7, version=version)

    assert answer.account.ends_at == ends_at + 7 * DAY


def test_a_move_that_is_over_leads_back_and_says_how_it_is(operator: Client, account: Account) -> None:
    answer = operator.get(f"/accounts/{account.pk}/reinstate/", follow=True)

    assert "Thandi Nkosi is active now, so this is not possible." in answer.content.decode()


def test_the_question_opens_in_a_dialog_with_script(operator: Client, account: Account) -> None:
    headers = {"HX-Request": "true", "HX-Target": "dialog"}
    path = f"/accounts/{account.pk}/suspend/"

    question = operator.get(path, headers=headers).content.decode()
    mistaken = operator.post(path, {"reason": ""}, headers=headers)
    done = operator.post(path, {"reason": "Phone lost"}, headers=headers)

    assert "<html" not in question
    assert "hx-post" in question
    assert mistaken.status_code == 422
    assert "<html" not in mistaken.content.decode()
    assert done["HX-Redirect"] == f"/accounts/{account.pk}/"


def test_check_now_asks_the_server_again(operator: Client, account: Account) -> None:
    operator.post(f"/accounts/{account.pk}/check/")

    assert AuditEvent.objects.latest("id").action == Action.CHECK_ASKED
    assert Operation.objects.filter(status=Status.PENDING).get().cause == Action.CHECK_ASKED


def test_a_failed_change_is_tried_again(operator: Client, account: Account) -> None:
    Operation.objects.update(status=Status.FAILED, error_code="invalid")
    failed = Operation.objects.get()

    operator.post(f"/accounts/{account.pk}/operations/{failed.pk}/retry/")

    assert Operation.objects.filter(status=Status.PENDING).count() == 1


def test_a_change_that_is_done_is_not_tried_again(operator: Client, account: Account) -> None:
    Operation.objects.update(status=Status.DONE)

    answer = operator.post(f"/accounts/{account.pk}/operations/{Operation.objects.get().pk}/retry/", follow=True)

    assert "there is nothing to try again" in answer.content.decode()
