"""`sync`: the comparison from the command line, and its JSON."""

from __future__ import annotations

from collections.abc import Callable

from accounts.models import Drift, MailDomain
from stalwart_client import Create, Destroy, StalwartClient, Update, Wanted
from stalwart_client.simulator import Simulator
from tests.commands.conftest import Call
from tests.conftest import Clock
from tests.factories import make_account

Run = Callable[[], int]
ADDRESS, NOBODYS, GONE = "thandi.nkosi@metrosure.app", "promo7@metrosure.app", "pieter@metrosure.app"


def _differ(client: StalwartClient, clock: Clock, run: Run) -> None:
    for address in (ADDRESS, GONE):
        make_account(address, now=clock())
    run()
    clock.pass_(seconds=60)
    client.apply(
        [Create(wanted=Wanted(address=NOBODYS)), Destroy(address=GONE), Update(address=ADDRESS, quota=5, name="X")]
    )


def test_it_says_what_differs(
    client_of_server: StalwartClient, domain: MailDomain, clock: Clock, run: Run, call: Call
) -> None:
    _differ(client_of_server, clock, run)

    said = call("sync", "--json")

    assert said.code == 0
    assert said.json == {
        "only_there": [NOBODYS],
        "only_here": [GONE],
        "different": [{"address": ADDRESS, "fields": ["name", "quota"]}],
    }
    assert Drift.objects.open().count() == 3


def test_a_dry_run_says_the_same_and_keeps_nothing(
    client_of_server: StalwartClient, domain: MailDomain, clock: Clock, run: Run, call: Call
) -> None:
    _differ(client_of_server, clock, run)

    said = call("sync", "--dry-run")

    assert said.code == 0
    assert f"{ADDRESS}  different: name, quota" in said.out
    assert "2 mailboxes listed, 3 differences." in said.out
    assert not Drift.objects.exists()


def test_a_server_that_is_not_believed_fails(
    client_of_server: StalwartClient, domain: MailDomain, clock: Clock, run: Run, call: Call
) -> None:
    make_account(now=clock())
    run()
    clock.pass_(seconds=60)
    client_of_server.apply([Destroy(address=ADDRESS)])

    said = call("sync", "--json")

    assert said.code == 1
    assert said.json == {"only_there": [], "only_here": [], "different": []}
    assert "no mailboxes at all" in said.err


def test_a_server_that_is_away_fails(server: Simulator, domain: MailDomain, call: Call) -> None:
    server.go_down()

    said = call("sync", "--json")

    assert said.code == 1
    assert said.error["message"].startswith("The mail server does not answer. Run the command again when it does;")
