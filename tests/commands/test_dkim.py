"""Domains and signing keys from the command line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from accounts.models import AuditDetail, MailDomain
from accounts.outbox import published
from stalwart_client import DkimAlgorithm, DkimStage, StalwartClient
from stalwart_client.simulator import Simulator
from tests.commands.conftest import Call
from tests.conftest import Clock
from tests.factories import make_account
from tests.names import Names


@pytest.fixture
def names() -> Iterator[Names]:
    made = Names()
    published.use(made)
    yield made
    published.use(None)


@pytest.fixture
def signed(domain: MailDomain, client_of_server: StalwartClient, server: Simulator, clock: Clock) -> MailDomain:
    """metrosure.app with one Ed25519 key that signs."""
    if server.generation == "0.16":
        clock.pass_(seconds=5)
        client_of_server.dkim.set_rotation(domain.name, None)
    for key in client_of_server.dkim.keys(domain.name):
        client_of_server.dkim.delete(domain.name, key.selector)
    client_of_server.dkim.create(domain.name, DkimAlgorithm.ED25519, selector="old")
    return domain


def test_a_key_is_replaced_step_by_step(
    signed: MailDomain, client_of_server: StalwartClient, call: Call, names: Names, clock: Clock
) -> None:
    made = call("dkim", "rotate", "metrosure.app", "--algorithm", "ed25519", "--json")
    assert (made.code, made.json["stage"]) == (0, "publishing")

    missing = call("dkim", "check", "metrosure.app", "--json").json
    assert (missing["stage"], missing["verdict"]) == ("publishing", "missing")

    record = made.json["record"]
    names.put(record["name"], record["value"])
    seen = call("dkim", "check", "metrosure.app", "--json").json
    assert (seen["stage"], seen["verdict"], seen["old"]) == ("waiting", "seen", ["old"])
    signing = [key.selector for key in client_of_server.dkim.keys("metrosure.app") if key.stage is DkimStage.ACTIVE]
    assert signing == [made.json["selector"]]


def test_a_kind_that_is_not_named_is_chosen(signed: MailDomain, call: Call) -> None:
    created = call("dkim", "create", "metrosure.app", "--json")
    rotated = call("dkim", "rotate", "metrosure.app", "--json")

    assert (created.code, created.json["algorithm"]) == (0, "rsa")  # the other one is there
    assert (rotated.code, rotated.json["algorithm"]) == (0, "ed25519")  # the only one that signs


def test_keys_are_listed_with_their_records(signed: MailDomain, client_of_server: StalwartClient, call: Call) -> None:
    said = call("dkim", "list", "metrosure.app", "--json").json

    (there,) = client_of_server.dkim.keys("metrosure.app")
    (key,) = said["keys"]
    assert (key["selector"], key["algorithm"], key["stage"]) == ("old", "ed25519", "active")
    assert key["record"] == {"type": "TXT", "name": there.record.name, "value": there.record.content}
    assert said["rotations"] == []


def test_a_server_that_is_away_leaves_what_was_known(signed: MailDomain, server: Simulator, call: Call) -> None:
    call("dkim", "list", "metrosure.app")
    server.go_down()

    said = call("dkim", "list", "metrosure.app", "--json")

    assert (said.code, [key["selector"] for key in said.json["keys"]]) == (0, ["old"])


def test_keys_that_nobody_has_read_are_not_none(domain: MailDomain, server: Simulator, call: Call) -> None:
    server.go_down()

    assert call("dkim", "list", "metrosure.app").out == "Not known: the mail server did not answer yet.\n"


def test_insisting_and_abandoning(
    signed: MailDomain, client_of_server: StalwartClient, call: Call, names: Names
) -> None:
    call("dkim", "rotate", "metrosure.app", "--algorithm", "ed25519")
    call("dkim", "create", "metrosure.app", "--algorithm", "rsa")

    two = call("dkim", "abandon", "metrosure.app", "--json")
    gone = call("dkim", "abandon", "metrosure.app", "--algorithm", "rsa", "--json").json
    on = call("dkim", "activate", "metrosure.app", "--reason", "Seen by hand", "--json").json

    assert (two.code, two.error["field"]) == (2, "algorithm")
    assert (gone["stage"], on["stage"]) == ("abandoned", "waiting")
    assert AuditDetail.objects.filter(reason="Seen by hand").exists()


def test_a_key_in_other_hands_is_replaced_at_once(
    signed: MailDomain, client_of_server: StalwartClient, call: Call, names: Names
) -> None:
    said = call("dkim", "rotate", "metrosure.app", "--compromised", "old", "--reason", "Leaked", "--json")

    assert (said.code, said.json["stage"], said.json["old"]) == (0, "done", ["old"])
    assert [key.selector for key in client_of_server.dkim.keys("metrosure.app")] == [said.json["selector"]]


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        pytest.param(("list", "nothere.example"), 1, "domain", id="no such domain"),
        pytest.param(("list", "no domain"), 1, "domain", id="no domain at all"),
        pytest.param(("create", "metrosure.app", "--algorithm", "ed25519"), 1, "algorithm", id="one signs already"),
        pytest.param(("rotate", "metrosure.app", "--algorithm", "rsa"), 1, "algorithm", id="none to replace"),
        pytest.param(("rotate", "metrosure.app", "--algorithm", "dsa"), 2, "algorithm", id="unknown kind"),
        pytest.param(("rotate", "metrosure.app", "--algorithm", "ed25519", "--days", "0"), 1, "days", id="no days"),
        pytest.param(("rotate", "metrosure.app", "--compromised", "old"), 1, "reason", id="no reason"),
        pytest.param(
            ("rotate", "metrosure.app", "--compromised", "x", "--reason", "y"), 1, "selector", id="no such key"
        ),
        pytest.param(("check", "metrosure.app"), 1, "domain", id="nothing on its way"),
        pytest.param(("activate", "metrosure.app"), 2, "reason", id="insisting without a reason"),
    ],
)
def test_failures(signed: MailDomain, call: Call, arguments: tuple[str, ...], code: int, field: str | None) -> None:
    said = call("dkim", *arguments, "--json")

    assert (said.code, said.error["field"]) == (code, field)


def test_a_domain_is_described_given_a_catch_all_and_deleted(
    domain: MailDomain, client_of_server: StalwartClient, call: Call, clock: Clock
) -> None:
    account = make_account(now=clock())
    call("runner", "--until-idle")

    described = call("domain", "describe", "metrosure.app", "Field teams", "--json").json
    caught = call("domain", "catch-all", "metrosure.app", "--account", account.address, "--json").json
    nobody = call("domain", "catch-all", "metrosure.app", "--none", "--json").json
    kept = call("domain", "delete", "metrosure.app", "--json")

    assert described["description"] == client_of_server.domain("metrosure.app").description == "Field teams"
    assert (caught["catch_all"], nobody["catch_all"]) == (account.address, None)
    assert client_of_server.mailbox(account.address).catch_all == ()
    assert kept.code == 1
    assert account.address in kept.error["message"]


def test_an_unused_domain_is_deleted(domain: MailDomain, client_of_server: StalwartClient, call: Call) -> None:
    said = call("domain", "delete", "metrosure.app", "--reason", "No longer ours", "--json")

    assert (said.code, said.json) == (0, {"name": "metrosure.app", "on_server": False})
    assert list(client_of_server.domains()) == []
    assert call("domain", "list", "--json").json == {"domains": []}


def test_a_domain_in_another_script(server: Simulator, client_of_server: StalwartClient, call: Call) -> None:
    name = "bücher.org"
    created = call("domain", "create", name, "--json").json

    assert created == {"name": "xn--bcher-kva.org", "on_server": True}
    assert call("domain", "describe", name, "Books", "--json").json["description"] == "Books"
    assert [domain.name for domain in client_of_server.domains()] == ["xn--bcher-kva.org"]


def test_a_mail_provider_is_nobodys_own(server: Simulator, call: Call) -> None:
    said = call("domain", "create", "gmail.com", "--json")

    assert (said.code, said.error["field"]) == (1, "name")
    assert not MailDomain.objects.exists()
