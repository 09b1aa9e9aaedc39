"""What the columns of a sheet are called, in English and Afrikaans, and what they mean to us."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum


class Field(StrEnum):
    """What a column can hold."""

    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    NAME = "name"
    NUMBER = "employee_number"
    ADDRESS = "address"
    FIRST_DAY = "starts_at"
    LAST_DAY = "ends_at"
    CAMPAIGN = "campaign"
    OWNER = "owner"
    PURPOSE = "purpose"
    PROFILE = "profile"
    NOTE = "note"


UNUSED = ""
"""A column that stays in the file."""
_BETWEEN_WORDS = re.compile(r"[^a-z0-9]+")
_BRACKETS = re.compile(r"\(.*?\)")

_NAMES: dict[Field, str] = {
    Field.FIRST_NAME: """first name, first names, firstname, given name, given names, forename, known as,
        preferred name, voornaam, voorname, noemnaam""",
    Field.LAST_NAME: "last name, lastname, surname, family name, van, familienaam, agternaam",
    Field.NAME: """name, full name, fullname, display name, holder, name and surname, name surname, employee name,
        staff member, person, naam, volle naam, naam en van, werknemer""",
    Field.NUMBER: """employee no, employee number, employee nr, employee id, emp no, emp number, emp id, staff no,
        staff number, staff id, personnel no, personnel number, payroll no, payroll number, shopper no, agent no,
        number, werknemernommer, werknemer nr, werknemer no, personeelnommer, personeel nr, personeelno, nommer""",
    Field.ADDRESS: """mailbox, address, email, e mail, email address, e mail address, mail, mail address, username,
        posbus, epos, e pos, eposadres, e posadres, e pos adres, adres""",
    Field.FIRST_DAY: """start, starts, start date, startdate, starts on, first day, from, begin, begins, date started,
        commencement date, begindatum, begin datum, aanvang, aanvangsdatum, eerste dag, vanaf""",
    Field.LAST_DAY: """end, ends, end date, enddate, ends on, last day, until, to, till, expires, expiry, expiry date,
        termination date, contract end, einde, einddatum, eind datum, laaste dag, tot, vervaldatum""",
    Field.CAMPAIGN: "campaign, campaign name, project, programme, veldtog, projek, kampanje",
    Field.OWNER: """owner, reports to, report to, manager, line manager, team lead, team leader, supervisor,
        responsible, eienaar, bestuurder, lynbestuurder, rapporteer aan, spanleier, toesighouer, verantwoordelik""",
    Field.PURPOSE: """purpose, role, job, job title, position, function, department, rol, doel, pos, posisie, postitel,
        posbenaming, werk, departement, afdeling""",
    Field.PROFILE: "profile, mailbox profile, profiel",
    Field.NOTE: "note, notes, remark, remarks, comment, comments, nota, notas, opmerking, opmerkings, kommentaar",
}


def alike(text: str) -> str:
    """Return a name as it is compared: without capitals, accents, dots and the like."""
    if text.isascii():  # nearly all are
        return _BETWEEN_WORDS.sub(" ", text.lower()).strip()
    bare = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c if c.isalnum() else " " for c in bare if not unicodedata.combining(c))
    return " ".join(kept.split())


def folded(text: str) -> str:
    """Return a heading, or a person's name, as it is compared: also without what stands in brackets."""
    written = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return alike(_BRACKETS.sub(" ", written) if "(" in written else written)


_KNOWN: dict[str, Field] = {
    folded(name): field for field, names in _NAMES.items() for name in re.split(r",\s*", " ".join(names.split()))
}


def field_of(heading: str) -> Field | None:
    return _KNOWN.get(folded(heading))


def matched(headings: Sequence[str], remembered: Mapping[str, str]) -> list[str]:
    """Return the field of each column, UNUSED where none fits; a field is given once, to the first that asks.

    `remembered` are this uploader's own choices by folded heading; they come before what names suggest.
    """
    wishes = [_wish(heading, remembered) for heading in headings]
    if Field.LAST_NAME in wishes and Field.FIRST_NAME not in wishes and Field.NAME in wishes:
        # Beside "Surname", "Name" is the first name.
        wishes[wishes.index(Field.NAME)] = Field.FIRST_NAME
    return [wish if wish and wish not in wishes[:place] else UNUSED for place, wish in enumerate(wishes)]


def _wish(heading: str, remembered: Mapping[str, str]) -> str:
    own = remembered.get(folded(heading))
    if own is not None and (own == UNUSED or own in set(Field)):
        return own
    return field_of(heading) or UNUSED
