"""Bytes to rows: encodings, separators, workbooks, and what is refused before it can hurt."""

from __future__ import annotations

import io
from datetime import date

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.errors import RuleBroken
from accounts.domain.sheets.reading import read
from accounts.domain.sheets.sheet import is_formula
from tests.domain.sheets.books import ods, ods_row, with_part, xlsx

TEXT = "Name;Last day\nZoë O'Brien;18/12/2026\n\n;;\nAnika;2027-01-15\n"


def refusal(data: bytes) -> str:
    with pytest.raises(RuleBroken) as refused:
        read(data)
    assert refused.value.field == "file"
    return refused.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_text_is_read_whatever_program_wrote_it(encoding: str) -> None:
    sheet = read(TEXT.encode(encoding))

    assert sheet.headings == ("Name", "Last day")
    assert [row.cells for row in sheet.rows] == [("Zoë O'Brien", "18/12/2026"), ("Anika", "2027-01-15")]


@pytest.mark.parametrize(
    ("separator", "said"), [(",", "comma"), (";", "semicolon"), ("\t", "tab")], ids=["comma", "semicolon", "tab"]
)
def test_the_separator_is_found_also_beside_quoted_ones(separator: str, said: str) -> None:
    text = f'Name{separator}Note\nAna{separator}"a, b; c\td"\n'

    sheet = read(text.encode())

    assert sheet.rows[0].cells == ("Ana", "a, b; c\td")
    assert sheet.form.startswith(said)


def test_blank_rows_are_skipped_and_keep_their_number() -> None:
    rows = read(TEXT.encode()).rows

    assert [row.number for row in rows] == [1, 4]


def test_a_title_above_the_headings_is_passed_over() -> None:
    sheet = read(b"Roster of spring,,\n,,\nFirst name,Surname,End date\nAna,Meyer,18/12/2026\n")

    assert sheet.headings == ("First name", "Surname", "End date")
    assert len(sheet.rows) == 1


def test_a_formula_is_noticed_and_a_phone_number_is_none() -> None:
    sheet = read(b"Name,Phone,Note,More\nAna,+27 000 000 001,=1+1,@SUM(A1)\nBen,-,+cmd|' /C calc'!A0,=\n")

    assert [row.formulas for row in sheet.rows] == [(2, 3), (2, 3)]


@pytest.mark.parametrize(
    "cell",
    ["=1+1", " =A1", "\uff1dA1", "+1+1", "-1-1", "+A1", "-A1*2", "@A1", "+(1+2)*3", "-Sheet1!A1", "+'My sheet'!A1",
     "@SUM(1)", "- HYPERLINK(1)", "-cmd|' /C calc'!A0", "\uff0bSUM(A1)"],
)  # fmt: skip
def test_what_a_spreadsheet_program_would_compute_is_a_formula(cell: str) -> None:
    assert is_formula(cell)


@pytest.mark.parametrize(
    "cell",
    ["+27 000 000 001", "+27 (0)11 555-0100", "+27-82.555/01", "-", "--", "-12,5", "-5%", "- works nights", "@lerato",
     "- day/night (temp)", "+ one more!", "Ana = Anna", "a@b.org", ""],
)  # fmt: skip
def test_a_phone_number_a_remark_and_a_name_are_no_formula(cell: str) -> None:
    assert not is_formula(cell)


def test_cells_without_headings_lose_nobody() -> None:
    sheet = read(b"Ana Meyer\tMS-1\t18 Dec 2026\nBen Botha\tMS-2\t18 Dec 2026\n")

    assert sheet.headings == ("", "", "")
    assert [(row.number, row.cells[0]) for row in sheet.rows] == [(1, "Ana Meyer"), (2, "Ben Botha")]


def test_headings_that_nobody_knows_stay_headings() -> None:
    assert read(b"Who,Bye\nAna,18/12/2026\n").headings == ("Who", "Bye")
    assert read(b"Who,Printed 18 Dec 2026,Owner\nAna,x,y\n").headings[0] == "Who"


def test_a_workbook_gives_days_numbers_and_the_cells_with_a_formula() -> None:
    book = xlsx(
        [["Name", "No", "Last day"], ["Ana", 12, date(2026, 12, 18)], ["Ben", 13.5, ""]], formulas={(2, 2): "=A2"}
    )

    sheet = read(book)

    assert [row.cells for row in sheet.rows] == [("Ana", "12", "2026-12-18"), ("Ben", "13.5", "2")]
    assert [row.formulas for row in sheet.rows] == [(), (2,)]


def test_an_ods_file_is_read_with_its_formulas() -> None:
    formula = '<table:table-row><table:table-cell office:value-type="string" table:formula="of:=1"><text:p>Ana</text:p>'
    table = ods_row("Name", "Surname") + f"{formula}</table:table-cell></table:table-row>" + ods_row("Ben", "Botha")

    sheet = read(ods(table))

    assert [row.cells for row in sheet.rows] == [("Ana", ""), ("Ben", "Botha")]
    assert [row.formulas for row in sheet.rows] == [(0,), ()]


def test_of_several_sheets_the_first_that_can_be_seen_is_read_and_that_is_said() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        for name, person in (("Old", "Ana"), ("New", "Ben"), ("Other", "Cleo")):
            sheet = book.add_worksheet(name)
            sheet.write_column(0, 0, ["Name", person])
        book.get_worksheet_by_name("New").activate()
        book.get_worksheet_by_name("Old").hide()

    found = read(buffer.getvalue())

    assert (found.rows[0].cells, found.form) == (("Ben",), "Excel, the first of 2 sheets")
    two = ods(ods_row("Name") + ods_row("Ana") + '</table:table><table:table table:name="B">' + ods_row("x"))
    assert (read(two).rows[0].cells, read(two).form) == (("Ana",), "OpenDocument, the first of 2 sheets")


