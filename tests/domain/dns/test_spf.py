"""SPF records: read, compared, and counted as a receiver would."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.dns import spf
from accounts.domain.dns.names import fqdn
from accounts.domain.dns.records import SILENCE, Answer, Outcome, Question

DOMAIN = "example.org."
NOTHING = Answer(Outcome.NOTHING)

HOST = st.from_regex(r"[a-z][a-z0-9]{0,8}\.(org|net)", fullmatch=True)
QUALIFIER = st.sampled_from("+-~?")
TERM = st.one_of(
    st.builds(spf.Term, st.sampled_from(["a", "mx"]), st.one_of(st.just(""), HOST), QUALIFIER),
    st.builds(spf.Term, st.sampled_from(["include", "exists"]), HOST, QUALIFIER),
    st.builds(spf.Term, st.just("ip4"), st.sampled_from(["192.0.2.1", "192.0.2.0/24"]), QUALIFIER),
    st.builds(spf.Term, st.just("all"), st.just(""), QUALIFIER),
    st.builds(lambda value: spf.Term("redirect", value, is_modifier=True), HOST),
)


def found(*values: str) -> Answer:
    return Answer(Outcome.FOUND if values else Outcome.NOTHING, values)


def txt(name: str) -> Question:
    return Question(fqdn(name), "TXT")


@given(st.lists(TERM, max_size=8))
def test_what_is_written_is_read_back(terms: list[spf.Term]) -> None:
    record = spf.Spf(tuple(terms))

    assert spf.parse(str(record)) == record


@given(st.text(max_size=200))
def test_any_text_is_read_without_harm(text: str) -> None:
    record = spf.parse(f"v=spf1 {text}")

    assert len(record.terms) + len(record.mistakes) == len(f"v=spf1 {text}".split()) - 1 or '"' in text
    spf.tally(DOMAIN, f"v=spf1 {text}", {})


@pytest.mark.parametrize(
    ("text", "is_one", "meant"),
    [
        ("v=spf1 mx -all", True, True),
        ("v=spf1", True, True),
        ("V=SPF1 mx", True, True),
        ("v=spf10 mx", False, False),
        ('"v=spf1 mx -all"', False, True),
        ("spf1 mx -all", False, True),
        ("v=spf2 mx", False, True),
        ("google-site-verification=spf1", False, False),
    ],
)
def test_what_receivers_see_as_spf(text: str, is_one: bool, meant: bool) -> None:
    assert (spf.is_one(text), spf.looks_like_one(text)) == (is_one, meant)


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("v=spf1 mx:a.example.org/24 ip6:2001:db8::/32 exp=x.example.org foo=bar -all", ()),
        ("v=spf1 ipv4:192.0.2.1 -all", ("ipv4:192.0.2.1",)),
        ("v=spf1 include: -all", ("include:",)),
        ("v=spf1 ip4 mx", ("ip4",)),
        ("v=spf1 mx; -all", ("mx;",)),
        ("v=spf1 all:x", ("all:x",)),
        ("v=spf1 include=a.org", ("include=a.org",)),
    ],
)
def test_mistakes_are_named(text: str, mistakes: tuple[str, ...]) -> None:
    assert spf.parse(text).mistakes == mistakes


def test_only_what_asks_dns_is_counted() -> None:
    text = "v=spf1 a mx ptr exists:e.example.org include:i.example.org ip4:192.0.2.1 ip6:2001:db8::1 ra=postmaster -all"

    assert spf.tally(DOMAIN, text, {}).lookups == 5


def test_includes_count_with_what_they_include() -> None:
    known = {txt("a.org"): found("v=spf1 include:b.org mx"), txt("b.org"): found("x", "v=spf1 a a:c.org ?all")}
    tally = spf.tally(DOMAIN, "v=spf1 include:a.org -all", known)

    assert tally.lookups == 5
    assert tally.needs == {Question("a.org.", "MX"), Question("b.org.", "A"), Question("c.org.", "A")}


@pytest.mark.parametrize(
    ("text", "lookups"),
    [("v=spf1 redirect=a.org", 2), ("v=spf1 redirect=a.org -all", 0), ("v=spf1 mx redirect=a.org", 3)],
)
def test_a_redirect_counts_where_nothing_ends_before_it(text: str, lookups: int) -> None:
    assert spf.tally(DOMAIN, text, {txt("a.org"): found("v=spf1 mx")}).lookups == lookups


def test_names_that_do_not_exist_are_counted() -> None:
    known = {Question("gone.org.", "A"): NOTHING, Question("gone.org.", "MX"): NOTHING, txt("no.org"): NOTHING}

    tally = spf.tally(DOMAIN, "v=spf1 a:gone.org mx:gone.org include:no.org", known)

    assert (tally.voids, tally.broken) == (3, ["no.org."])


def test_a_loop_ends() -> None:
    known = {txt("a.org"): found("v=spf1 include:b.org"), txt("b.org"): found("v=spf1 include:a.org")}

    tally = spf.tally(DOMAIN, "v=spf1 include:a.org", known)

    assert (tally.lookups, tally.loops) == (3, ["a.org."])


def test_a_record_that_includes_itself_is_a_loop() -> None:
    known = {txt(DOMAIN): found("v=spf1 include:example.org")}

    assert spf.tally(DOMAIN, "v=spf1 include:example.org", known).loops == [DOMAIN]


@pytest.mark.parametrize("records", [(), ("no spf",), ("v=spf1 a", "v=spf1 mx")])
def test_an_include_needs_one_record(records: tuple[str, ...]) -> None:
    assert spf.tally(DOMAIN, "v=spf1 include:a.org", {txt("a.org"): found(*records)}).broken == ["a.org."]


def test_silence_is_not_counted_as_nothing() -> None:
    tally = spf.tally(DOMAIN, "v=spf1 include:a.org a:b.org", {txt("a.org"): SILENCE, Question("b.org.", "A"): SILENCE})

    assert (tally.voids, tally.broken, tally.unknown) == (0, [], {"a.org.", "b.org."})


def test_a_bomb_of_includes_is_left_alone() -> None:
    wide = "v=spf1 " + " ".join(f"include:i{number}.org" for number in range(30))
    known = {txt(f"i{number}.org"): found(wide) for number in range(30)}

    assert spf.tally(DOMAIN, wide, known).lookups < 100


def test_what_depends_on_the_mail_is_counted_and_not_asked() -> None:
    tally = spf.tally(DOMAIN, "v=spf1 exists:%{i}.list.org include:%{d}.org ptr", {})

    assert (tally.lookups, tally.needs) == (3, set())
