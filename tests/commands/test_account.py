"""`manage.py account`: one account, through the same services as the pages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from accounts.models import Account, AuditEvent, MailDomain
from stalwart_client import StalwartClient
from stalwart_client.simulator import Simulator
from tests.commands.conftest import Call
from tests.conftest import Clock
from tests.factories import make_account

ANA = "ana@metrosure.app"
OPENING = ("--name", "Ana", "--owner", "palesa@metrosure.app", "--purpose", "Store visits", "--ends-at", "2026-12-18")
FIELDS = {
    "address", "name", "state", "locked", "starts_at", "ends_at", "closes_at", "purges_at", "owner", "campaign",
    "operations",
}  # fmt: skip


def test_a_mailbox_follows_its_account(domain: MailDomain, call: Call, client_of_server: StalwartClient) -> None:
    created = call("account", "create", ANA, *OPENING, "--campaign", "Summer", "--json")
    call("runner", "--until-idle")
    shown = call("account", "show", ANA, "--json").json

    assert created.code == 0
    assert created.json["operations"][0]["status"] == "pending"
    assert created.json["locked"] is None
    assert set(shown) == FIELDS
    assert (shown["state"], shown["locked"], shown["campaign"]) == ("active", False, "Summer")
    assert shown["operations"][0] | {"id": ""} == {
        "id": "", "kind": "mailbox", "status": "done", "attempts": 1, "error": None,
    }  # fmt: skip
    assert client_of_server.mailbox(ANA).name == "Ana"


def test_of_two_changes_at_one_instant_the_one_that_counts_comes_first(
    domain: MailDomain, call: Call, clock: Clock
) -> None:
    account = make_account(now=clock())
    clock.pass_(days=200)
    call("sweep")  # closes and purges it

    operations = call("account", "show", account.address, "--json").json["operations"]

    assert [operation["status"] for operation in operations[:2]] == ["pending", "superseded"]


def test_a_date_is_the_last_day_in_the_companys_zone(domain: MailDomain, call: Call) -> None:
    account = call("account", "create", ANA, *OPENING, "--starts-at", "2026-12-01", "--json").json

    assert datetime.fromisoformat(account["starts_at"]) == datetime(2026, 11, 30, 22, tzinfo=UTC)
    assert datetime.fromisoformat(account["ends_at"]) == datetime(2026, 12, 18, 22, tzinfo=UTC)
    assert account["state"] == "scheduled"


def test_a_moment_is_exclusive(domain: MailDomain, call: Call) -> None:
    account = call("account", "create", ANA, *OPENING[:-1], "2026-12-18T12:00:00+02:00", "--json").json

    assert datetime.fromisoformat(account["ends_at"]) == datetime(2026, 12, 18, 10, tzinfo=UTC)


def test_creating_may_follow_a_domain_that_the_server_got_by_another_way(
    server: Simulator, client_of_server: StalwartClient, call: Call
) -> None:
    client_of_server.create_domain("metrosure.app")

    assert call("account", "create", ANA, *OPENING).code == 0


def test_creating_follows_domain_create_without_a_pause(server: Simulator, call: Call) -> None:
    call("domain", "create", "metrosure.app")

    assert call("account", "create", ANA, *OPENING).code == 0


@pytest.mark.parametrize(
    ("size", "quota"),
    [("1048576", 1024**2), ("500MB", 500 * 1024**2), ("2gb", 2 * 1024**3), ("0", 0)],
)
def test_quotas_are_read_as_people_write_them(domain: MailDomain, call: Call, size: str, quota: int) -> None:
    call("account", "create", ANA, *OPENING, "--quota", size)

    assert Account.objects.get().quota == quota


def test_the_log_names_the_unix_user(domain: MailDomain, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "lerato")

    call("account", "create", ANA, *OPENING)

    assert AuditEvent.objects.get().detail.actor == "command:lerato"


def test_a_life_in_commands(domain: MailDomain, call: Call, clock: Clock) -> None:
    call("account", "create", ANA, *OPENING)

    def does(*arguments: str) -> tuple[str, bool | None]:
        said = call("account", *arguments, "--json")
        assert said.code == 0, said.err
        call("runner", "--until-idle")
        account = call("account", "show", ANA, "--json").json
        return account["state"], account["locked"]

    assert does("suspend", ANA, "--reason", "Phone lost") == ("suspended", True)
    assert does("reinstate", ANA) == ("active", False)
    assert does("extend", ANA, "--days", "7") == ("active", False)
    assert does("end", ANA) == ("ended", True)
    assert does("reinstate", ANA, "--days", "3") == ("active", False)
    assert does("extend", ANA, "--ends-at", "2026-11-25") == ("active", False)
    clock.pass_(days=14 + 90 + 2)
    call("sweep")
    assert does("show", ANA)[0] == "purged"


def test_purging_before_its_time_says_when(domain: MailDomain, call: Call, now: datetime) -> None:
    make_account(ANA, now=now)

    said = call("account", "purge", ANA, "--json")

    assert said.code == 1
    assert "2027" in said.error["message"]


def test_a_password_is_shown_once_and_kept_as_a_hash(domain: MailDomain, call: Call, now: datetime) -> None:
    account = make_account(ANA, now=now)

    said = call("account", "password", ANA, "--json").json

    assert set(said) == {"address", "password"}
    assert len(said["password"]) >= 16
    assert said["password"] not in account.pending_secret.hash


def test_editing_changes_what_is_named(domain: MailDomain, call: Call, now: datetime) -> None:
    make_account(ANA, now=now, note="Keep me")

    call(
        "account", "edit", ANA, "--owner", "johan@metrosure.app", "--aliases", "a.one@metrosure.app,a.two@metrosure.app"
    )

    account = Account.objects.get()
    assert (account.owner, account.note) == ("johan@metrosure.app", "Keep me")
    assert account.aliases.count() == 2


def test_an_empty_list_removes_all_aliases(domain: MailDomain, call: Call, now: datetime) -> None:
    make_account(ANA, now=now, aliases=["a.one@metrosure.app"])

    call("account", "edit", ANA, "--aliases", "")

    assert not Account.objects.get().aliases.exists()


def test_the_list_can_be_narrowed(domain: MailDomain, call: Call, now: datetime) -> None:
    make_account(ANA, now=now)
    make_account("ben@metrosure.app", now=now, name="Ben Botha")
    call("account", "suspend", ANA, "--reason", "Phone lost")

    def listed(*arguments: str) -> list[str]:
        answer = call("account", "list", *arguments, "--json").json
        assert answer["count"] == len(answer["accounts"])
        return [account["address"] for account in answer["accounts"]]

    assert sorted(listed()) == [ANA, "ben@metrosure.app"]
    assert listed("--state", "suspended") == [ANA]
    assert listed("--q", "botha") == ["ben@metrosure.app"]
    assert listed("--q", "nobody") == []


def test_what_the_server_refuses_is_told(domain: MailDomain, call: Call, server: Simulator, now: datetime) -> None:
    make_account(ANA, now=now)
    server.faults.go_down()
    call("runner", "--until-idle")

    operation = call("account", "show", ANA, "--json").json["operations"][0]

    assert (operation["status"], operation["attempts"]) == ("pending", 1)
    assert "does not answer" in operation["error"]


def test_json_can_be_asked_for_before_the_action(call: Call) -> None:
    assert call("account", "--json", "list").json == {"count": 0, "accounts": []}


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        pytest.param(("show", "nobody@metrosure.app"), 1, "address", id="unknown address"),
        pytest.param(("show", "nobody"), 1, "address", id="no address"),
        pytest.param(("create", ANA), 2, "name", id="missing options"),
        pytest.param(("create", "Zoë@metrosure.app", *OPENING), 1, "address", id="characters"),
        pytest.param(("create", "ana@elsewhere.org", *OPENING), 1, "address", id="unknown domain"),
        pytest.param(("create", ANA, *OPENING[:-1], "tomorrow"), 1, "ends_at", id="no date"),
        pytest.param(("create", ANA, *OPENING[:-1], "2020-01-01"), 1, "ends_at", id="past"),
        pytest.param(("create", ANA, *OPENING, "--quota", "much"), 2, "quota", id="no size"),
        pytest.param(("extend", ANA), 2, "ends_at", id="no end"),
        pytest.param(("extend", ANA, "--days", "7", "--ends-at", "2027-01-01"), 2, "ends_at", id="two ends"),
        pytest.param(("suspend", ANA), 2, "reason", id="no reason"),
        pytest.param(("suspend", ANA, "--reason", "\udcff"), 2, None, id="bytes that are no text"),
        pytest.param(("vanish", ANA), 2, "action", id="unknown action"),
        pytest.param((), 2, "action", id="no action"),
    ],
)
def test_failures_are_told_as_json(
    domain: MailDomain, call: Call, arguments: tuple[str, ...], code: int, field: str | None
) -> None:
    said = call("account", *arguments, "--json")

    assert said.code == code
    assert said.error["field"] == field
    assert said.error["message"].strip() == said.err.strip()


def test_without_json_failures_leave_stdout_empty(domain: MailDomain, call: Call) -> None:
    said = call("account", "show", "nobody@metrosure.app")

    assert (said.code, said.out) == (1, "")
    assert said.err == "There is no account nobody@metrosure.app.\n"
