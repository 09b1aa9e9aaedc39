"""Zone files as 0.16 writes them, and as others might."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_client import DnsRecord
from stalwart_client._zone import parse_zone

LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=20)
NAME = st.lists(LABEL, min_size=1, max_size=4).map(lambda labels: ".".join(labels) + ".")
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=600)
RECORD = st.one_of(
    st.builds(DnsRecord, st.just("TXT"), NAME, TEXT),
    st.builds(lambda name, host: DnsRecord("MX", name, f"10 {host}"), NAME, NAME),
    st.builds(lambda name, host: DnsRecord("SRV", name, f"0 1 443 {host}"), NAME, NAME),
    st.builds(DnsRecord, st.just("CNAME"), NAME, NAME),
)

ZONE = """
v1-ed25519-20261121._domainkey.beispiel.test. IN TXT "v=DKIM1; k=ed25519; h=sha256; p=NxQI="
v1-rsa-20261121._domainkey.beispiel.test. IN TXT (
    "v=DKIM1; k=rsa; h=sha256; p=MIIBjQu"
    "dBNRAQAB" ; the rest of it
)
; a comment
beispiel.test. 3600 IN MX 10 mail.example.org.
beispiel.test. IN 300 CAA 0 issue "letsencrypt.org"
_jmap._tcp.beispiel.test. SRV 0 1 443 mail.example.org.
"""


def test_a_zone_as_the_server_writes_it() -> None:
    assert parse_zone(ZONE) == [
        DnsRecord("TXT", "v1-ed25519-20261121._domainkey.beispiel.test.", "v=DKIM1; k=ed25519; h=sha256; p=NxQI="),
        DnsRecord("TXT", "v1-rsa-20261121._domainkey.beispiel.test.", "v=DKIM1; k=rsa; h=sha256; p=MIIBjQudBNRAQAB"),
        DnsRecord("MX", "beispiel.test.", "10 mail.example.org."),
        DnsRecord("CAA", "beispiel.test.", '0 issue "letsencrypt.org"'),
        DnsRecord("SRV", "_jmap._tcp.beispiel.test.", "0 1 443 mail.example.org."),
    ]


@pytest.mark.parametrize(
    ("line", "content"),
    [
        (r'a. IN TXT "say \"hi\""', 'say "hi"'),
        (r'a. IN TXT "back\\slash"', "back\\slash"),
        (r'a. IN TXT "\065BC"', "ABC"),
        ("a. IN TXT bare", "bare"),
        ('a. IN TXT "(not; a comment)"', "(not; a comment)"),
        ('a. IN TXT ""', ""),
        ('a. IN TXT ("one" "two")', "onetwo"),
    ],
)
def test_strings_are_read_as_they_are_meant(line: str, content: str) -> None:
    assert parse_zone(line) == [DnsRecord("TXT", "a.", content)]


@pytest.mark.parametrize("text", ["a. IN TXT (", "a IN TXT x", "a. IN TXT", "a.", "IN TXT x"])
def test_what_is_no_zone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_zone(text)


@given(st.lists(RECORD, max_size=8))
def test_what_is_written_is_read_back(records: list[DnsRecord]) -> None:
    assert parse_zone("\n".join(each.zone_line for each in records)) == records


@given(st.lists(RECORD, min_size=1, max_size=4), st.integers(1, 40))
def test_parentheses_and_short_strings_change_nothing(records: list[DnsRecord], size: int) -> None:
    lines = []
    for record in records:
        text = record.content
        pieces = [text[start : start + size] for start in range(0, len(text), size)] or [""]
        quoted = ["    " + DnsRecord("TXT", "x.", each).zone_line.partition("TXT ")[2] for each in pieces]
        lines.append(record.zone_line if record.type != "TXT" else "\n".join([f"{record.name} IN TXT (", *quoted, ")"]))

    assert parse_zone("\n".join(lines)) == records


@given(st.text(max_size=200))
def test_nothing_else_comes_out_of_it(text: str) -> None:
    try:
        records = parse_zone(text)
    except ValueError:
        return
    assert all(each.name.endswith(".") for each in records)
