"""What every row would do: the rules of an import, without a database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.domain.lifecycle import State
from accounts.domain.sheets.columns import Field, folded
from accounts.domain.sheets.judging import judge, missing
from accounts.domain.sheets.rows import Answer, Entry, Judged, Known, KnownCampaign, Verdict, World

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SPRING = KnownCampaign("Spring audit", date(2026, 12, 18), "lead@metrosure.app", "")


def known(name: str = "Refilwe Dube", **given: Any) -> Known:
    """An account of the spring audit, open until 18 December."""
    facts: dict[str, Any] = {
        "id": 7,
        "address": f"{name.lower().replace(' ', '.')}@metrosure.app",
        "name": name,
        "number": "AG-2012",
        "owner": "lead@metrosure.app",
        "purpose": "",
        "campaign": "Spring audit",
        "profile": "Standard",
        "note": "",
        "starts_at": datetime(2026, 11, 1, tzinfo=UTC),
        "ends_at": datetime(2026, 12, 18, 22, 0, tzinfo=UTC),
        "state": State.ACTIVE,
    }
    return Known(**{**facts, **given})


def simple_address(first: str, last: str, profile: str, is_taken: Callable[[str], bool]) -> str:
    base = f"{folded(first)}.{folded(last)}".replace(" ", "").strip(".")
    options = [f"{base}{number or ''}@metrosure.app" for number in (0, 2, 3)] if base else []
    return next((option for option in options if not is_taken(option)), "")


def world(*accounts: Known, **given: Any) -> World:
    facts: dict[str, Any] = {
        "accounts": accounts,
        "taken": {account.address for account in accounts},
        "campaigns": {"spring audit": SPRING},
        "profiles": {"agent": "Agent"},
        "domains": {"metrosure.app"},
        "new_address": simple_address,
        "zone": ZoneInfo("Africa/Johannesburg"),
        "now": NOW,
    }
    return World(**{**facts, **given})


def entry(number: int = 1, *, answers: tuple[Answer, ...] = (), **cells: Any) -> Entry:
    """A good row of the spring audit, but for the cells that a test gives."""
    good = {
        "name": "Refilwe Dube",
        "employee_number": "AG-2012",
        "ends_at": "18/12/2026",
        "campaign": "Spring audit",
        "owner": "lead@metrosure.app",
    }
    given = {Field(name): text for name, text in {**good, **cells}.items()}
    return Entry(number=number, cells=given, answers=frozenset(answers))


def one(row: Entry, *accounts: Known) -> Judged:
    return judge([row], world(*accounts))[0]


def codes(judged: Judged) -> list[str]:
    return [rule.code for rule in judged.problems]


def test_a_good_row_creates() -> None:
    judged = one(entry())

    assert (judged.verdict, judged.address) == (Verdict.CREATE, "refilwe.dube@metrosure.app")
    assert judged.last_day == date(2026, 12, 18)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        pytest.param({"name": ""}, "name_missing", id="no name"),
        pytest.param({"owner": ""}, "owner_missing_campaign_has", id="no owner"),
        pytest.param({"owner": "Palesa"}, "owner_no_address", id="an owner without an address"),
        pytest.param({"owner": "palesa@nowhere"}, "owner_no_address", id="an owner at no domain"),
        pytest.param({"ends_at": ""}, "end_missing_campaign_has", id="no end, though the campaign has one"),
        pytest.param({"ends_at": "", "campaign": "New"}, "end_missing", id="no end"),
        pytest.param({"starts_at": "19/12/2026"}, "end_day_before_start", id="end before start"),
        pytest.param({"ends_at": "20/11/2026"}, "end_day_past", id="end in the past"),
        pytest.param({"ends_at": "18/12/2036"}, "term_too_long", id="ten years"),
        pytest.param({"ends_at": "soon"}, "not_a_day", id="no day"),
        pytest.param({"starts_at": "03/04/2026", "ends_at": "18/12/2026"}, "doubtful_day", id="03/04"),
        pytest.param({"address": "refilwe@elsewhere.org"}, "domain_unknown", id="a domain that is not ours"),
        pytest.param({"address": "refilwe+x@metrosure.app"}, "address_characters", id="a plus"),
        pytest.param({"profile": "King"}, "profile_unknown", id="an unknown profile"),
        pytest.param({"name": "R" * 121}, "too_long", id="a long name"),
        pytest.param({"name": "???"}, "address_cannot_be_made", id="a name without letters"),
    ],
)
def test_what_is_wrong_is_named(cells: dict[str, Any], code: str) -> None:
    judged = one(entry(**cells))

    assert (judged.verdict, codes(judged)) == (Verdict.PROBLEM, [code])


def test_everything_wrong_with_a_row_is_said_at_once() -> None:
    assert codes(one(entry(owner="", ends_at="soon", campaign=""))) == ["owner_missing", "not_a_day"]


def test_a_formula_is_a_problem_in_any_cell() -> None:
    row = Entry(1, entry().cells, formulas=((None, "Phone"),))

    assert codes(one(row)) == ["formula"]


def test_the_campaigns_end_and_owner_are_taken_where_somebody_said_so() -> None:
    row = entry(ends_at="", owner="", answers=(Answer.CAMPAIGN_END, Answer.CAMPAIGN_OWNER))

    judged = one(row)

    assert (judged.verdict, judged.last_day, judged.owner) == (Verdict.CREATE, SPRING.last_day, SPRING.owner)
    assert judged.follows_campaign


def test_a_doubtful_day_is_settled_by_an_answer() -> None:
    judged = one(entry(ends_at="03/04/2027", answers=(Answer.MONTH_FIRST,)))

    assert (judged.verdict, judged.last_day) == (Verdict.CREATE, date(2027, 3, 4))


@pytest.mark.parametrize(
    ("second", "code"),
    [
        pytest.param({}, "row_again", id="the row again"),
        pytest.param({"name": "REFILWE  DUBÉ"}, "row_again", id="again in other letters"),
        pytest.param({"employee_number": "MS-1"}, "name_twice", id="same name, other number"),
        pytest.param({"name": "Ana Meyer"}, "number_twice", id="same number, other name"),
    ],
)
def test_a_row_that_repeats_another_names_it(second: dict[str, Any], code: str) -> None:
    first, again = judge([entry(3), entry(8, **second)], world())

    assert first.verdict is Verdict.CREATE
    assert codes(again) == [code]
    assert again.problems[0].values["row"] == 3


def test_two_of_one_name_are_two_once_somebody_said_so() -> None:
    rows = [entry(1), entry(2, employee_number="MS-1", answers=(Answer.OTHER_PERSON,))]

    judged = judge(rows, world())

    assert [row.verdict for row in judged] == [Verdict.CREATE, Verdict.CREATE]
    assert judged[1].address == "refilwe.dube2@metrosure.app"
    assert [note.code for note in judged[1].notes] == ["address_numbered"]


def test_a_row_with_a_problem_takes_no_address_away() -> None:
    bad, good = judge([entry(1, ends_at=""), entry(2, employee_number="MS-1", answers=(Answer.OTHER_PERSON,))], world())

    assert (good.address, bad.address) == ("refilwe.dube@metrosure.app", "refilwe.dube2@metrosure.app")


def test_an_account_that_is_so_already_is_the_same() -> None:
    judged = one(entry(), known())

    assert (judged.verdict, judged.changes) == (Verdict.SAME, {})


def test_what_differs_is_an_update_with_before_and_after() -> None:
    judged = one(entry(ends_at="15 Jan 2027", owner="new@metrosure.app"), known())

    assert judged.verdict is Verdict.UPDATE
    assert judged.changes == {
        "ends_at": ("2026-12-18", "2027-01-15"),
        "owner": ("lead@metrosure.app", "new@metrosure.app"),
    }


def test_a_profile_and_a_note_that_differ_are_an_update_too() -> None:
    judged = one(entry(profile="AGENT", note="Works nights"), known(note="Works\ndays"))

    assert judged.changes == {"profile": ("Standard", "Agent"), "note": ("Works days", "Works nights")}
    assert one(entry(note="Works days"), known(note="Works\ndays")).verdict is Verdict.SAME


def test_empty_cells_leave_an_account_as_it_is() -> None:
    assert one(entry(owner="", ends_at="", campaign=""), known()).verdict is Verdict.SAME


def test_the_profile_of_a_campaign_is_for_new_mailboxes_alone() -> None:
    agents = KnownCampaign("Spring audit", None, "", "Agent")
    of_agents = {"campaigns": {"spring audit": agents}}

    assert judge([entry()], world(**of_agents))[0].profile == "Agent"
    assert judge([entry()], world(known(), **of_agents))[0].verdict is Verdict.SAME


def test_who_has_no_first_day_begins_with_a_campaign_that_lies_ahead() -> None:
    ahead = KnownCampaign("Spring audit", None, "", "", first_day=date(2026, 12, 1))
    begun = KnownCampaign("Spring audit", None, "", "", first_day=date(2026, 11, 2))

    first, refused = (
        judge([entry(ends_at=end)], world(campaigns={"spring audit": ahead}))[0]
        for end in ("18/12/2026", "30 Nov 2026")
    )

    assert (first.verdict, first.first_day) == (Verdict.CREATE, date(2026, 12, 1))
    assert codes(refused) == ["end_day_before_start"]
    assert judge([entry()], world(campaigns={"spring audit": begun}))[0].first_day is None


def test_a_start_moves_only_while_it_lies_ahead() -> None:
    to_come = known(starts_at=datetime(2026, 11, 30, 22, 0, tzinfo=UTC), state=State.SCHEDULED)

    assert one(entry(starts_at="5 Dec 2026"), to_come).changes == {"starts_at": ("2026-12-01", "2026-12-05")}
    assert one(entry(starts_at="5 Dec 2026"), known()).changes == {}


@pytest.mark.parametrize(
    ("cells", "account", "code"),
    [
        pytest.param({"employee_number": "MS-1"}, {}, "known_name_other_number", id="same name, other number"),
        pytest.param({"name": "Ana Meyer"}, {}, "known_number_other_name", id="same number, other name"),
        pytest.param(
            {"name": "Ana Meyer", "employee_number": "MS-1", "address": "refilwe.dube@metrosure.app"},
            {},
            "known_address_other_name",
            id="somebody else's address",
        ),
        pytest.param(
            {"address": "r.dube@metrosure.app"}, {}, "known_other_address", id="another address for the same person"
        ),
        pytest.param({}, {"number": "", "campaign": "Cape"}, "known_name_elsewhere", id="a namesake in other work"),
        pytest.param(
            {"ends_at": "1 Mar 2027"}, {"number": "", "state": State.ENDED}, "known_name_over", id="a name that is over"
        ),
        pytest.param(
            {"address": "refilwe.dube@metrosure.app", "employee_number": "MS-1"},
            {"state": State.PURGED, "number": ""},
            "address_reserved",
            id="an address of before",
        ),
    ],
)
def test_near_duplicates_are_asked_about(cells: dict[str, Any], account: dict[str, Any], code: str) -> None:
    assert codes(one(entry(**cells), known(**account))) == [code]


def test_the_same_person_under_another_name_is_renamed_once_somebody_said_so() -> None:
    judged = one(entry(name="Refilwe Botha", answers=(Answer.SAME_PERSON,)), known())

    assert judged.changes == {"name": ("Refilwe Dube", "Refilwe Botha")}


def test_a_purged_persons_address_is_not_given_again() -> None:
    judged = one(entry(), known(state=State.PURGED))

    assert (judged.verdict, judged.address) == (Verdict.CREATE, "refilwe.dube2@metrosure.app")
    assert [note.code for note in judged.notes] == ["address_numbered"]


def test_somebody_who_comes_back_by_number_opens_their_mailbox_again() -> None:
    judged = one(entry(ends_at="1 Mar 2027"), known(state=State.CLOSED, ends_at=datetime(2026, 6, 1, tzinfo=UTC)))

    assert judged.verdict is Verdict.UPDATE
    assert [note.code for note in judged.notes] == ["opens_again"]


def test_the_sheet_of_a_campaign_that_is_over_is_the_same() -> None:
    over = known(state=State.ENDED, ends_at=datetime(2026, 11, 18, 22, 0, tzinfo=UTC))

    assert one(entry(ends_at="18/11/2026"), over).verdict is Verdict.SAME


def test_a_row_left_out_does_nothing_and_takes_nothing() -> None:
    first, second = judge([entry(1, answers=(Answer.LEAVE_OUT,)), entry(2)], world())

    assert (first.verdict, first.problems) == (Verdict.LEFT_OUT, [])
    assert (second.verdict, second.address) == (Verdict.CREATE, "refilwe.dube@metrosure.app")


def test_a_campaign_that_is_not_there_is_new() -> None:
    judged = one(entry(campaign="Winter audit"))

    assert (judged.verdict, judged.campaign, judged.campaign_is_new) == (Verdict.CREATE, "Winter audit", True)
    assert one(entry(campaign="SPRING AUDIT")).campaign == "Spring audit"


def test_two_spellings_of_a_new_campaign_are_one() -> None:
    rows = [entry(1, campaign="Winter audit"), entry(2, name="Ana", employee_number="1", campaign="WINTER  Audit.")]

    assert {row.campaign for row in judge(rows, world())} == {"Winter audit"}


def test_what_stands_in_brackets_tells_campaigns_apart() -> None:
    cape = KnownCampaign("Audit (Cape)", date(2026, 12, 18), "", "")
    names = {"audit cape": cape, "audit (cape)": cape}

    found = judge(
        [entry(campaign="audit (Cape)"), entry(2, name="Ana", campaign="Audit (Durban)")], world(campaigns=names)
    )

    assert [(row.campaign, row.campaign_is_new) for row in found] == [("Audit (Cape)", False), ("Audit (Durban)", True)]


def test_a_roster_misses_only_whom_no_row_names() -> None:
    judged = judge([entry(1), entry(2, name="Ana Meyer", employee_number="MS-1", ends_at="")], world(known()))
    ana, zola = known("Ana Meyer", id=8, number=""), known("Zola Nkosi", id=9, number="MS-9")

    assert missing(judged, [known(), ana, zola]) == [zola]
