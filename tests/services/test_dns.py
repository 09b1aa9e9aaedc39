"""Looking at what domains publish: what is kept, what is told, and how long anybody waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pytest

from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.models import AuditEvent, DnsCheck, DnsFinding, MailDomain, Notice
from accounts.services import dns
from stalwart_client import DkimAlgorithm, DnsRecord, StalwartClient
from stalwart_client.simulator import Simulator
from tests.conftest import Clock
from tests.nameserver import Names, serving, silence
from tests.zones import World

pytestmark = pytest.mark.django_db


def verdicts(report: dns.Report) -> Mapping[tuple[str, str], str]:
    return {(each.type, each.name): each.verdict for each in report.findings}


def finding(name: str, kind: str = "TXT") -> DnsFinding:
    return DnsFinding.objects.get(name=name, type=kind, expected__isnull=False)


def test_a_zone_as_the_panel_writes_it_is_right(
    domain: MailDomain, world: World, now: datetime, client_of_server: StalwartClient
) -> None:
    if not client_of_server.dkim.keys(domain.name):
        client_of_server.dkim.create(domain.name, DkimAlgorithm.RSA)
    world.publish(domain)

    report = dns.check_domain(domain, now)

    assert [each for each in report.findings if each.to_mend] == []
    assert verdicts(report)["MX", "metrosure.app."] == "ok"
    assert any(each.purpose == "dkim" and each.verdict == "ok" for each in report.findings)
    check = DnsCheck.objects.get()
    assert (check.checked_at, check.resolver_answered, check.own_answered) == (now, True, False)


def test_an_empty_zone_lacks_everything(domain: MailDomain, world: World, now: datetime) -> None:
    report = dns.check_domain(domain, now)

    assert {each.verdict for each in report.findings} == {"missing"}


def test_a_resolver_that_never_answers_says_nothing(domain: MailDomain, world: World, now: datetime) -> None:
    with silence() as mute:
        world.resolver = mute
        world.ask_here(limit=0.3)
        report = dns.check_domain(domain, now)

    assert {each.verdict for each in report.findings} == {"unknown"}
    assert not DnsCheck.objects.get().resolver_answered


def test_silence_leaves_what_was_known(domain: MailDomain, world: World, clock: Clock) -> None:
    world.publish(domain)
    dns.check_domain(domain, clock())
    clock.pass_(days=1)
    with silence() as mute:
        world.resolver = mute
        world.ask_here(limit=0.3)
        dns.check_domain(domain, clock())

    kept = finding("metrosure.app.", "MX")
    assert (kept.verdict, kept.settled, kept.was) == ("unknown", "ok", None)
    assert not Notice.objects.exists()


def test_people_hear_once_what_got_worse(domain: MailDomain, world: World, clock: Clock) -> None:
    world.publish(domain)
    dns.check_domain(domain, clock())
    first = clock()
    world.drop(domain, "_dmarc")
    for _ in range(3):
        clock.pass_(seconds=3600)
        dns.check_domain(domain, clock())

    notice = Notice.objects.get()
    assert notice.title == "metrosure.app: 1 DNS record is no longer right"
    assert "TXT _dmarc.metrosure.app is no longer there." in notice.text
    kept = finding("_dmarc.metrosure.app.")
    assert kept.since == first + (clock() - first) / 3
    assert kept.was
    assert kept.was[0].startswith("v=DMARC1")


def test_the_next_change_is_told_too_and_all_well_ends_it(domain: MailDomain, world: World, clock: Clock) -> None:
    world.publish(domain)
    dns.check_domain(domain, clock())
    for start in ("_dmarc", "_smtp"):
        world.drop(domain, start)
        clock.pass_(seconds=3600)
        dns.check_domain(domain, clock())

    told = list(Notice.objects.order_by("pk"))
    assert [notice.settled_at is None for notice in told] == [False, True]
    assert "_dmarc" not in told[1].text

    world.publish(domain)
    dns.check_domain(domain, clock.pass_(seconds=3600))
    assert not Notice.objects.filter(settled_at=None).exists()


def test_an_old_mail_server_that_comes_back_is_told(domain: MailDomain, world: World, clock: Clock) -> None:
    world.publish(domain)
    dns.check_domain(domain, clock())
    world.names.zones["metrosure.app."] += "@ 60 IN MX 5 old.example.net.\n"

    report = dns.check_domain(domain, clock.pass_(seconds=3600))

    assert [each.found for each in report.findings if each.verdict == "extra"] == [("5 old.example.net.",)]
    assert "has come, and should not be there" in Notice.objects.get().text


def test_what_was_never_right_is_no_news(domain: MailDomain, world: World, clock: Clock) -> None:
    dns.check_domain(domain, clock())
    dns.check_domain(domain, clock.pass_(seconds=3600))

    assert not Notice.objects.exists()


def test_a_mail_server_that_is_away_leaves_what_it_wanted(
    domain: MailDomain, world: World, clock: Clock, server: Simulator
) -> None:
    world.publish(domain)
    before = verdicts(dns.check_domain(domain, clock()))
    server.go_down()

    after = dns.check_domain(domain, clock.pass_(seconds=3600))

    assert verdicts(after) == before
    assert DnsCheck.objects.get().error_code == "unreachable"


def test_the_own_servers_word_counts_first(domain: MailDomain, world: World, now: datetime) -> None:
    world.publish(domain)
    fresh = Names(dict(world.names.zones), recursive=False)
    world.drop(domain, "_dmarc")
    with serving(fresh) as own:
        world.own = own
        world.ask_here()
        report = dns.check_domain(domain, now)

    dmarc = next(each for each in report.findings if each.name == "_dmarc.metrosure.app.")
    assert dmarc.verdict == "ok"
    assert "resolver_differs" in {hint.code for hint in dmarc.hints}


def test_asked_for_twice_is_one_look(domain: MailDomain, world: World, clock: Clock, hr: Actor) -> None:
    dns.ask_for_check(domain.pk, by=hr, now=clock())
    dns.ask_for_check(domain.pk, by=hr, now=clock())

    assert (dns.check_asked(clock()), dns.check_asked(clock())) == (1, 0)
    assert AuditEvent.objects.filter(action="check_asked").count() == 1
    assert DnsCheck.objects.get().asked_at is None


def test_nobody_asks_for_a_domain_that_is_not_there(hr: Actor, now: datetime) -> None:
    with pytest.raises(RuleBroken, match="no_such_domain"):
        dns.ask_for_check(7, by=hr, now=now)


def test_each_domain_is_looked_at_once_an_hour(domain: MailDomain, world: World, clock: Clock) -> None:
    taken = [dns.check_due(clock()), dns.check_due(clock.pass_(seconds=1800)), dns.check_due(clock.pass_(seconds=1900))]

    assert taken == [1, 0, 1]


def test_a_domain_that_the_server_no_longer_has_is_left_alone(domain: MailDomain, world: World, now: datetime) -> None:
    MailDomain.objects.update(seen_at=None)

    assert dns.check_due(now) == 0


def test_a_round_leaves_time_for_other_work(
    domain: MailDomain, world: World, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    MailDomain.objects.create(name="shop.metrosure.app", created_at=now, seen_at=now)
    seconds = iter([0.0, 0.0, 7.0])
    monkeypatch.setattr("accounts.services.dns.time.monotonic", lambda: next(seconds))
    looked: list[MailDomain] = []
    monkeypatch.setattr(dns, "check_domain", lambda domain, _: looked.append(domain))

    assert dns.check_due(now) == 1
    assert len(looked) == 1


def test_a_worker_that_died_is_followed_by_another(domain: MailDomain, world: World, clock: Clock, hr: Actor) -> None:
    dns.ask_for_check(domain.pk, by=hr, now=clock())
    DnsCheck.objects.update(started_at=clock())

    assert dns.check_asked(clock()) == 0
    assert dns.check_asked(clock.pass_(seconds=121)) == 1


@pytest.mark.parametrize(("name", "code"), [("no domain", "domain_invalid"), ("example.com", "domain_unknown")])
def test_only_our_domains_are_looked_at(domain: MailDomain, name: str, code: str) -> None:
    with pytest.raises(RuleBroken, match=code):
        dns.domain_named(name)


def test_five_hundred_records_of_a_zone_do_no_harm(domain: MailDomain, world: World, now: datetime) -> None:
    world.publish(domain)
    world.names.zones["metrosure.app."] += "".join(f'@ 60 IN TXT "token-{n}; \\"x\\""\n' for n in range(500))

    report = dns.check_domain(domain, now)

    assert [each.name for each in report.findings if each.to_mend] == []


def test_five_hundred_wanted_records_are_one_look(
    domain: MailDomain, world: World, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [DnsRecord("CNAME", f"c{n}.metrosure.app.", "mail.metrosure.app.") for n in range(500)]
    monkeypatch.setattr(StalwartClient, "dns_records", lambda *_: records)

    report = dns.check_domain(domain, now)

    assert sum(each.type == "CNAME" and each.verdict == "missing" for each in report.findings) >= 500
    assert DnsFinding.objects.count() == len(report.findings)


def test_a_unicode_domain(client_of_server: StalwartClient, world: World, now: datetime, db: None) -> None:
    client_of_server.create_domain("xn--bcher-kva.example.org")
    made = MailDomain.objects.create(name="xn--bcher-kva.example.org", created_at=now, seen_at=now)
    world.publish(made)

    report = dns.check_domain(dns.domain_named("Bücher.example.org"), now)

    assert [each for each in report.findings if each.to_mend] == []
