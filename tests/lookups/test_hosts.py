"""Looking at a mail host on loopback: names in reverse, block lists, ports and their certificates."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from accounts.domain.dns.hosts import PORTS, HostVerdict, certificate
from accounts.lookups import Asker, HostLooker, Server
from tests import mailports
from tests.nameserver import Names, serving, silence

ADDRESS = "198.51.100.24"
LISTS = ("list.example", "other.example")


def shut(*_: object) -> tuple[str, int]:
    """Every port is this one, where nobody listens."""
    return "127.0.0.1", 1


@pytest.fixture
def names() -> Names:
    return Names(
        {
            "example.org.": "mail 60 IN A 127.0.0.1\n",
            "24.100.51.198.in-addr.arpa.": "@ 60 IN PTR mail.example.net.\n",
            "example.net.": f"mail 60 IN A {ADDRESS}\nelse 60 IN A 192.0.2.1\n",
        }
    )


@pytest.fixture
def resolver(names: Names) -> Iterator[Server]:
    with serving(names) as server:
        yield server


@pytest.fixture
def host(tmp_path: Path, now: datetime) -> Iterator[mailports.MailHost]:
    files = mailports.certificate(tmp_path, names=("mail.example.org",), ends_at=now + timedelta(days=60))
    with mailports.mail_host(files) as made:
        yield made


def test_every_port_shows_its_certificate(resolver: Server, host: mailports.MailHost, now: datetime) -> None:
    seen = HostLooker(Asker([resolver]), endpoint=host.endpoint).look("mail.example.org")

    assert seen.addresses == ("127.0.0.1",)
    assert {port.number: (port.is_open, port.error) for port in seen.ports} == dict.fromkeys(PORTS, (True, ""))
    judged = [certificate(port, "mail.example.org", now) for port in seen.ports]
    assert {each.verdict for each in judged if each} == {HostVerdict.OK}
    assert judged[0] is not None
    assert judged[0].hint.values["days"] == "60"


@pytest.mark.parametrize(
    ("names", "days", "self_signed", "code"),
    [
        (("mail.example.org",), 13, False, "certificate_soon"),
        (("mail.example.org",), -1, False, "certificate_over"),
        (("other.example.org",), 60, False, "certificate_name"),
        (("*.example.org",), 60, False, "certificate_right"),
        (("mail.example.org",), 60, True, "certificate_self_signed"),
    ],
)
def test_a_certificate_is_judged(
    names: tuple[str, ...], days: int, self_signed: bool, code: str, tmp_path: Path, now: datetime
) -> None:
    files = mailports.certificate(tmp_path, names=names, ends_at=now + timedelta(days=days), self_signed=self_signed)
    with mailports.mail_host(files) as host:
        seen = HostLooker(Asker([]), endpoint=host.endpoint).look("mail.example.org", ["127.0.0.1"])

    judged = certificate(seen.ports[0], "mail.example.org", now)
    assert judged is not None
    assert judged.hint.code == code


@pytest.mark.parametrize(
    ("port", "greeting"),
    [
        pytest.param(25, (b"220 ready\r\n", b"250 mail\r\n"), id="no STARTTLS"),
        pytest.param(25, (b"554 go away\r\n",), id="it refuses"),
        pytest.param(4190, (b'"IMPLEMENTATION" "Test"\r\nOK\r\n',), id="sieve without STARTTLS"),
        pytest.param(4190, (b"BYE\r\n",), id="sieve says bye"),
        pytest.param(4190, (b"x\r\n" * 100,), id="endless talk"),
        pytest.param(993, (b"* OK in clear\r\n",), id="no TLS at all"),
    ],
)
def test_a_port_without_encryption_is_told(
    port: int, greeting: tuple[bytes, ...], tmp_path: Path, now: datetime
) -> None:
    files = mailports.certificate(tmp_path, names=("mail.example.org",), ends_at=now + timedelta(days=60))
    with mailports.mail_host(files, {port: greeting}) as host:
        seen = HostLooker(Asker([]), endpoint=host.endpoint, limit=2).look("mail.example.org", ["127.0.0.1"])

    shown = next(each for each in seen.ports if each.number == port)
    judged = certificate(shown, "mail.example.org", now)
    assert shown.is_open
    assert judged is not None
    assert (judged.verdict, judged.hint.code) == (HostVerdict.BAD, "certificate_none")


def test_a_port_that_opens_and_says_nothing_is_no_verdict(now: datetime) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        endpoint: tuple[str, int] = mute.getsockname()
        seen = HostLooker(Asker([]), endpoint=lambda *_: endpoint, limit=0.3).look("mail.example.org", ["127.0.0.1"])

    judged = certificate(seen.ports[0], "mail.example.org", now)
    assert judged is not None
    assert (judged.verdict, judged.hint.code) == (HostVerdict.UNKNOWN, "certificate_unknown")


def test_a_shut_port_is_told(resolver: Server) -> None:
    seen = HostLooker(Asker([resolver]), endpoint=shut).look("mail.example.org")

    assert {(port.is_open, port.error) for port in seen.ports} == {(False, "The connection was refused.")}


def test_without_an_address_nothing_is_known(resolver: Server) -> None:
    seen = HostLooker(Asker([resolver]), lists=LISTS).look("gone.example.org")

    assert (seen.addresses, seen.findings) == ((), ())
    assert {port.is_open for port in seen.ports} == {None}


@pytest.mark.parametrize(
    ("zones", "host", "code"),
    [
        pytest.param({}, "mail.example.net", "ptr_right", id="right"),
        pytest.param({}, "mail.example.org", "ptr_other_name", id="the provider's name"),
        pytest.param({"24.100.51.198.in-addr.arpa.": ""}, "mail.example.net", "ptr_missing", id="none"),
        pytest.param(
            {"24.100.51.198.in-addr.arpa.": "@ 60 IN PTR else.example.net.\n"},
            "else.example.net",
            "ptr_not_confirmed",
            id="leads elsewhere",
        ),
        pytest.param(
            {"24.100.51.198.in-addr.arpa.": "@ 60 IN PTR gone.example.net.\n"},
            "gone.example.net",
            "ptr_not_confirmed",
            id="leads nowhere",
        ),
    ],
)
def test_the_name_of_an_address(zones: dict[str, str], host: str, code: str, names: Names, resolver: Server) -> None:
    names.zones |= zones

    seen = HostLooker(Asker([resolver]), endpoint=shut).look(host, [ADDRESS])

    assert [each.hint.code for each in seen.findings] == [code]


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        pytest.param("", HostVerdict.OK, id="not listed"),
        pytest.param("@ 60 IN A 127.0.0.2\n", HostVerdict.BAD, id="listed"),
        pytest.param("@ 60 IN A 127.0.0.10\n@ 60 IN A 127.0.0.3\n", HostVerdict.BAD, id="listed twice"),
        pytest.param("@ 60 IN A 127.255.255.254\n", HostVerdict.UNKNOWN, id="asked through a public resolver"),
        pytest.param("@ 60 IN A 127.255.255.252\n", HostVerdict.UNKNOWN, id="asked wrongly"),
        pytest.param("@ 60 IN A 203.0.113.9\n", HostVerdict.UNKNOWN, id="somebody else answers"),
    ],
)
def test_block_lists(answer: str, verdict: HostVerdict, names: Names, resolver: Server) -> None:
    names.zones["24.100.51.198.list.example."] = answer

    looker = HostLooker(Asker([resolver]), lists=LISTS, endpoint=shut)
    seen = looker.look("mail.example.net", [ADDRESS])

    lists = {each.name: each.verdict for each in seen.findings if each.check == "block_list"}
    assert lists == {f"{ADDRESS} list.example": verdict, f"{ADDRESS} other.example": HostVerdict.OK}


def test_addresses_inside_a_network_are_nobodys_business(names: Names, resolver: Server) -> None:
    looker = HostLooker(Asker([resolver]), lists=LISTS, endpoint=shut)

    assert looker.look("mail.example.org", ["127.0.0.1", "10.0.0.5", "fe80::1"]).findings == ()


def test_an_ipv6_address_is_asked_by_its_nibbles(names: Names, resolver: Server) -> None:
    looker = HostLooker(Asker([resolver]), lists=LISTS[:1], endpoint=shut)

    looker.look("mail.example.net", ["2001:db8::24"])

    nibbles = "4.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"
    assert (f"{nibbles}.list.example.", "A") in names.asked
    assert (f"{nibbles}.ip6.arpa.", "PTR") in names.asked


def test_silence_everywhere_costs_the_limit_once() -> None:
    begun = time.monotonic()
    with silence() as mute:
        looker = HostLooker(Asker([mute]), lists=LISTS, endpoint=shut, limit=2)
        seen = looker.look("mail.example.net", [ADDRESS])

    assert {each.verdict for each in seen.findings} == {HostVerdict.UNKNOWN}
    assert time.monotonic() - begun < 2 * len(LISTS)
