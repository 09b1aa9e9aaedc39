"""Bringing a spreadsheet by command: the plan, applying it, and doing it again."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from accounts.domain.lifecycle import State
from accounts.models import Account, Batch, BatchState, Campaign, ImportFile, MailDomain, Operation
from accounts.services import import_start, imports
from stalwart_client import StalwartClient
from stalwart_client.simulator import Simulator
from tests.commands.conftest import Call
from tests.conftest import Clock
from tests.sheets import sheet_of

SHEET = str(Path(__file__).parent.parent.parent / "docs" / "examples" / "roster-2026-spring.csv")


@pytest.fixture
def clock() -> Clock:
    """The Saturday before the first of the sample sheet begin."""
    return Clock(datetime(2026, 11, 21, 9, 0, tzinfo=UTC))


def test_the_sample_sheet_has_46_to_create_and_5_problems_each_named(
    server: Simulator, domain: MailDomain, call: Call
) -> None:
    said = call("import", SHEET, "--json")

    assert said.code == 0
    planned = said.json
    assert {name: planned[name] for name in ("rows", "create", "update", "same", "problem", "job")} == {
        "rows": 51, "create": 46, "update": 0, "same": 0, "problem": 5, "job": None,
    }  # fmt: skip
    assert [(found["row"], found["field"]) for found in planned["problems"]] == [
        (47, "employee_number"),
        (48, "employee_number"),
        (49, "ends_at"),
        (50, "ends_at"),
        (51, "note"),
    ]
    said_of = {found["row"]: found["message"] for found in planned["problems"]}
    assert said_of[47].startswith("Row 4 again")
    assert "Refilwe Dube" in said_of[48]
    assert "AG-2012" in said_of[48]
    assert "lies before the first day" in said_of[49]
    assert "no last day" in said_of[50]
    assert "formula" in said_of[51]


def test_a_plan_leaves_nothing_behind(server: Simulator, domain: MailDomain, call: Call) -> None:
    call("import", SHEET, "--dry-run")

    assert not Account.objects.exists()
    assert not ImportFile.objects.exists()
    assert not Campaign.objects.exists()


def test_applying_makes_46_live_mailboxes(
    server: Simulator, domain: MailDomain, call: Call, client_of_server: StalwartClient
) -> None:
    said = call("import", SHEET, "--apply", "--json").json
    call("runner", "--until-idle")

    assert (said["create"], said["problem"]) == (46, 5)
    assert Batch.objects.get().pk == said["job"]
    addresses = list(Account.objects.values_list("address", flat=True))
    assert len(client_of_server.mailboxes_at(addresses)) == 46
    assert not Operation.objects.open().exists()
    chloe = Account.objects.get(employee_number="MS-1045")
    assert (chloe.address, chloe.name) == ("chloe.muller@metrosure.app", "Chloé Müller")
    assert chloe.owner == "lead.cape@metrosure.app"
    thabo = Account.objects.get(employee_number="MS-1010")
    assert thabo.address == "thabo.govender@metrosure.app"


def test_the_same_file_again_changes_nothing(server: Simulator, domain: MailDomain, call: Call, clock: Clock) -> None:
    call("import", SHEET, "--apply")
    call("runner", "--until-idle")
    before = Operation.objects.count()
    clock.pass_(days=3)

    said = call("import", SHEET, "--apply", "--json").json

    assert (said["create"], said["update"], said["same"], said["problem"], said["job"]) == (0, 0, 46, 5, None)
    assert Operation.objects.count() == before


def test_an_unreadable_file_is_refused_in_a_sentence(
    server: Simulator, domain: MailDomain, call: Call, tmp_path: Path
) -> None:
    picture = tmp_path / "sheet.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))

    said = call("import", str(picture), "--json")

    assert said.code == 1
    assert said.error["field"] == "file"
    assert "no spreadsheet" in said.error["message"]
    assert "Traceback" not in said.err


def write(folder: Path, data: bytes, name: str = "people.csv") -> str:
    file = folder / name
    file.write_bytes(data)
    return str(file)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"", "There is nothing in this file.", id="empty"),
        pytest.param(b"\xef\xbb\xbf", "There is nothing in this file.", id="only a mark"),
        pytest.param(b"Name,End date\n", "There are headings in this file and no rows.", id="only headings"),
        pytest.param(bytes(range(256)) * 20, "This is no spreadsheet.", id="binary"),
        pytest.param(b"Name" + b",x" * 199 + b"\nAna" + b",y" * 199 + b"\n", "more than 100 columns", id="200 columns"),
        pytest.param(b"Name,End\n" + b"x,y\n" * 50_001, "More than 50000 rows", id="50,001 rows"),
    ],
)
def test_odd_files_are_refused_in_a_sentence(
    server: Simulator, domain: MailDomain, call: Call, tmp_path: Path, data: bytes, said: str
) -> None:
    answer = call("import", write(tmp_path, data), "--apply", "--json")

    assert answer.code == 1
    assert answer.error["field"] == "file"
    assert said in answer.error["message"]
    assert not ImportFile.objects.exists()


def test_a_file_that_is_none_is_refused_in_a_sentence(db: None, call: Call, tmp_path: Path) -> None:
    folder, nowhere = call("import", str(tmp_path), "--json"), call("import", str(tmp_path / "nowhere.csv"), "--json")

    assert (folder.code, nowhere.code) == (1, 1)
    assert "Is a directory" in folder.error["message"]
    assert "No such file" in nowhere.error["message"]


def test_wrong_use_is_told_apart(db: None, call: Call, tmp_path: Path) -> None:
    file = write(tmp_path, sheet_of("Ana Meyer"))

    answers = [
        call("import", "--json"),
        call("import", file, "--apply", "--dry-run", "--json"),
        call("import", file, "--owner", "lead@metrosure.app", "--json"),
        call("import", file, "--confirm-ends", "3", "--json"),
    ]

    assert [answer.code for answer in answers] == [2, 2, 2, 2]
    assert [answer.error["field"] for answer in answers] == ["file", "apply", "owner", "confirm_ends"]


def test_a_campaign_that_is_too_long_is_refused_by_its_name(
    server: Simulator, domain: MailDomain, call: Call, tmp_path: Path
) -> None:
    said = call("import", write(tmp_path, sheet_of("Ana Meyer")), "--campaign", "x" * 121, "--json")

    assert (said.code, said.error["field"]) == (1, "campaign")


def test_rows_that_name_no_campaign_get_the_one_that_is_said(
    server: Simulator, domain: MailDomain, call: Call, tmp_path: Path
) -> None:
    sheet = b"Naam;Nommer;Laaste dag;Eienaar\nZo\xeb M\xfcller;MS-1;18 Des 2026;lead@metrosure.app\n"

    said = call("import", write(tmp_path, sheet), "--campaign", "Winter", "--apply", "--json")

    assert (said.code, said.json["create"]) == (0, 1)
    account = Account.objects.select_related("campaign").get()
    assert (account.name, account.address) == ("Zoë Müller", "zoe.muller@metrosure.app")
    assert account.campaign == Campaign.objects.get(name="Winter")


def test_applying_records_what_is_right_and_leaves_what_is_not(
    server: Simulator, domain: MailDomain, call: Call, tmp_path: Path
) -> None:
    call("import", write(tmp_path, sheet_of("Ana Meyer")), "--apply")
    longer = "{name},{number},15 Jan 2027,Spring audit,lead@metrosure.app"
    lines = sheet_of("Ana Meyer", "Ben Botha", line=longer) + b"\nCleo Dube,MS-3,,Spring audit,lead@metrosure.app\n"

    said = call("import", write(tmp_path, lines), "--apply", "--json").json

    assert {name: said[name] for name in ("rows", "create", "update", "same", "problem")} == {
        "rows": 3, "create": 1, "update": 1, "same": 0, "problem": 1,
    }  # fmt: skip
    assert said["problems"] == [{"row": 3, "field": "ends_at", "message": "There is no last day. Type one."}]
    # To the end of the 15th.
    assert dict(Account.objects.values_list("name", "ends_at__date")) == {
        "Ana Meyer": date(2027, 1, 16), "Ben Botha": date(2027, 1, 16),
    }  # fmt: skip
    assert Batch.objects.get(pk=said["job"]).state == BatchState.DONE


def test_a_roster_by_command_stops_at_the_brake_and_leaves_no_trace(
    server: Simulator, domain: MailDomain, call: Call, tmp_path: Path
) -> None:
    everybody = [f"Person {letter}" for letter in "ABCDEF"]
    call("import", write(tmp_path, sheet_of(*everybody)), "--apply")
    roster = (write(tmp_path, sheet_of(*everybody[:4])), "--campaign", "Spring audit", "--roster")

    looked = call("import", *roster, "--json").json
    stopped = call("import", *roster, "--apply", "--json")
    held = Account.objects.filter(state=State.ENDED).count()
    done = call("import", *roster, "--apply", "--confirm-ends", "2", "--json")

    assert (looked["end"], looked["job"]) == (2, None)
    assert (stopped.code, stopped.error["field"], held) == (1, "number", 0)
    assert (done.code, ImportFile.objects.count()) == (0, 2)
    assert Account.objects.filter(state=State.ENDED).count() == 2


def test_a_long_sheet_is_started_and_carried_out_too(
    server: Simulator, domain: MailDomain, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_start, "AT_ONCE", 1)

    said = call("import", SHEET, "--apply", "--json").json

    assert (said["create"], Account.objects.count()) == (46, 46)
    assert Batch.objects.get().state == BatchState.DONE


def test_a_long_sheet_that_is_refused_when_it_is_judged_again_says_why(
    server: Simulator, domain: MailDomain, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_start, "AT_ONCE", 1)
    ask = imports.start_import

    def ask_while_the_domain_goes(*args: Any, **kwargs: Any) -> Batch:
        batch = ask(*args, **kwargs)
        MailDomain.objects.update(is_wanted=False)
        return batch

    monkeypatch.setattr(imports, "start_import", ask_while_the_domain_goes)

    said = call("import", SHEET, "--apply", "--json")

    assert (said.code, said.json["error"]["message"][:19]) == (1, "There is nothing to")
    assert not ImportFile.objects.exists()
    assert not Account.objects.exists()