def test_macros_are_left_where_they_are() -> None:
    book = with_part(xlsx([["Name", "End"], ["Ana", "x"]]), "xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 anything")

    assert len(read(book).rows) == 1


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"", "sheet_empty", id="nothing"),
        pytest.param(b"\n , \n", "sheet_empty", id="only blanks"),
        pytest.param(b"Name,End date\n", "sheet_only_headings", id="only headings"),
        pytest.param(b"Name\n" + b"x" * (21 * 1024**2), "sheet_too_large", id="too large"),
        pytest.param(b"Name,End\n" + b"x" * 10_000_000 + b",y\n", "sheet_cell_too_long", id="a cell of 10 MB"),
        pytest.param(b"Name,End\n" + b"y" * 5_000 + b",y\n", "sheet_cell_too_long", id="a long cell"),
        pytest.param(b"Name,End\n" + b"x," * 1_000_000 + b"x\n", "sheet_too_many_columns", id="a million columns"),
        pytest.param(b"Name,End\n" + b"x," * 120 + b"x\n", "sheet_too_many_columns", id="120 columns"),
        pytest.param(b"Name,End\n" + b"x,y\n" * 50_001, "sheet_too_many_rows", id="50,001 rows"),
        pytest.param(b"Name,End\nAna\x00,18/12/2026\n", "sheet_has_nul", id="NUL"),
        pytest.param(b"\x00" * 400, "sheet_not_one", id="nothing but NUL"),
        pytest.param(b'Name,End\n"Ana,1\nBen,2\n', "sheet_quotes", id="an open quotation mark"),
        pytest.param(b"%PDF-1.7 something", "sheet_not_one", id="PDF"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "sheet_old_or_locked", id="xls or a password"),
        pytest.param(b"PK\x03\x04 and then nothing", "sheet_damaged", id="half a zip"),
        pytest.param(b"\xff\xfe\x00", "sheet_not_one", id="half a UTF-16 letter"),
    ],
)
def test_what_is_no_sheet_is_refused_by_name(data: bytes, code: str) -> None:
    assert refusal(data) == code


def test_a_million_empty_cells_at_the_end_of_a_line_are_nothing() -> None:
    assert read(b"Name,End\nAna,1" + b"," * 1_000_000 + b"\n").rows[0].cells == ("Ana", "1")


def test_a_zip_bomb_is_refused_by_the_directory_before_it_is_opened() -> None:
    bomb = with_part(xlsx([["Name"], ["Ana"]]), "xl/worksheets/sheet1.xml", b" " * (250 * 1024**2))

    assert refusal(bomb) == "sheet_unpacks_too_large"


def test_a_directory_that_lies_about_a_size_is_found_out() -> None:
    book = bytearray(with_part(xlsx([["Name"], ["Ana"]]), "xl/media/bomb.bin", b" " * 5_000_000))
    true, stated = (5_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little")

    assert refusal(bytes(book).replace(true, stated)) == "sheet_damaged"


@pytest.mark.parametrize("place", ["XFD1", "A1048576", "XFD1048576", "ZZZZZZZ999999999"])
def test_a_lone_cell_far_away_takes_no_memory(place: str) -> None:
    sheet = f'<worksheet><sheetData><row><c r="{place}"><v>1</v></c></row></sheetData></worksheet>'
    book = with_part(xlsx([["Name"], ["Ana"]]), "xl/worksheets/sheet1.xml", sheet.encode())

    assert refusal(book) in {"sheet_too_many_columns", "sheet_too_many_rows"}


@pytest.mark.parametrize("times", ['number-rows-repeated="1048576"', 'number-columns-repeated="1048576"'])
def test_a_cell_that_repeats_a_million_times_is_refused(times: str) -> None:
    name = ods_row("Name", "End")
    cell = '<table:table-cell office:value-type="string" {0}><text:p>x</text:p></table:table-cell>'
    row = (
        ods_row("x", attributes=f"table:{times}")
        if "rows" in times
        else f"<table:table-row>{cell.format('table:' + times)}</table:table-row>"
    )

    assert refusal(ods(name + row)) in {"sheet_too_many_columns", "sheet_too_many_rows"}


def test_entities_that_unfold_are_refused() -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    book = with_part(xlsx([["Name"], ["Ana"]]), "xl/worksheets/sheet1.xml", laughs)

    assert refusal(book) == "sheet_damaged"


@given(st.binary(max_size=2_000))
def test_no_bytes_are_a_stack_trace(data: bytes) -> None:
    assert _reads_or_refuses(data)


@given(st.binary(max_size=400), st.integers(min_value=0, max_value=4_000))
def test_no_broken_workbook_is_a_stack_trace(noise: bytes, at: int) -> None:
    book = xlsx([["Name", "End date"], ["Ana", "18/12/2026"]])

    assert _reads_or_refuses(book[:at] + noise + book[at + len(noise) :])


def _reads_or_refuses(data: bytes) -> bool:
    try:
        return bool(read(data).rows)
    except RuleBroken as refused:
        return refused.field == "file"


CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30).filter(str.strip)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=8))
def test_what_is_written_as_csv_is_read_as_it_was(rows: list[list[str]]) -> None:
    lines = [["Name", "Surname"], *rows]
    written = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)

    read_back = read(written.encode())

    trimmed = [[_plain(cell) for cell in row] for row in rows]
    kept = [row for row in trimmed if any(row)]
    assert [list(row.cells[: len(was)]) for row, was in zip(read_back.rows, kept, strict=True)] == kept


def _plain(cell: str) -> str:
    return cell.replace("\u00a0", " ").replace("\ufeff", "").replace("\u200b", "").strip()
