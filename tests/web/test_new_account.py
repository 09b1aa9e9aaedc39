"""Opening a mailbox: what is typed is kept, what is wrong is said beside its field, and twice is once."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from django.test import Client

from accounts import mailserver
from accounts.domain.lifecycle import State
from accounts.models import Account, MailDomain, PendingSecret
from stalwart_client import Create, Wanted
from stalwart_client.simulator import Simulator

pytestmark = pytest.mark.django_db
PATH = "/accounts/new/"
TYPED = {
    "name": "Zoë van der Merwe",
    "address_0": "",
    "address_1": "metrosure.app",
    "owner": "palesa@metrosure.app",
    "last_day": "2026-12-18",
    "quota_0": "",
    "quota_1": "GB",
}


@pytest.fixture(autouse=True)
def domain(now: datetime, db: None) -> MailDomain:
    return MailDomain.objects.create(name="metrosure.app", created_at=now, seen_at=now)


def _page(client: Client, **typed: str) -> tuple[int, str]:
    answer = client.post(PATH, {**TYPED, **typed})
    return answer.status_code, " ".join(answer.content.decode().split())


def test_a_name_an_owner_and_a_last_day_are_enough(operator: Client) -> None:
    answer = operator.post(PATH, TYPED, follow=True)

    account = Account.objects.get()
    assert account.address == "zoe.vandermerwe@metrosure.app"
    assert account.ends_at == datetime(2026, 12, 18, 22, tzinfo=UTC)
    assert account.quota == 1024**3
    assert "zoe.vandermerwe@metrosure.app is being set up." in answer.content.decode()


def test_everything_that_can_be_said(operator: Client) -> None:
    more = {
        "address_0": "Zoe",
        "first_day": "2026-12-01",
        "purpose": "Pharmacies",
        "campaign": "Spring audit",
        "quota_0": "512.5",
        "quota_1": "MB",
        "aliases": "shopper026@metrosure.app\n\nzo@metrosure.app",
        "note": "Has a phone of ours",
    }

    operator.post(PATH, {**TYPED, **more})

    account = Account.objects.get()
    assert (account.address, account.state) == ("zoe@metrosure.app", State.SCHEDULED)
    assert account.starts_at == datetime(2026, 11, 30, 22, tzinfo=UTC)
    assert account.quota == int(512.5 * 1024**2)
    assert account.campaign is not None
    assert sorted(account.aliases.values_list("address", flat=True)) == ["shopper026@metrosure.app", "zo@metrosure.app"]


def test_a_first_day_that_is_today_means_now(operator: Client, now: datetime) -> None:
    operator.post(PATH, {**TYPED, "first_day": "2026-11-24"})

    assert Account.objects.get().starts_at == now


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        pytest.param({"name": ""}, "Fill this in.", id="no name"),
        pytest.param({"last_day": "2026-11-01"}, "The last day must lie ahead.", id="past"),
        pytest.param({"address_0": "zoë müller"}, "You could write “zoe.muller”", id="accents"),
        pytest.param({"address_0": "zoe@example.org"}, "example.org is not one of your mail domains.", id="domain"),
        pytest.param({"name": "张伟"}, "No address can be made from this name. Type one.", id="no letters of ours"),
        pytest.param({"aliases": "nonsense"}, "Type a whole address", id="alias"),
        pytest.param({"quota_0": "-1"}, "greater than or equal to 0", id="space"),
        pytest.param({"first_day": "2026-12-19"}, "The end lies before the start", id="start after end"),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_all_is_kept(typed: dict[str, str], says: str, operator: Client) -> None:
    status, page = _page(operator, **{"purpose": "Pharmacies in June", **typed})

    assert status == 422
    assert says in page
    assert 'value="Pharmacies in June"' in page
    assert 'role="alert"' in page
    assert Account.objects.count() == 0


def test_several_mistakes_are_said_at_once(operator: Client) -> None:
    page = _page(operator, name="", owner="", last_day="")[1]

    assert "3 things to mend. Nothing was changed." in page
    assert page.count('aria-invalid="true"') == 3


def test_a_form_in_another_charset_is_read_as_ours(operator: Client) -> None:
    body, kind = urlencode(TYPED), "application/x-www-form-urlencoded; charset=utf-16"

    answer = operator.generic("POST", PATH, body.encode(), content_type=kind)

    assert answer.status_code == 302
    assert Account.objects.get().name == TYPED["name"]


def test_sent_twice_is_one_mailbox(operator: Client) -> None:
    operator.post(PATH, TYPED | {"address_0": "zoe"})

    status, page = _page(operator, address_0="zoe")

    assert status == 200
    assert "You opened zoe@metrosure.app a moment ago" in page
    assert Account.objects.count() == 1


def test_somebody_elses_address_is_taken(operator: Client, account: Account) -> None:
    assert "belongs to Thandi Nkosi already" in _page(operator, address_0="thandi.nkosi")[1]


def test_the_mail_server_is_asked_first(operator: Client, quiet_server: Simulator) -> None:
    client = mailserver.client()
    client.create_domain("metrosure.app")
    client.apply([Create(wanted=Wanted(address="promo@metrosure.app", name="Promo"))])

    page = _page(operator, address_0="promo")[1]

    assert "The mail server already has promo@metrosure.app" in page
    assert Account.objects.count() == 0


def test_a_mail_server_that_is_away_stops_nobody(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.queries.mailserver.address_taken", lambda _address, _now: None)

    assert _page(operator)[0] == 302


def test_the_first_password_is_shown_once(operator: Client) -> None:
    answer = operator.post(PATH, {**TYPED, "make_password": "on"})

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "This is the only time it is shown" in page
    assert 'data-copied="the password"' in " ".join(page.split())
    assert PendingSecret.objects.count() == 1


def test_an_address_is_offered_while_the_name_is_typed(operator: Client, account: Account) -> None:
    page = operator.get("/accounts/new/address/?name=Thandi+Nkosi&address_1=metrosure.app").content.decode()

    assert "thandi.nkosi2@metrosure.app" in page


def test_without_a_mail_domain_it_says_what_is_missing(operator: Client) -> None:
    MailDomain.objects.all().delete()

    page = operator.get(PATH).content.decode()

    assert "There is no mail domain yet" in page
    assert "Open the mailbox" not in page
