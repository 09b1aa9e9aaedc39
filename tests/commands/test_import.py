"""Bringing a spreadsheet by command: the plan, applying it, and doing it again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from accounts.models import Account, Batch, Campaign, ImportFile, MailDomain, Operation
from stalwart_client import StalwartClient
from stalwart_client.simulator import Simulator
from tests.commands.conftest import Call
from tests.conftest import Clock

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
