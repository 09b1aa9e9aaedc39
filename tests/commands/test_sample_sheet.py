"""The main job by command: the sheet's first ten people are opened, ended and audited."""

from __future__ import annotations

from accounts.audit import Action
from accounts.models import Account, AuditEvent, MailDomain
from stalwart_client.simulator import Simulator
from tests.commands.conftest import Call
from tests.conftest import Clock
from tests.holders import Door, door
from tests.roster import first_people

PEOPLE = first_people(10)


def test_ten_people_come_and_go(server: Simulator, domain: MailDomain, call: Call, clock: Clock) -> None:
    for person in PEOPLE:
        opened = call(
            "account", "create", person.address, "--name", person.name, "--owner", person.owner,
            "--purpose", person.purpose, "--campaign", person.campaign,
            "--starts-at", person.first_day.isoformat(), "--ends-at", person.last_day.isoformat(), "--json",
        )  # fmt: skip
        assert opened.code == 0, opened.out
    passwords = {
        person.address: call("account", "password", person.address, "--json").json["password"] for person in PEOPLE
    }
    clock.pass_(days=8)
    call("sweep")
    call("runner", "--until-idle")
    assert {door(server, address, password) for address, password in passwords.items()} == {Door.OPEN}

    clock.pass_(days=100)
    swept = call("sweep", "--json").json
    call("runner", "--until-idle")

    assert sorted(move["address"] for move in swept["changed"]) == sorted(passwords)
    assert {door(server, address, password) for address, password in passwords.items()} == {Door.LOCKED}
    listed = call("account", "list", "--json").json
    assert [account["locked"] for account in listed["accounts"]] == [True] * 10
    assert call("audit", "verify", "--json").json["unbroken"]
    for account in Account.objects.all():
        actions = set(AuditEvent.objects.filter(account_id=account.pk).values_list("action", flat=True))
        assert {Action.ACCOUNT_CREATED, Action.PASSWORD_SET, Action.STATE_CHANGED, Action.MAILBOX_CHANGED} <= actions
