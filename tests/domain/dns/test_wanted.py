"""What a domain should publish: what the server lists, and what it leaves out; and the zone file of it all."""

from __future__ import annotations

import dns.rdtypes.txtbase
import dns.zone
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.dns.names import doubled, parents, typed
from accounts.domain.dns.records import Purpose, Record, Wanted
from accounts.domain.dns.wanted import Surroundings, everything
from accounts.domain.dns.zonefile import line, zone_file

ZONE = "example.org."
HOST = "mail.example.org."
MX = Record("MX", ZONE, f"10 {HOST}")


def places(wanted: list[Wanted]) -> set[tuple[str, str]]:
    return {(each.record.type, each.record.name) for each in wanted}


def test_what_the_server_leaves_out_is_added() -> None:
    assert places(everything("example.org", [MX], Surroundings(key_digest="ab" * 32))) == {
        ("MX", ZONE),
        ("A", HOST),
        ("TXT", ZONE),
        ("TXT", f"_dmarc.{ZONE}"),
        ("TXT", f"_smtp._tls.{ZONE}"),
        ("TXT", f"_mta-sts.{ZONE}"),
        ("CNAME", f"mta-sts.{ZONE}"),
        ("CNAME", f"autoconfig.{ZONE}"),
        ("CNAME", f"autodiscover.{ZONE}"),
        ("SRV", f"_imaps._tcp.{ZONE}"),
        ("SRV", f"_submissions._tcp.{ZONE}"),
        ("CAA", ZONE),
        ("TLSA", f"_25._tcp.{HOST}"),
    }


def test_what_the_server_says_stands() -> None:
    listed = [
        MX,
        Record("TXT", ZONE, "v=spf1 mx ra=postmaster -all"),
        Record("TXT", f"_dmarc.{ZONE}", "v=DMARC1; p=reject"),
        Record("TXT", f"_mta-sts.{ZONE}", "v=STSv1; id=7"),
        Record("SRV", f"_imaps._tcp.{ZONE}", "0 1 1993 other.example.org."),
    ]

    wanted = everything("example.org", listed, Surroundings(mail_host="ignored.example.net"))

    assert [each.record for each in wanted][: len(listed)] == listed
    for record in listed:
        same = [each for each in wanted if (each.record.type, each.record.name) == (record.type, record.name)]
        assert len(same) == 1
    assert not any(each.is_advice for each in wanted if each.purpose is Purpose.MTA_STS and each.record.type == "TXT")


def test_without_a_server_the_settings_name_the_host() -> None:
    wanted = everything("example.org", [], Surroundings(mail_host="Mail.Example.net"))

    assert Record("MX", ZONE, "10 mail.example.net.") in {each.record for each in wanted}


def test_keys_that_sign_no_more_are_not_wanted() -> None:
    keys = [Record("TXT", f"{each}._domainkey.{ZONE}", "v=DKIM1; p=AAAA") for each in ("old", "new")]

    wanted = everything("example.org", [MX, *keys], Surroundings(retired_selectors={"old"}))

    assert [each.record for each in wanted if each.purpose is Purpose.DKIM] == [keys[1]]


def test_nothing_is_wanted_twice() -> None:
    key = Record("TXT", f"s._domainkey.{ZONE}", "v=DKIM1; p=AAAA")
    other = Record("TXT", f"s._domainkey.{ZONE}", "v=DKIM1; p=BBBB")

    wanted = everything("example.org", [MX, MX, key, other], Surroundings())

    assert [each.record for each in wanted][:2] == [MX, key]


def test_known_addresses_are_wanted_by_their_kind() -> None:
    wanted = everything("example.org", [MX], Surroundings(addresses=["198.51.100.24", "2001:db8::24"]))

    assert [(each.record.type, each.record.content) for each in wanted if each.purpose is Purpose.ADDRESS] == [
        ("A", "198.51.100.24"),
        ("AAAA", "2001:db8::24"),
    ]


def test_the_name_to_type_is_what_forms_want() -> None:
    assert typed(ZONE, ZONE) == "@"
    assert typed(f"_dmarc.{ZONE}", ZONE) == "_dmarc"
    assert typed("mail.example.net.", ZONE) == "mail.example.net."
    assert typed("notexample.org.", ZONE) == "notexample.org."
    assert doubled(f"_dmarc.{ZONE}", ZONE) == "_dmarc.example.org.example.org."


def test_the_zones_that_a_name_can_be_in() -> None:
    assert parents("a.shop.example.org.") == ["a.shop.example.org.", "shop.example.org.", "example.org."]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=600))
def test_a_line_of_the_zone_file_is_read_by_others(text: str) -> None:
    written = line(Record("TXT", f"t.{ZONE}", text))

    read = dns.zone.from_text(written, origin=ZONE, relativize=False, check_origin=False)
    (rdata,) = read.get_rdataset(f"t.{ZONE}", "TXT") or ()
    assert isinstance(rdata, dns.rdtypes.txtbase.TXTBase)
    assert b"".join(rdata.strings).decode() == text


def test_the_zone_file_holds_everything_and_keeps_advice_apart() -> None:
    wanted = everything("example.org", [MX], Surroundings(addresses=["198.51.100.24"], key_digest="ab" * 32))

    text = zone_file("example.org", wanted)

    read = dns.zone.from_text(text, origin=ZONE, relativize=False, check_origin=False)
    assert read.get_rdataset(HOST, "A") is not None
    assert read.get_rdataset(ZONE, "CAA") is None
    assert f"; optional: {ZONE} 3600 IN CAA" in text


def test_an_address_that_is_not_known_is_left_to_fill_in() -> None:
    assert f"; to fill in: {HOST} 3600 IN A" in zone_file(
        "example.org", everything("example.org", [MX], Surroundings())
    )
