"""Mail hosts are looked at once an hour; people hear what got worse."""

from __future__ import annotations

import pytest

from accounts import lookups
from accounts.lookups import Asker, HostLooker
from accounts.models import HostFinding, MailDomain, Notice
from accounts.services import dns, mail_hosts
from tests.conftest import Clock
from tests.nameserver import silence
from tests.zones import World

pytestmark = pytest.mark.django_db
LISTED = "24.100.51.198.list.example."


@pytest.fixture
def host(world: World, domain: MailDomain, clock: Clock) -> str:
    """A host that was looked at once; every port of it is shut."""
    world.publish(domain)
    dns.check_domain(domain, clock())
    listen(world)
    mail_hosts.check_due(clock())
    return "mail.metrosure.test"


def listen(world: World, *, limit: float = 5.0) -> None:
    asker = Asker([world.resolver], authorities=lambda _: (), limit=limit)
    looker = HostLooker(asker, lists=["list.example"], endpoint=lambda *_: ("127.0.0.1", 1), limit=limit)
    lookups.use(asker, looker)


def verdict(name: str) -> str:
    return HostFinding.objects.get(name=name).verdict


def test_the_hosts_are_those_of_our_domains(host: str) -> None:
    assert mail_hosts.known_hosts() == [host]
    assert verdict("198.51.100.24 list.example") == "ok"
    assert verdict("25") == "bad"
    assert not Notice.objects.exists()


def test_a_host_is_looked_at_once_an_hour(host: str, clock: Clock) -> None:
    looked = [mail_hosts.check_due(clock.pass_(seconds=seconds)) for seconds in (60, 3600, 60)]

    assert looked == [0, 1, 0]


def test_what_got_worse_is_told_once(host: str, world: World, clock: Clock) -> None:
    world.names.zones[LISTED] = "@ 60 IN A 127.0.0.2\n"
    for _ in range(2):
        mail_hosts.check_due(clock.pass_(seconds=3600))

    notice = Notice.objects.get()
    assert notice.title == f"Something got worse at the mail host {host}"
    assert "198.51.100.24 is on the block list list.example." in notice.text
    assert HostFinding.objects.get(name="198.51.100.24 list.example").since == notice.created_at


def test_a_list_that_refuses_to_answer_is_never_a_listing(host: str, world: World, clock: Clock) -> None:
    world.names.zones[LISTED] = "@ 60 IN A 127.255.255.254\n"

    mail_hosts.check_due(clock.pass_(seconds=3600))

    assert verdict("198.51.100.24 list.example") == "unknown"
    assert not Notice.objects.exists()


def test_silence_is_no_news(host: str, world: World, clock: Clock) -> None:
    with silence() as mute:
        world.resolver = mute
        listen(world, limit=0.2)
        mail_hosts.check_due(clock.pass_(seconds=3600))

    kept = HostFinding.objects.get(name="198.51.100.24 list.example")
    assert (kept.verdict, kept.settled) == ("unknown", "ok")
    assert not Notice.objects.exists()
