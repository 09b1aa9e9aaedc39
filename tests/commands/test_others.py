"""The smaller commands: domains, staff, the sweep, the log."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime

import pytest
from django.db import connection

from accounts.models import Account, Authenticator, MailDomain, Staff
from stalwart_client import StalwartClient
from stalwart_client.simulator import Simulator
from tests.commands.conftest import Call
from tests.conftest import Clock
from tests.factories import make_account


def test_a_domain_is_there_when_the_command_returns(
    server: Simulator, client_of_server: StalwartClient, call: Call
) -> None:
    said = call("domain", "create", "Example.ORG", "--json")

    assert (said.code, said.json) == (0, {"name": "example.org", "on_server": True})
    assert [domain.name for domain in client_of_server.domains()] == ["example.org"]


def test_a_domain_waits_for_a_server_that_is_away(server: Simulator, call: Call, clock: Clock) -> None:
    server.faults.go_down()
    said = call("domain", "create", "example.org", "--json")
    server.faults.come_up()
    clock.pass_(seconds=10)
    call("runner", "--until-idle")

    assert said.json == {"name": "example.org", "on_server": False}
    (row,) = call("domain", "list", "--json").json["domains"]
    assert (row["name"], row["on_server"], row["accounts"]) == ("example.org", True, 0)


def test_the_list_of_domains_is_the_servers(server: Simulator, client_of_server: StalwartClient, call: Call) -> None:
    client_of_server.create_domain("made-elsewhere.org")

    assert [row["name"] for row in call("domain", "list", "--json").json["domains"]] == ["made-elsewhere.org"]


def test_a_domain_that_is_none_is_refused(server: Simulator, call: Call) -> None:
    said = call("domain", "create", "no domain", "--json")

    assert (said.code, said.error["field"]) == (1, "name")


def test_staff_get_a_password_for_their_first_sign_in(call: Call) -> None:
    said = call("staff", "create", "Lerato", "--role", "operator", "--email", "lerato@metrosure.app", "--json").json

    person = Staff.objects.get()
    assert (said["name"], said["role"]) == ("lerato", "operator")
    assert person.check_password(said["password"])
    assert person.must_change_password


def test_a_role_can_be_changed(call: Call) -> None:
    call("staff", "create", "lerato", "--role", "operator")

    said = call("staff", "role", "lerato", "admin", "--json")

    assert said.json == {"name": "lerato", "role": "admin", "password": None}
    assert [row["role"] for row in call("staff", "list", "--json").json["staff"]] == ["admin"]


def test_an_emergency_key_is_given_and_taken(call: Call, now: datetime) -> None:
    Staff.objects.create(username="riaan", role="admin", password="!", created_at=now)

    given = call("staff", "emergency", "riaan", "yes", "--json").json
    again = call("staff", "emergency", "riaan", "yes", "--json").json
    listed = call("staff", "list", "--json").json["staff"]
    call("staff", "emergency", "riaan", "no")

    assert Staff.objects.get().check_password(given["password"])
    assert again["password"] is None
    assert [row["emergency"] for row in listed] == [True]
    assert not Staff.objects.get().is_local


def test_a_second_factor_is_reset(call: Call, now: datetime) -> None:
    call("staff", "create", "riaan", "--role", "admin", "--emergency")
    Authenticator.objects.create(user=Staff.objects.get(), name="app")

    said = call("staff", "reset-otp", "Riaan", "--json")

    assert (said.code, said.json) == (0, {"name": "riaan", "role": "admin", "password": None})
    assert not Authenticator.objects.exists()
    assert call("staff", "reset-otp", "riaan", "--json").code == 1


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        pytest.param(("reset-otp", "nobody"), 1, "name", id="nobody to reset"),
        pytest.param(("emergency", "nobody", "yes"), 1, "name", id="nobody to give a key"),
        pytest.param(("create", "lerato"), 2, "role", id="no role"),
        pytest.param(("create", "lerato", "--role", "king"), 2, "role", id="unknown role"),
        pytest.param(("create", "two words", "--role", "admin"), 1, "name", id="bad name"),
        pytest.param(("role", "nobody", "admin"), 1, "name", id="nobody"),
    ],
)
def test_staff_failures(call: Call, arguments: tuple[str, ...], code: int, field: str | None) -> None:
    said = call("staff", *arguments, "--json")

    assert (said.code, said.error["field"]) == (code, field)


def test_the_sweep_moves_what_is_due(domain: MailDomain, call: Call, clock: Clock, now: datetime) -> None:
    account = make_account(now=now)
    clock.pass_(days=31)

    foreseen = call("sweep", "--dry-run", "--json").json
    swept = call("sweep", "--json").json

    assert foreseen == swept
    assert swept == {"changed": [{"address": account.address, "from": "active", "to": "ended"}], "stopped": None}


def test_the_sweep_can_look_ahead(domain: MailDomain, call: Call, now: datetime) -> None:
    make_account(now=now)

    foreseen = call("sweep", "--dry-run", "--at", "2027-01-01", "--json").json

    assert [move["to"] for move in foreseen["changed"]] == ["ended"]
    assert Account.objects.get().state == "active"


def test_looking_ahead_is_no_sweeping(call: Call) -> None:
    said = call("sweep", "--at", "2027-01-01", "--json")

    assert (said.code, said.error["field"]) == (2, "at")


def test_many_purges_wait_for_a_person(domain: MailDomain, call: Call, clock: Clock, now: datetime) -> None:
    for number in range(26):
        make_account(f"shopper{number}@metrosure.app", now=now)
    clock.pass_(days=200)

    stopped = call("sweep", "--json").json
    confirmed = call("sweep", "--confirm-purges", "26", "--json").json

    assert {move["to"] for move in stopped["changed"]} == {"closed"}
    assert "26" in stopped["stopped"]
    assert [move["to"] for move in confirmed["changed"]] == ["purged"] * 26
    assert confirmed["stopped"] is None


@pytest.mark.parametrize("day", ["yesterday", "0001-01-01", "9999-12-31"])
def test_the_log_of_a_day_that_cannot_be_is_refused(call: Call, day: str) -> None:
    said = call("audit", "export", "--since", day, "--json")

    assert (said.code, said.error["field"]) == (2, "since")


def test_a_whole_log_is_unbroken(domain: MailDomain, call: Call, now: datetime) -> None:
    make_account(now=now)

    said = call("audit", "verify", "--json")

    assert (said.code, said.json) == (0, {"entries": 1, "unbroken": True, "first_bad": None})


def test_a_changed_log_is_told(domain: MailDomain, call: Call, now: datetime) -> None:
    make_account(now=now)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER auditevent_no_update")
        cursor.execute("UPDATE accounts_auditevent SET action = 'signed_in'")

    said = call("audit", "verify", "--json")

    assert (said.code, said.json) == (1, {"entries": 1, "unbroken": False, "first_bad": 1})


def test_the_log_is_written_out_in_the_form_asked_for(call: Call, clock: Clock) -> None:
    for name in ("lerato", "riaan"):
        call("staff", "create", name, "--role", "auditor")
        clock.pass_(days=1)

    lines = [json.loads(line) for line in call("audit", "export").out.splitlines()]
    table = list(csv.DictReader(io.StringIO(call("audit", "export", "--format", "csv", "--until", "2026-11-24").out)))
    whole = call("audit", "export", "--since", "2026-11-25", "--json").json["entries"]

    assert [line["subject"] for line in lines] == ["lerato", "riaan"]
    assert [row["subject"] for row in table] == ["lerato"]
    assert [entry["action"] for entry in whole] == ["staff_created", "log_exported", "log_exported"]
    assert call("audit", "verify", "--json").json["unbroken"]


def test_a_day_that_is_none_is_wrong_use(call: Call) -> None:
    said = call("audit", "export", "--since", "yesterday", "--json")

    assert said.code == 2
    assert "--since" in said.error["message"]


def test_a_person_is_shut_out_and_let_in_again(call: Call) -> None:
    for name, role in (("riaan", "admin"), ("lerato", "operator")):
        call("staff", "create", name, "--role", role)

    out = call("staff", "deactivate", "lerato", "--reason", "Left", "--json").json
    last = call("staff", "deactivate", "riaan", "--reason", "Left", "--json")

    assert out == {"name": "lerato", "active": False}
    assert (last.code, last.error["message"][:31]) == (1, "This is the last administrator.")
    assert call("staff", "activate", "lerato", "--json").json == {"name": "lerato", "active": True}
