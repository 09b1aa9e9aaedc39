"""Asking name servers on loopback: who is believed, and how long anybody is waited for."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from accounts.domain.dns.records import Outcome, Question
from accounts.lookups import Asker, Server
from tests.nameserver import Names, serving, silence

ZONE = """
@ 60 IN NS ns1
@ 60 IN MX 10 Mail.example.org.
@ 60 IN TXT "v=spf1 mx" " -all"
mail 60 IN A 198.51.100.24
ns1 60 IN A 198.51.100.53
www 60 IN CNAME mail
nowhere 60 IN CNAME gone.example.net.
_imaps._tcp 60 IN SRV 0 1 993 mail.example.org.
quotes 60 IN TXT "say \\"hi\\"; then go"
@ 60 IN CAA 0 issue "letsencrypt.org"
"""


@pytest.fixture
def names() -> Names:
    return Names({"example.org.": ZONE})


@pytest.fixture
def resolver(names: Names) -> Iterator[Server]:
    with serving(names) as server:
        yield server


@pytest.mark.parametrize(
    ("name", "kind", "values"),
    [
        ("example.org.", "MX", ("10 mail.example.org.",)),
        ("example.org.", "TXT", ("v=spf1 mx -all",)),
        ("www.example.org.", "A", ("198.51.100.24",)),
        ("www.example.org.", "CNAME", ("mail.example.org.",)),
        ("_imaps._tcp.example.org.", "SRV", ("0 1 993 mail.example.org.",)),
        ("quotes.example.org.", "TXT", ('say "hi"; then go',)),
        ("example.org.", "CAA", ('0 issue "letsencrypt.org"',)),
        ("nothing.example.org.", "A", ()),
        ("mail.example.org.", "AAAA", ()),
        ("nowhere.example.org.", "A", ()),
    ],
)
def test_an_answer_is_what_the_zone_says(resolver: Server, name: str, kind: str, values: tuple[str, ...]) -> None:
    question = Question(name, kind)

    answer = Asker([resolver], authorities=lambda _: ()).look("example.org").ask([question])[question].best

    assert (answer.values, answer.is_known) == (values, True)


def test_an_alias_on_the_way_is_told(resolver: Server) -> None:
    question = Question("www.example.org.", "A")

    seen = Asker([resolver], authorities=lambda _: ()).look("example.org").ask([question])[question]

    assert seen.public.alias == "mail.example.org."


def test_the_zones_own_servers_are_believed(resolver: Server, names: Names) -> None:
    fresh = Names({"example.org.": ZONE.replace("10 Mail", "20 Mail")}, recursive=False)
    question = Question("example.org.", "MX")

    with serving(fresh) as own:
        seen = (
            Asker([resolver], authorities=lambda zone: {"example.org.": [own]}[zone])
            .look("example.org")
            .ask([question])
        )

    assert seen[question].best.values == ("20 mail.example.org.",)
    assert seen[question].public.values == ("10 mail.example.org.",)
    assert seen[question].differs


def test_the_zones_own_servers_are_looked_up(resolver: Server, names: Names) -> None:
    look = Asker([resolver], limit=0.6).look("shop.example.org")

    look.ask([Question("shop.example.org.", "MX")])

    assert look.zone == "example.org."
    assert look.servers == [Server("198.51.100.53")]


def test_another_zones_names_are_asked_of_the_resolver_only(resolver: Server) -> None:
    own = Names({"example.org.": ZONE}, recursive=False)
    question = Question("mail.example.net.", "A")

    with serving(own) as server:
        Asker([resolver], authorities=lambda _: [server]).look("example.org").ask([question])

    assert own.asked == []


def test_what_a_server_only_passes_on_is_not_its_own_word(resolver: Server) -> None:
    question = Question("example.org.", "MX")

    seen = Asker([resolver], authorities=lambda _: [resolver]).look("example.org").ask([question])[question]

    assert (seen.own.outcome, seen.best.outcome) == (Outcome.REFUSED, Outcome.FOUND)


def test_the_next_resolver_is_asked_where_one_is_silent(resolver: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.lookups.wire.PATIENCE", 0.1)
    question = Question("example.org.", "MX")

    with silence() as mute:
        seen = Asker([mute, resolver], authorities=lambda _: ()).look("example.org").ask([question])

    assert seen[question].best.values == ("10 mail.example.org.",)


def test_silence_costs_the_limit_once_however_many_records_there_are() -> None:
    questions = [Question(f"{number}.example.org.", "TXT") for number in range(500)]
    begun = time.monotonic()

    with silence() as mute:
        look = Asker([mute], limit=2).look("example.org")
        first, second = look.ask(questions), look.ask([Question("example.org.", "MX")])

    assert time.monotonic() - begun < 8  # five rounds of a hundred would take ten
    assert {each.best.outcome for each in first.values()} == {Outcome.NO_ANSWER}
    assert second[Question("example.org.", "MX")].best.outcome == Outcome.NO_ANSWER


def test_nobody_there_is_known_at_once() -> None:
    question = Question("example.org.", "MX")
    begun = time.monotonic()

    seen = Asker([Server("127.0.0.1", 1)], limit=60).look("example.org").ask([question])[question]

    assert seen.best.outcome is Outcome.NO_ANSWER
    assert time.monotonic() - begun < 30


def test_five_hundred_records_are_asked_in_one_go(names: Names, resolver: Server) -> None:
    names.zones["example.org."] = "".join(f'r{number} 60 IN TXT "number {number}"\n' for number in range(500))
    questions = [Question(f"r{number}.example.org.", "TXT") for number in range(500)]

    seen = Asker([resolver], authorities=lambda _: (), limit=30).look("example.org").ask(questions)

    assert [seen[question].best.values for question in questions] == [(f"number {number}",) for number in range(500)]


def test_nothing_is_asked_twice(names: Names, resolver: Server) -> None:
    look = Asker([resolver], authorities=lambda _: ()).look("example.org")
    question = Question("example.org.", "MX")

    look.ask([question])
    look.ask([question])

    assert names.asked.count(("example.org.", "MX")) == 1


def test_a_long_answer_comes_by_tcp(names: Names, resolver: Server) -> None:
    names.zones["example.org."] = "".join(f'@ 60 IN TXT "{"x" * 200}{number}"\n' for number in range(40))
    question = Question("example.org.", "TXT")

    seen = Asker([resolver], authorities=lambda _: ()).look("example.org").ask([question])

    assert len(seen[question].best.values) == 40


def test_a_name_that_dns_cannot_hold_is_nothing(resolver: Server) -> None:
    question = Question(f"{'x' * 80}.example.org.", "A")

    seen = Asker([resolver], authorities=lambda _: ()).look("example.org").ask([question])

    assert seen[question].best.outcome is Outcome.NOTHING
