"""Bringing a sheet: judged against what is there, mended, carried out row by row, and forgotten after a week."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.audit import Action
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import State
from accounts.domain.people import Actor
from accounts.domain.sheets.columns import Field
from accounts.domain.sheets.rows import Answer, Verdict
from accounts.models import (
    Account,
    AuditEvent,
    Batch,
    BatchRow,
    Campaign,
    ImportFile,
    ImportRow,
    MailDomain,
    Operation,
    RowStatus,
)
from accounts.queries import imports as queries
from accounts.services import batch_work, batches, imports, lifecycle, profiles
from accounts.services.import_plan import planned_rows
from accounts.services.imports import Options
from tests.conftest import Clock
from tests.factories import make_account
from tests.sheets import sheet_of

Bring = Callable[..., ImportFile]


@pytest.fixture
def bring(db: None, hr: Actor, clock: Clock) -> Bring:
    MailDomain.objects.create(name="metrosure.app", created_at=clock(), seen_at=clock())

    def upload(data: bytes, **options: object) -> ImportFile:
        given = Options(**options)  # type: ignore[arg-type]
        return imports.upload(name="people.csv", data=data, by=hr, now=clock(), options=given)

    return upload


@pytest.fixture
def carry_out(hr: Actor, clock: Clock) -> Callable[..., Batch]:
    def start(file: ImportFile, typed: int | None = None) -> Batch:
        batch = imports.start_import(file.pk, by=hr, now=clock(), typed=typed)
        while batch_work.work(clock):
            pass
        return batch

    return start


CarryOut = Callable[..., Batch]


def test_nothing_happens_before_it_is_started(bring: Bring) -> None:
    file = bring(sheet_of("Ana Meyer", "Ben Botha"))

    assert file.counts == {Verdict.CREATE: 2}
    assert not Account.objects.exists()
    assert not Campaign.objects.exists()


def test_each_row_becomes_an_account_with_its_facts(bring: Bring, carry_out: CarryOut) -> None:
    batch = carry_out(bring(sheet_of("Ana Meyer")))

    ana = Account.objects.get()
    assert (ana.name, ana.employee_number, ana.owner) == ("Ana Meyer", "MS-1", "lead@metrosure.app")
    assert ana.campaign == Campaign.objects.get(name="Spring audit")
    assert batch.rows.get().account == ana
    assert AuditEvent.objects.get(action=Action.ACCOUNT_CREATED).account_id == ana.pk


def test_the_same_sheet_again_changes_nothing(bring: Bring, carry_out: CarryOut) -> None:
    carry_out(bring(sheet_of("Ana Meyer", "Ben Botha")))
    before = Operation.objects.count()

    again = bring(sheet_of("Ana Meyer", "Ben Botha"))

    assert again.counts == {Verdict.SAME: 2}
    with pytest.raises(RuleBroken, match="nothing_to_do"):
        carry_out(again)
    assert Operation.objects.count() == before


def test_what_differs_is_updated_in_the_log_too(bring: Bring, carry_out: CarryOut) -> None:
    carry_out(bring(sheet_of("Ana Meyer")))
    line = "{name},{number},15 Jan 2027,Cape audit,other@metrosure.app"

    carry_out(bring(sheet_of("Ana Meyer", line=line)))

    ana = Account.objects.get()
    assert (ana.owner, ana.ends_at.isoformat()) == ("other@metrosure.app", "2027-01-15T22:00:00+00:00")
    assert ana.campaign == Campaign.objects.get(name="Cape audit")
    assert AuditEvent.objects.filter(action=Action.TERM_CHANGED, account_id=ana.pk).count() == 1


def test_another_profile_and_note_are_given(bring: Bring, carry_out: CarryOut, hr: Actor, clock: Clock) -> None:
    profiles.create_profile(name="Agent", quota=2**20, by=hr, now=clock())
    sheet = "Name,No,Last day,Owner,Profile,Remarks\nAna Meyer,MS-1,18/12/2026,lead@metrosure.app,{0}".format
    carry_out(bring(sheet("Standard,Works days").encode()))

    file = bring(sheet("agent,Works nights").encode())
    carry_out(file)

    ana = Account.objects.get()
    assert file.counts == {Verdict.UPDATE: 1}
    assert (ana.profile.name, ana.quota, ana.note) == ("Agent", 2**20, "Works nights")
    assert bring(sheet("agent,Works nights").encode()).counts == {Verdict.SAME: 1}


def test_the_campaigns_to_be_made_are_counted_and_the_first_are_named(bring: Bring) -> None:
    line = "{name},{number},18/12/2026,Audit {number},lead@metrosure.app"

    few = bring(sheet_of("Ana Meyer", "Ben Botha", line=line))
    many = bring(sheet_of(*(f"Person {letter}" for letter in "ABCDEFGHIJKL"), line=line))

    assert few.new_campaigns == {"number": 2, "names": ["Audit MS-1", "Audit MS-2"]}
    assert (many.new_campaigns["number"], len(many.new_campaigns["names"])) == (12, 10)


def test_a_domain_that_was_given_up_gets_no_new_address(bring: Bring) -> None:
    MailDomain.objects.update(is_wanted=False)

    assert [problem.code for problem in queries.all_problems(bring(sheet_of("Ana Meyer")))] == ["no_domain"]


def test_a_start_that_lies_ahead_moves(bring: Bring, carry_out: CarryOut) -> None:
    sheet = "Name,No,First day,Last day,Owner\nAna Meyer,MS-1,{0},18/12/2026,lead@metrosure.app"
    carry_out(bring(sheet.format("1 Dec 2026").encode()))

    carry_out(bring(sheet.format("5 Dec 2026").encode()))

    ana = Account.objects.get()
    assert (ana.state, ana.starts_at.isoformat()) == (State.SCHEDULED, "2026-12-04T22:00:00+00:00")


def test_an_address_that_was_taken_meanwhile_gets_a_number(bring: Bring, carry_out: CarryOut, now: datetime) -> None:
    file = bring(sheet_of("Ana Meyer"))
    row = file.rows.get()
    batch = batches.plan_batch(imports.KIND, list(planned_rows([row])), title="x", by=Actor(name="lerato"), now=now)
    make_account("ana.meyer@metrosure.app", now=now, name="Ana Maria Meyer")
    batches.start(batch.pk, by=Actor(name="lerato"), now=now)
    while batch_work.work(lambda: now):
        pass

    assert batch.rows.get().status == RowStatus.DONE
    assert Account.objects.get(employee_number="MS-1").address == "ana.meyer2@metrosure.app"


def test_who_was_opened_meanwhile_is_not_opened_twice(bring: Bring, hr: Actor, clock: Clock) -> None:
    first, second = bring(sheet_of("Ana Meyer")), bring(sheet_of("Ana Meyer"))
    plans = [list(planned_rows(file.rows.all())) for file in (first, second)]
    for plan in plans:
        batch = batches.plan_batch(imports.KIND, plan, title="x", by=hr, now=clock())
        batches.start(batch.pk, by=hr, now=clock())

    while batch_work.work(clock):
        pass

    assert Account.objects.count() == 1
    assert sorted(BatchRow.objects.values_list("status", flat=True)) == [RowStatus.DONE, RowStatus.SKIPPED]


def test_a_plan_that_moved_since_it_was_looked_at_is_refused(
    bring: Bring, hr: Actor, clock: Clock, carry_out: CarryOut
) -> None:
    file = bring(sheet_of("Ana Meyer", "Ben Botha"))
    carry_out(bring(sheet_of("Ana Meyer")))

    with pytest.raises(RuleBroken, match="plan_moved") as refused:
        imports.start_import(file.pk, by=hr, now=clock(), expected=2)

    assert refused.value.values["number"] == 1


def test_a_row_is_mended_in_place(bring: Bring, hr: Actor, clock: Clock) -> None:
    file = bring(b"Name,No,Last day,Owner\nAna Meyer,MS-1,,lead@metrosure.app\n")
    assert file.counts == {Verdict.PROBLEM: 1}

    file = imports.mend_row(file.pk, 1, by=hr, cells={Field.LAST_DAY: "18/12/2026"}, now=clock())

    assert file.counts == {Verdict.CREATE: 1}
    assert file.rows.get().cells == ["Ana Meyer", "MS-1", "18/12/2026", "lead@metrosure.app"]


@pytest.mark.parametrize(
    ("text", "code"), [("x" * 4_001, "too_long"), ("Ana\x00", "not_printable")], ids=["long", "NUL"]
)
def test_what_no_cell_can_hold_is_refused_and_the_row_stays(
    bring: Bring, hr: Actor, clock: Clock, text: str, code: str
) -> None:
    file = bring(sheet_of("Ana Meyer"))

    with pytest.raises(RuleBroken, match=code) as refused:
        imports.mend_row(file.pk, 1, by=hr, cells={Field.NAME: text}, now=clock())

    assert refused.value.field == Field.NAME
    assert file.rows.get().cells[0] == "Ana Meyer"


def test_a_sheet_without_the_column_gets_it(bring: Bring, hr: Actor, clock: Clock) -> None:
    file = bring(b"Name,No,Last day\nAna Meyer,MS-1,18/12/2026\n")

    file = imports.mend_row(file.pk, 1, by=hr, cells={Field.OWNER: "lead@metrosure.app"}, now=clock())

    assert file.counts == {Verdict.CREATE: 1}


def test_days_the_wrong_way_round_are_swapped(bring: Bring, hr: Actor, clock: Clock) -> None:
    file = bring(b"Name,No,Start,End,Owner\nAna Meyer,MS-1,18/12/2026,23/11/2026,lead@metrosure.app\n")
    days = {Field.FIRST_DAY: "18/12/2026", Field.LAST_DAY: "23/11/2026"}

    file = imports.mend_row(file.pk, 1, by=hr, cells=days, swap_days=True, now=clock())

    assert file.counts == {Verdict.CREATE: 1}
    assert file.rows.get().cells[2:4] == ["23/11/2026", "18/12/2026"]


def test_a_mended_row_can_mend_or_break_another(bring: Bring, hr: Actor, clock: Clock) -> None:
    file = bring(sheet_of("Ana Meyer", "Ben Botha", "Cleo Dube"))

    broken = imports.mend_row(file.pk, 1, by=hr, cells={Field.NUMBER: "MS-3"}, now=clock())
    assert (broken.counts, broken.rows.get(number=3).judged["problems"][0]["code"]) == (
        {Verdict.CREATE: 2, Verdict.PROBLEM: 1},
        "number_twice",
    )
    mended = imports.mend_row(file.pk, 1, by=hr, cells={Field.NUMBER: "MS-1"}, now=clock())

    assert mended.counts == {Verdict.CREATE: 3}
    assert [row.cells[0] for row in mended.rows.order_by("number")] == ["Ana Meyer", "Ben Botha", "Cleo Dube"]


def test_an_answer_is_given_and_taken_back(bring: Bring, hr: Actor, clock: Clock) -> None:
    file = bring(sheet_of("Ana Meyer"))

    out = imports.mend_row(file.pk, 1, by=hr, cells={}, said=Answer.LEAVE_OUT, now=clock())
    back = imports.mend_row(file.pk, 1, by=hr, cells={}, unsaid=Answer.LEAVE_OUT, now=clock())

    assert (out.counts, back.counts) == ({Verdict.LEFT_OUT: 1}, {Verdict.CREATE: 1})


def test_a_formula_is_emptied_on_demand(bring: Bring, hr: Actor, clock: Clock) -> None:
    file = bring(b"Name,No,Last day,Owner,Remarks\nAna,MS-1,18/12/2026,lead@metrosure.app,=1+1\n")
    assert [problem.code for problem in queries.all_problems(file)] == ["formula"]

    file = imports.mend_row(file.pk, 1, by=hr, cells={}, empty_formulas=True, now=clock())

    assert file.counts == {Verdict.CREATE: 1}


def test_columns_are_remembered_for_this_person(bring: Bring, hr: Actor, clock: Clock) -> None:
    sheet = b"Who,No,Bye,Owner\nAna Meyer,MS-1,18/12/2026,lead@metrosure.app\n"
    file = bring(sheet)
    imports.map_columns(file.pk, ["name", "employee_number", "ends_at", "owner"], by=hr, now=clock())

    again = bring(sheet)
    other = imports.upload(name="x.csv", data=sheet, by=Actor(name="somebody"), now=clock())

    assert again.columns == ["name", "employee_number", "ends_at", "owner"]
    assert other.columns == ["", "", "", "owner"]


def test_a_roster_ends_whom_it_does_not_name(bring: Bring, carry_out: CarryOut) -> None:
    everybody = [f"Person {letter}" for letter in "ABCDEF"]
    carry_out(bring(sheet_of(*everybody)))

    roster = bring(sheet_of(*everybody[:5]), campaign="Spring audit", roster=True)
    assert roster.counts == {Verdict.SAME: 5, Verdict.END: 1}
    carry_out(roster)

    ended = Account.objects.get(state=State.ENDED)
    assert ended.name == "Person F"
    assert Account.objects.filter(state=State.ACTIVE).count() == 5


def test_a_roster_that_ends_a_fifth_wants_the_number_typed(bring: Bring, carry_out: CarryOut) -> None:
    everybody = [f"Person {letter}" for letter in "ABCDEF"]
    carry_out(bring(sheet_of(*everybody)))
    roster = bring(sheet_of(*everybody[:4]), campaign="Spring audit", roster=True)

    with pytest.raises(RuleBroken, match="type_the_number") as refused:
        carry_out(roster)
    assert not Account.objects.filter(state=State.ENDED).exists()
    carry_out(roster, typed=2)

    assert refused.value.values["number"] == 2
    assert Account.objects.filter(state=State.ENDED).count() == 2


def test_a_roster_knows_only_its_own_scope(bring: Bring, carry_out: CarryOut, now: datetime) -> None:
    make_account("other@metrosure.app", now=now, campaign="Cape audit", owner="lead@metrosure.app")
    carry_out(bring(sheet_of("Ana Meyer")))

    of_campaign = bring(sheet_of("Ana Meyer"), campaign="Spring audit", roster=True)
    of_owner = bring(sheet_of("Ana Meyer"), roster=True, roster_owner="LEAD@metrosure.app")

    assert of_campaign.counts == {Verdict.SAME: 1}
    assert of_owner.counts == {Verdict.SAME: 1, Verdict.END: 1}


def test_a_roster_of_a_department_goes_by_the_purpose(bring: Bring, now: datetime) -> None:
    for name, purpose in (("ana", "Field agent"), ("ben", "FIELD AGENT"), ("cleo", "Mystery shopper")):
        make_account(f"{name}@metrosure.app", now=now, name=name.title(), purpose=purpose)

    file = bring(sheet_of("Dan"), roster=True, roster_department="field agent")

    assert [row.judged["name"] for row in file.rows.filter(verdict=Verdict.END)] == ["Ana", "Ben"]


def test_a_roster_finds_its_campaign_however_it_is_spelt(bring: Bring, carry_out: CarryOut) -> None:
    carry_out(bring(sheet_of("Ana Meyer", "Ben Botha")))

    file = bring(sheet_of("Ana Meyer"), roster=True, campaign=" SPRING  audit")

    assert (file.campaign, file.counts) == ("Spring audit", {Verdict.SAME: 1, Verdict.END: 1})


@pytest.mark.parametrize(
    ("option", "field"),
    [({"campaign": "x" * 121}, "campaign"), ({"roster": True, "roster_owner": "x" * 255}, "roster_owner")],
    ids=["campaign", "owner"],
)
def test_an_option_that_is_too_long_is_refused_and_not_cut(bring: Bring, option: dict[str, Any], field: str) -> None:
    with pytest.raises(RuleBroken, match="too_long") as refused:
        bring(sheet_of("Ana Meyer"), **option)

    assert refused.value.field == field
    assert not ImportFile.objects.exists()


def test_a_roster_of_nobody_is_refused(bring: Bring) -> None:
    with pytest.raises(RuleBroken, match="roster_of_whom"):
        bring(sheet_of("Ana Meyer"), roster=True)


def test_an_end_that_came_by_itself_is_not_done_again(
    bring: Bring, hr: Actor, clock: Clock, carry_out: CarryOut
) -> None:
    carry_out(bring(sheet_of("Ana Meyer", "Ben Botha")))
    roster = bring(sheet_of("Ana Meyer"), campaign="Spring audit", roster=True)
    batch = imports.start_import(roster.pk, by=hr, now=clock(), typed=1)
    clock.pass_(days=60)
    lifecycle.sweep(now=clock())

    while batch_work.work(clock):
        pass

    assert batch.rows.get().status == RowStatus.SKIPPED


def test_what_failed_comes_back_with_its_columns_and_the_reason(
    bring: Bring, carry_out: CarryOut, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = bring(sheet_of("Ana Meyer", "Ben Botha"))
    MailDomain.objects.update(name="moved.example.org")
    monkeypatch.setattr(imports, "judge_again", lambda file, _now: file)
    batch = carry_out(file)
    file.refresh_from_db()

    table = list(queries.not_done(file, clock()))

    assert table[0] == ["Name", "Employee no", "Last day", "Campaign", "Owner", "Reason"]
    assert [row[0] for row in table[1:]] == ["Ana Meyer", "Ben Botha"]
    assert all("metrosure.app is not one of your mail domains" in str(row[-1]) for row in table[1:])

    MailDomain.objects.update(name="metrosure.app")
    batches.retry_failed(batch.pk, by=batch.by, now=clock())
    while batch_work.work(clock):
        pass
    assert Account.objects.count() == 2
    assert list(queries.not_done(file, clock()))[1:] == []


def test_rows_are_deleted_after_a_week_and_the_outcome_stays(bring: Bring, carry_out: CarryOut, clock: Clock) -> None:
    started, unstarted = bring(sheet_of("Ana Meyer")), bring(sheet_of("Ben Botha", start=2))
    carry_out(started)
    clock.pass_(days=6)
    assert imports.forget_old_sheets(clock()) == 0
    clock.pass_(days=1)

    assert imports.forget_old_sheets(clock()) == 2

    assert not ImportRow.objects.exists()
    assert list(ImportFile.objects.values_list("pk", flat=True)) == [started.pk]
    assert not ImportFile.objects.filter(pk=unstarted.pk).exists()
    assert Account.objects.get().name == "Ana Meyer"


def test_a_list_that_was_started_is_not_mended_any_more(
    bring: Bring, carry_out: CarryOut, hr: Actor, clock: Clock
) -> None:
    file = bring(sheet_of("Ana Meyer"))
    carry_out(file)

    with pytest.raises(RuleBroken, match="import_started"):
        imports.mend_row(file.pk, 1, by=hr, cells={}, now=clock())
    with pytest.raises(RuleBroken, match="import_started"):
        imports.throw_away(file.pk, by=hr)
