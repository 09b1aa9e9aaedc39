"""`manage.py doctor`: each thing that can be wrong is named, with what mends it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import OperationalError, connection
from pytest_django.fixtures import Settings

from accounts import lookups, mailserver
from accounts.domain.people import Actor
from accounts.lookups import Asker, HostLooker
from accounts.models import Account, MailDomain, Pulse
from accounts.services.accounts import set_password
from stalwart_client.simulator import Simulator
from tests import mailports
from tests.commands.conftest import Call
from tests.conftest import Clock
from tests.factories import make_account
from tests.zones import World

pytestmark = pytest.mark.usefixtures("domain")


def examined(call: Call) -> tuple[int, dict[str, dict[str, Any]]]:
    said = call("doctor", "--json")
    checks = {check["name"]: check for check in said.json["checks"]}
    assert all(set(check) == {"name", "verdict", "found", "advice"} for check in checks.values())
    return said.code, checks


@pytest.fixture
def reachable(world: World, tmp_path: Path, now: datetime) -> Iterator[str]:
    """A mail host with everything that others look for; returns its name."""
    host = "mail.metrosure.test"
    world.names.zones["24.100.51.198.in-addr.arpa."] = f"@ 60 IN PTR {host}.\n"
    files = mailports.certificate(tmp_path, names=(host,), ends_at=now + timedelta(days=60))
    with mailports.mail_host(files) as ports:
        asker = Asker([world.resolver], authorities=lambda _: ())
        lookups.use(asker, HostLooker(asker, lists=["list.example"], endpoint=ports.endpoint))
        yield host


def test_a_panel_that_is_well(call: Call, now: datetime, world: World, domain: MailDomain, reachable: str) -> None:
    make_account(now=now)
    world.publish(domain)
    call("runner", "--until-idle")
    call("sweep")
    Pulse.objects.create(name="runner", at=now)

    code, checks = examined(call)

    assert code == 0
    assert {name: check["verdict"] for name, check in checks.items()} == dict.fromkeys(checks, "ok")
    assert not any(check["advice"] for check in checks.values())


def test_records_to_mend_are_told_by_domain(call: Call, world: World, domain: MailDomain) -> None:
    world.publish(domain)
    world.drop(domain, "_dmarc")

    dns = examined(call)[1]["DNS"]

    assert (dns["verdict"], dns["found"]) == ("warn", "metrosure.app: 1 DNS record to mend.")


def test_a_host_on_a_block_list_fails(call: Call, world: World, domain: MailDomain, reachable: str) -> None:
    world.publish(domain)
    world.names.zones["24.100.51.198.list.example."] = "@ 60 IN A 127.0.0.4\n"

    code, checks = examined(call)

    assert code == 1
    assert "198.51.100.24 is on the block list list.example." in checks["block lists"]["found"]


def test_silent_name_servers_are_no_verdict(call: Call) -> None:
    checks = examined(call)[1]

    names = ("DNS", "names of addresses", "block lists", "ports", "certificates")
    assert {checks[name]["verdict"] for name in names} == {"unknown"}


def test_what_was_looked_at_lately_is_not_asked_again(call: Call, world: World, domain: MailDomain) -> None:
    world.publish(domain)
    examined(call)
    world.names.asked.clear()
    examined(call)

    assert ("metrosure.app.", "MX") not in world.names.asked


def test_a_server_that_is_away_fails_and_leaves_the_rest_unknown(call: Call, server: Simulator, clock: Clock) -> None:
    server.faults.go_down()
    examined(call)
    clock.pass_(seconds=300)

    code, checks = examined(call)

    assert code == 1
    assert checks["mail server"]["verdict"] == "fail"
    assert "5 min ago" in checks["mail server"]["found"]
    assert checks["mail server"]["advice"].startswith("Look whether it runs, whether STALWART_URL is right,")
    assert checks["directory"]["verdict"] == "unknown"


def test_a_server_that_refuses_the_panel_is_not_called_silent(
    call: Call, server: Simulator, settings: Settings
) -> None:
    settings.STALWART_USER, settings.STALWART_PASSWORD = "admin", "not-this-one"
    mailserver.use(server)

    code, checks = examined(call)

    assert (code, checks["mail server"]["verdict"]) == (1, "fail")
    assert "does not answer" not in checks["mail server"]["found"]
    assert "right token or password" in checks["mail server"]["advice"]


def test_nothing_that_has_never_run_is_well(call: Call) -> None:
    code, checks = examined(call)

    assert code == 0
    assert (checks["sweep"]["verdict"], checks["job runner"]["verdict"]) == ("warn", "warn")


def test_a_sweep_that_stays_away_is_told(call: Call, clock: Clock) -> None:
    call("sweep")
    clock.pass_(seconds=16 * 60)

    assert examined(call)[1]["sweep"]["found"] == "It last ran 16 min ago."


@pytest.mark.parametrize(("seconds", "verdict"), [(20, "ok"), (60, "warn"), (-300, "fail")])
def test_clocks_that_differ_are_told(call: Call, server: Simulator, seconds: int, verdict: str) -> None:
    server.advance(seconds)

    assert examined(call)[1]["clock"]["verdict"] == verdict


def test_a_log_without_its_triggers_is_told(call: Call) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER auditevent_no_delete")

    code, checks = examined(call)

    assert code == 1
    assert "auditevent_no_delete" in checks["audit log"]["found"]


def test_a_lock_that_was_not_seen_is_told(call: Call, now: datetime) -> None:
    make_account(now=now)
    Account.objects.update(state="suspended", mailbox_exists=True, mailbox_locked=False)

    assert "1 mailboxes must be locked" in examined(call)[1]["locks"]["found"]


def test_changes_that_failed_are_told(call: Call, now: datetime) -> None:
    account = make_account(now=now)
    account.operations.update(status="failed")

    assert examined(call)[1]["changes"]["verdict"] == "warn"


def test_a_database_that_is_away_is_a_finding(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("connection refused")

    with monkeypatch.context() as broken:
        for name in ("cursor", "chunked_cursor", "ensure_connection"):
            broken.setattr(connection, name, away)
        code, checks = examined(call)

    assert code == 1
    assert (checks["database"]["verdict"], "DATABASE_URL" in checks["database"]["advice"]) == ("fail", True)
    assert {checks[name]["verdict"] for name in ("migrations", "sweep", "locks", "mail server")} == {"unknown"}


def test_what_no_key_opens_is_told(call: Call, now: datetime, hr: Actor, settings: Settings) -> None:
    set_password(make_account(now=now).pk, by=hr, now=now)
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]

    _code, checks = examined(call)

    assert (checks["field keys"]["verdict"], "FIELD_KEYS" in checks["field keys"]["advice"]) == ("fail", True)
