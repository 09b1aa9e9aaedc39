"""`manage.py dns`: the answer as scripts read it, and what people see."""

from __future__ import annotations

import dns.zone
import pytest

from accounts.models import MailDomain
from stalwart_client import StalwartClient
from stalwart_client.simulator import Simulator
from tests.commands.conftest import Call
from tests.zones import World


@pytest.fixture
def published(domain: MailDomain, world: World) -> World:
    world.publish(domain)
    return world


def test_it_answers_record_by_record(published: World, domain: MailDomain, call: Call) -> None:
    published.drop(domain, "_dmarc")
    published.change(domain, "v=spf1 mx", "v=spf1 ip4:192.0.2.1")

    said = call("dns", "check", "metrosure.app", "--json")

    assert said.code == 0
    assert set(said.json) == {"domain", "records"}
    assert all(set(each) == {"type", "name", "expected", "found", "verdict"} for each in said.json["records"])
    verdicts = {(each["type"], each["name"]): each["verdict"] for each in said.json["records"]}
    assert verdicts["MX", "metrosure.app"] == "ok"
    assert verdicts["TXT", "_dmarc.metrosure.app"] == "missing"
    assert verdicts["TXT", "metrosure.app"] == "different"


def test_strict_fails_where_something_has_to_be_mended(published: World, domain: MailDomain, call: Call) -> None:
    well = call("dns", "check", "metrosure.app", "--strict")
    published.drop(domain, "_dmarc")
    broken = call("dns", "check", "metrosure.app", "--strict")

    assert (well.code, broken.code) == (0, 1)
    assert "1 records to mend." in broken.err
    assert "_dmarc.metrosure.app" in broken.out


def test_without_a_domain_it_looks_at_all(published: World, call: Call) -> None:
    assert [each["domain"] for each in call("dns", "check", "--json").json["domains"]] == ["metrosure.app"]


def test_a_domain_made_on_the_server_counts(published: World, client_of_server: StalwartClient, call: Call) -> None:
    client_of_server.create_domain("made-elsewhere.org")

    assert call("dns", "check", "Made-Elsewhere.org", "--json").json["domain"] == "made-elsewhere.org"


@pytest.mark.parametrize("name", ["no domain", "somebody-else.org", "-", "a" * 300])
def test_what_is_not_ours_is_refused(published: World, call: Call, name: str) -> None:
    for action in ("check", "zone"):
        said = call("dns", action, "--json", "--", name)

        assert (said.code, said.error["field"]) == (1, "domain")


def test_the_zone_file_is_one(published: World, call: Call) -> None:
    text = call("dns", "zone", "metrosure.app", "--json").json["zone"]

    read = dns.zone.from_text(text, origin="metrosure.app.", relativize=False, check_origin=False)
    assert read.get_rdataset("metrosure.app.", "MX") is not None
    assert call("dns", "zone", "metrosure.app").out == text


def test_the_zone_file_outlives_the_mail_server(published: World, call: Call, server: Simulator) -> None:
    call("dns", "check", "metrosure.app")
    before = call("dns", "zone", "metrosure.app").out
    server.go_down()

    assert call("dns", "zone", "metrosure.app").out == before


def test_a_server_that_has_never_answered_has_no_zone_file(
    domain: MailDomain, call: Call, server: Simulator, world: World
) -> None:
    server.go_down()

    said = call("dns", "zone", "metrosure.app", "--json")

    assert said.code == 1
    assert said.error["message"].startswith("The mail server does not answer. Run the command again when it does;")


def test_the_wrong_use_is_told(call: Call) -> None:
    assert call("dns", "--json").code == 2
