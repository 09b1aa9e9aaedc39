"""The page of a domain's DNS records."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from accounts import mailserver
from accounts.models import DnsCheck, DnsFinding, MailDomain
from accounts.services import dns
from stalwart_client import Unreachable
from tests.conftest import Clock
from tests.nameserver import silence
from tests.zones import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours(now: datetime) -> MailDomain:
    mailserver.client().create_domain("metrosure.app")
    return MailDomain.objects.create(name="metrosure.app", created_at=now, seen_at=now)


@pytest.fixture
def published(ours: MailDomain, world: World) -> World:
    world.publish(ours)
    return world


def page(client: Client, domain: MailDomain, query: str = "") -> str:
    answer = client.get(f"/domains/{domain.pk}/dns/{query}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_before_the_first_look_it_says_so(ours: MailDomain, auditor: Client) -> None:
    shown = page(auditor, ours)

    assert "Not looked at yet" in shown
    assert "Zone file" not in shown
    assert "Check now</button>" not in shown


def test_it_shows_what_is_right_and_when_it_was_asked(
    published: World, ours: MailDomain, auditor: Client, now: datetime
) -> None:
    dns.check_domain(ours, now)

    shown = page(auditor, ours)

    assert "All right" in shown
    assert "Looked at 14:00, just now." in shown
    assert "10 mail." in shown
    assert "To mend" not in shown


def test_what_is_wrong_comes_first_with_why_and_what_to_type(
    published: World, ours: MailDomain, auditor: Client, now: datetime
) -> None:
    published.drop(ours, "_dmarc")
    published.change(ours, "v=spf1 mx -all", 'v=spf1 mx -all"\nmetrosure.app. 60 IN TXT "v=spf1 a ~all')
    dns.check_domain(ours, now)

    shown = page(auditor, ours)

    assert "2 records to mend" in shown
    assert "2 found" in shown
    assert "Only one SPF record may exist. With 2, receivers ignore them all." in shown
    assert shown.index("To mend") < shown.index("To receive mail")
    assert 'data-copy="_dmarc"' in shown
    assert "<mark>~all</mark>" in shown


def test_only_what_is_not_right(published: World, ours: MailDomain, auditor: Client, now: datetime) -> None:
    published.drop(ours, "_dmarc")
    dns.check_domain(ours, now)

    shown = page(auditor, ours, "?only=mend")

    assert "_dmarc.metrosure.app" in shown
    assert "To receive mail" not in shown


def test_what_changed_is_told_with_what_was_before(
    published: World, ours: MailDomain, auditor: Client, clock: Clock
) -> None:
    dns.check_domain(ours, clock())
    published.drop(ours, "_dmarc")
    dns.check_domain(ours, clock.pass_(seconds=1200))

    shown = page(auditor, ours)

    assert "Changed, seen 14:20. Before: v=DMARC1; p=reject" in shown


def test_silence_is_unknown_and_says_why(ours: MailDomain, world: World, auditor: Client, now: datetime) -> None:
    with silence() as mute:
        world.resolver = mute
        world.ask_here(limit=0.2)
        dns.check_domain(ours, now)

    shown = page(auditor, ours)

    assert "did not answer within 5 seconds, so this says nothing" in shown
    assert "No name server answered" in shown
    assert "records to mend" not in shown


def test_a_mail_server_that_is_away_is_told(
    published: World, ours: MailDomain, auditor: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise Unreachable("The mail server did not answer.")

    dns.check_domain(ours, clock())
    monkeypatch.setattr("stalwart_client.StalwartClient.dns_records", away)
    dns.check_domain(ours, clock())

    assert "this compares with what it expected last" in page(auditor, ours)


def test_a_look_is_asked_for_and_shown_by_itself(
    published: World, ours: MailDomain, admin: Client, clock: Clock
) -> None:
    asked = admin.post(f"/domains/{ours.pk}/dns/check/", follow=True).content.decode()

    assert "The name servers are being asked." in asked
    assert 'hx-trigger="every 3s"' in asked
    assert published.names.asked == []

    dns.check_asked(clock())
    part = admin.get(f"/domains/{ours.pk}/dns/", headers={"HX-Request": "true", "HX-Target": "dns"}).content.decode()
    assert "<html" not in part
    assert "every 3s" not in part
    assert "All right" in part
    assert "The mail host mail." in part


def test_a_look_at_no_domain_is_not_found(admin: Client, db: None) -> None:
    assert admin.post("/domains/77/dns/check/").status_code == 404
    assert admin.get("/domains/77/dns/").status_code == 404


def test_the_zone_file_is_downloaded_without_asking_anybody(
    published: World, ours: MailDomain, auditor: Client, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    dns.check_domain(ours, now)
    expected = dns.zone_text(ours)
    monkeypatch.setattr("stalwart_client.StalwartClient.dns_records", None)

    answer = auditor.get(f"/domains/{ours.pk}/dns/zone/")

    assert answer["Content-Disposition"] == 'attachment; filename="metrosure.app.zone"'
    assert answer.content.decode() == expected


def test_before_the_first_look_there_is_no_zone_file(ours: MailDomain, auditor: Client) -> None:
    answer = auditor.get(f"/domains/{ours.pk}/dns/zone/", follow=True)

    assert "once the domain was looked at" in answer.content.decode()


def test_a_remark_of_an_older_panel_does_no_harm(
    published: World, ours: MailDomain, auditor: Client, now: datetime
) -> None:
    dns.check_domain(ours, now)
    DnsFinding.objects.update(hints=[["forgotten", {}]])

    assert "All right" in page(auditor, ours)


def test_a_unicode_name_is_shown_as_people_write_it(auditor: Client, now: datetime) -> None:
    made = MailDomain.objects.create(name="xn--bcher-kva.example.org", created_at=now)
    DnsCheck.objects.create(domain=made, checked_at=now)

    assert "bücher.example.org" in page(auditor, made)


def test_what_was_published_is_shown_and_never_run(
    published: World, ours: MailDomain, auditor: Client, now: datetime
) -> None:
    published.change(ours, "v=DMARC1; p=reject", "v=DMARC1; p=<script>alert(1)</script>")
    dns.check_domain(ours, now)

    assert "<script>alert" not in page(auditor, ours)
