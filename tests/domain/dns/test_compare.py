"""Every way in which a record can be wrong, with what is said of it; and the ways to be right that look wrong."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from accounts.domain.dns.compare import PROBE, follow_up, judge, questions
from accounts.domain.dns.records import SILENCE, Answer, Finding, Outcome, Question, Record, Seen, Wanted
from accounts.domain.dns.wanted import Surroundings, everything, purpose_of

ZONE = "example.org."
HOST = "mail.example.org."
NOTHING = Answer(Outcome.NOTHING)
HOST_IS_THERE = {(HOST, "A"): ("198.51.100.24",)}

Published = dict[tuple[str, str], tuple[str, ...]]


def wanted(kind: str, name: str, content: str) -> Wanted:
    record = Record(kind, name, content)
    return Wanted(record=record, purpose=purpose_of(record))


MX = wanted("MX", ZONE, f"10 {HOST}")
SPF = wanted("TXT", ZONE, "v=spf1 mx ra=postmaster -all")
DMARC = wanted("TXT", f"_dmarc.{ZONE}", "v=DMARC1; p=reject; rua=mailto:postmaster@example.org")
DKIM = wanted("TXT", f"s1._domainkey.{ZONE}", "v=DKIM1; k=ed25519; h=sha256; p=NxQI=")
IMAPS = wanted("SRV", f"_imaps._tcp.{ZONE}", f"0 1 993 {HOST}")
AUTOCONFIG = wanted("CNAME", f"autoconfig.{ZONE}", HOST)
TLS = wanted("TXT", f"_smtp._tls.{ZONE}", "v=TLSRPTv1; rua=mailto:postmaster@example.org")
STS = wanted("TXT", f"_mta-sts.{ZONE}", "v=STSv1; id=42")


def seen(published: Published, asked: Iterable[Question]) -> dict[Question, Seen]:
    """Answer what is asked: what is not published is not there."""
    there = {Question(*place): Answer(Outcome.FOUND, values) for place, values in published.items()}
    return {question: Seen(public=there.get(question, NOTHING)) for question in asked}


def look(each: Wanted, published: Published, *more: Wanted) -> list[Finding]:
    every = [each, *more]
    answers = seen(published, questions(every, ZONE))
    answers |= seen(published, follow_up(every, answers, ZONE))
    return judge(every, answers, ZONE)


def judged(each: Wanted, published: Published) -> tuple[str, set[str]]:
    finding = look(each, published)[0]
    return finding.verdict, {hint.code for hint in finding.hints} - {"spf_count"}


@pytest.mark.parametrize("each", [MX, SPF, DMARC, DKIM, IMAPS, AUTOCONFIG, TLS, STS], ids=lambda each: each.purpose)
def test_each_record_is_right_missing_or_unknown(each: Wanted) -> None:
    record = each.record

    assert judged(each, {(record.name, record.type): (record.content,), **HOST_IS_THERE})[0] == "ok"
    assert judged(each, {}) == ("missing", set())
    assert judge([each], {}, ZONE)[0].verdict == "unknown"


@pytest.mark.parametrize("each", [MX, SPF, DMARC, DKIM, IMAPS, AUTOCONFIG], ids=lambda each: each.purpose)
def test_a_name_with_the_zone_twice_is_noticed(each: Wanted) -> None:
    record = each.record
    published = {(f"{record.name}{ZONE}", record.type): (record.content,)}

    assert judged(each, published) == ("missing", {"name_doubled"})


@pytest.mark.parametrize(
    ("texts", "verdict", "hints"),
    [
        pytest.param(("v=spf1 mx -all", "other"), "ok", set(), id="other texts do not matter"),
        pytest.param(("V=spf1  MX -ALL",), "ok", set(), id="capitals and blanks"),
        pytest.param(("v=spf1 mx include:a.org -all",), "ok", {"spf_others"}, id="others may send too"),
        pytest.param(("v=spf1 mx ~all",), "different", {"spf_softer"}, id="softer"),
        pytest.param(("v=spf1 mx +all",), "different", {"spf_lets_all_in"}, id="everybody"),
        pytest.param(("v=spf1 mx",), "different", {"spf_softer"}, id="no end"),
        pytest.param(("v=spf1 ip4:192.0.2.1 -all",), "different", {"spf_lacks", "spf_others"}, id="not ours"),
        pytest.param(("v=spf1 -mx -all",), "different", {"spf_lacks", "spf_others"}, id="ours refused"),
        pytest.param(("v=spf1 redirect=a.org",), "different", {"spf_redirect"}, id="somebody else decides"),
        pytest.param(("v=spf1 mx -all", "v=spf1 a -all"), "different", {"spf_several"}, id="two"),
        pytest.param(("v=spf1 mx ipv4:192.0.2.1 -all",), "different", {"spf_mistake"}, id="a mistake"),
        pytest.param(('"v=spf1 mx -all"',), "different", {"spf_version", "quotes"}, id="quotes"),
        pytest.param(("spf1 mx -all",), "different", {"spf_version"}, id="no version"),
        pytest.param(("unrelated",), "missing", set(), id="no SPF among the texts"),
    ],
)
def test_spf(texts: tuple[str, ...], verdict: str, hints: set[str]) -> None:
    assert judged(SPF, {(ZONE, "TXT"): texts}) == (verdict, hints)


def test_spf_says_what_it_costs() -> None:
    finding = look(SPF, {(ZONE, "TXT"): ("v=spf1 mx a -all",)})[0]

    assert {hint.code: hint.values for hint in finding.hints}["spf_count"] == {"number": "2", "most": "10"}


def test_spf_that_costs_too_much_is_wrong() -> None:
    text = "v=spf1 mx " + " ".join(f"a:h{number}.org" for number in range(10)) + " -all"

    verdict, hints = judged(SPF, {(ZONE, "TXT"): (text,)})

    assert (verdict, hints) == ("different", {"spf_too_many", "spf_others"})


@pytest.mark.parametrize(
    ("values", "published", "verdict", "hints"),
    [
        pytest.param((f"10 {HOST}",), HOST_IS_THERE, "ok", set(), id="right"),
        pytest.param((f"50 {HOST}",), HOST_IS_THERE, "ok", set(), id="another priority"),
        pytest.param((f"10 {HOST}",), {(HOST, "AAAA"): ("2001:db8::1",)}, "ok", set(), id="IPv6 only"),
        pytest.param((f"10 {HOST}",), {}, "different", {"mx_no_address"}, id="a host without address"),
        pytest.param((f"10 {HOST}{ZONE}",), HOST_IS_THERE, "different", {"target_doubled"}, id="the dot was left out"),
        pytest.param(("10 198.51.100.24.",), {}, "different", {"mx_is_address"}, id="an address"),
        pytest.param(("0 .",), {}, "different", {"mx_refuses"}, id="no mail here"),
        pytest.param(("10 mx.old.net.",), {("mx.old.net.", "A"): ("192.0.2.1",)}, "different", set(), id="the old one"),
    ],
)
def test_mx(values: tuple[str, ...], published: Published, verdict: str, hints: set[str]) -> None:
    assert judged(MX, {(ZONE, "MX"): values, **published}) == (verdict, hints)


def test_an_mx_to_an_alias_is_wrong() -> None:
    answers = seen({(ZONE, "MX"): (f"10 {HOST}",)}, [Question(ZONE, "MX")])
    answers[Question(HOST, "A")] = Seen(public=Answer(Outcome.FOUND, ("198.51.100.24",), "other.example.net."))

    assert [hint.code for hint in judge([MX], answers, ZONE)[0].hints] == ["mx_alias"]


def test_an_old_mx_is_one_too_many() -> None:
    found = look(MX, {(ZONE, "MX"): (f"10 {HOST}", "5 mx.old.net."), **HOST_IS_THERE})

    assert [(each.verdict, each.expected, each.found) for each in found] == [
        ("ok", f"10 {HOST}", (f"10 {HOST}",)),
        ("extra", None, ("5 mx.old.net.",)),
    ]


def test_two_hosts_of_ours_are_none_too_many() -> None:
    second = wanted("MX", ZONE, "20 mail2.example.org.")
    published = {
        (ZONE, "MX"): (f"10 {HOST}", "20 mail2.example.org."),
        ("mail2.example.org.", "A"): ("198.51.100.25",),
        **HOST_IS_THERE,
    }

    assert [each.verdict for each in look(MX, published, second)] == ["ok", "ok"]


@pytest.mark.parametrize(
    ("values", "verdict", "hints"),
    [
        ((f"10 5 993 {HOST}",), "ok", set()),
        ((f"0 1 143 {HOST}",), "different", set()),
        (("0 0 0 .",), "different", {"service_refused"}),
        ((f"0 1 993 {HOST}{ZONE}",), "different", {"target_doubled"}),
    ],
)
def test_services(values: tuple[str, ...], verdict: str, hints: set[str]) -> None:
    assert judged(IMAPS, {(IMAPS.record.name, "SRV"): values}) == (verdict, hints)


@pytest.mark.parametrize(
    ("published", "verdict", "hints"),
    [
        ({("autoconfig.example.org.", "CNAME"): (f"{HOST}{ZONE}",)}, "different", {"target_doubled"}),
        ({("autoconfig.example.org.", "CNAME"): ("old.example.net.",)}, "different", set()),
        ({("autoconfig.example.org.", "A"): ("198.51.100.24",), **HOST_IS_THERE}, "ok", {"address_instead"}),
        ({("autoconfig.example.org.", "A"): ("192.0.2.9",), **HOST_IS_THERE}, "different", {"address_instead_wrong"}),
    ],
)
def test_aliases(published: Published, verdict: str, hints: set[str]) -> None:
    assert judged(AUTOCONFIG, published) == (verdict, hints)


@pytest.mark.parametrize(
    ("each", "texts", "verdict", "hints"),
    [
        (DKIM, ("v=DKIM1; k=ed25519; p=NxQI=", "v=DKIM1; k=ed25519; p=AAAA="), "different", {"dkim_several"}),
        (DKIM, ('"v=DKIM1; k=ed25519; p=NxQI="',), "different", {"quotes"}),
        (DKIM, ("k=ed25519;p=Nx QI=",), "ok", set()),
        (DMARC, (DMARC.record.content, "v=DMARC1; p=none"), "different", {"dmarc_several"}),
        (DMARC, ("p=reject",), "different", {"dmarc_version"}),
        (DMARC, (DMARC.record.content, "some other text"), "ok", {"dmarc_reject"}),
        (TLS, ("v=TLSRPTv1; rua=mailto:else@example.net",), "ok", {"reports_elsewhere"}),
        (TLS, ("v=TLSRPTv1",), "different", set()),
        (STS, ("id=42;v=STSv1;",), "ok", set()),
        (STS, ("v=STSv1; id=41",), "different", {"policy_id"}),
        (STS, ("nonsense",), "different", set()),
    ],
)
def test_texts(each: Wanted, texts: tuple[str, ...], verdict: str, hints: set[str]) -> None:
    assert judged(each, {(each.record.name, "TXT"): texts}) == (verdict, hints)


def test_an_alias_in_the_way_is_named() -> None:
    answers = {Question(ZONE, "MX"): Seen(public=Answer(Outcome.NOTHING, (), "shop.example.net."))}

    assert [hint.code for hint in judge([MX], answers, ZONE)[0].hints] == ["alias_in_the_way"]


def test_a_wildcard_is_no_record() -> None:
    published = {(DKIM.record.name, "TXT"): ("parked",), (f"{PROBE}.{ZONE}", "TXT"): ("parked",)}

    assert judged(DKIM, published) == ("different", {"dkim_revoked", "dkim_algorithm", "wildcard"})


def test_a_wildcard_is_not_taken_for_a_doubled_name() -> None:
    name = f"{DKIM.record.name}{ZONE}"
    published = {(name, "TXT"): ("parked",), (f"{PROBE}.{ZONE}", "TXT"): ("parked",)}

    assert judged(DKIM, published) == ("missing", set())


def test_what_the_world_does_not_see_yet_is_told() -> None:
    new, old = Answer(Outcome.FOUND, (DMARC.record.content,)), Answer(Outcome.FOUND, ("v=DMARC1; p=none",))

    finding = judge([DMARC], {Question(DMARC.record.name, "TXT"): Seen(new, old)}, ZONE)[0]

    assert finding.verdict == "ok"
    assert "resolver_differs" in {hint.code for hint in finding.hints}


def test_an_error_of_the_name_server_is_not_silence() -> None:
    answers = {Question(ZONE, "MX"): Seen(SILENCE, Answer(Outcome.REFUSED))}

    assert [hint.code for hint in judge([MX], answers, ZONE)[0].hints] == ["refused"]


@pytest.mark.parametrize(
    ("published", "verdict", "hints"),
    [
        ({(HOST, "A"): ("198.51.100.24",)}, "ok", set()),
        ({(HOST, "AAAA"): ("2001:db8::24",)}, "ok", set()),
        ({(HOST, "A"): ("10.1.2.3",)}, "different", {"address_inside"}),
        ({}, "missing", set()),
    ],
)
def test_the_mail_host_has_an_address(published: Published, verdict: str, hints: set[str]) -> None:
    every = everything("example.org", [MX.record], Surroundings())
    address = next(each for each in every if each.record.type == "A")

    assert judged(address, published) == (verdict, hints)


@pytest.mark.parametrize(
    ("found", "verdict", "hints"),
    [
        (("198.51.100.24",), "ok", set()),
        (("198.51.100.24", "192.0.2.9"), "ok", {"address_others"}),
        (("192.0.2.9",), "different", set()),
    ],
)
def test_a_known_address_is_compared(found: tuple[str, ...], verdict: str, hints: set[str]) -> None:
    every = everything("example.org", [MX.record], Surroundings(addresses=["198.51.100.24"]))
    address = next(each for each in every if each.record.type == "A")

    assert judged(address, {(HOST, "A"): found}) == (verdict, hints)
