"""Texts in zone files: quoted, split at 255 bytes and put together again, checked against dnspython."""

from __future__ import annotations

import dns.rdata
import dns.rdtypes.txtbase
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.dns.text import LONGEST, pieces, quoted, unquoted, without_quotes

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=700)


@given(TEXT)
def test_what_is_quoted_is_read_back(text: str) -> None:
    assert unquoted(quoted(text)) == text


@given(TEXT)
def test_another_reader_reads_the_same(text: str) -> None:
    read = dns.rdata.from_text("IN", "TXT", quoted(text))

    assert isinstance(read, dns.rdtypes.txtbase.TXTBase)
    assert b"".join(read.strings).decode() == text


@given(TEXT)
def test_no_piece_is_too_long(text: str) -> None:
    assert all(len(piece) <= LONGEST for piece in pieces(text))
    assert b"".join(pieces(text)).decode() == text


@given(st.text(max_size=100))
def test_any_text_without_quotes_is_left_alone_or_read(text: str) -> None:
    try:
        unquoted(text)
    except ValueError:
        assert without_quotes(text) == text


@pytest.mark.parametrize("text", ["", "bare", '"open', '"a" b', '"a" "b', r'"\300"', r'"\999"'])
def test_what_is_no_quoted_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"quotes|byte"):
        unquoted(text)


def test_a_key_is_split_where_forms_want_it() -> None:
    text = "v=DKIM1; p=" + "A" * 400

    assert quoted(text) == f'"v=DKIM1; p={"A" * 244}" "{"A" * 156}"'


def test_quotes_and_semicolons_stay_what_they_are() -> None:
    assert quoted('say "hi"; \\o/') == r'"say \"hi\"; \\o/"'
