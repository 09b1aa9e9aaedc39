"""Campaigns and profiles by command: the same plans, jobs and sentences as the pages."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Account, Batch, Campaign, MailDomain, Profile
from stalwart_client import StalwartClient
from tests.commands.conftest import Call
from tests.conftest import Clock

OPENING = ("--owner", "lead@metrosure.app", "--starts-at", "2026-11-01", "--ends-at", "2026-12-18")


@pytest.fixture
def spring(domain: MailDomain, call: Call) -> dict[str, Any]:
    """A campaign with two who go by its dates and one who does not."""
    made = call("campaign", "create", "Spring audit", *OPENING, "--json")
    for name, own in {"ana": (), "eve": (), "own": ("--ends-at", "2026-12-01")}.items():
        opened = call(
            "account", "create", f"{name}@metrosure.app", "--name", name.title(), "--purpose", "Visits",
            "--campaign", "Spring audit", *own, "--json",
        )  # fmt: skip
        assert opened.code == 0, opened.err
    return made.json


def test_a_campaign_is_made_and_shown(spring: dict[str, Any], call: Call) -> None:
    shown = call("campaign", "show", "spring AUDIT", "--json").json

    assert spring["stage"] == "running"
    assert (shown["name"], shown["owner"], shown["ends_at"]) == (
        "Spring audit",
        "lead@metrosure.app",
        "2026-12-18T22:00:00Z",
    )
    assert shown["states"] == {"active": 3}
    assert [(row["address"], row["follows_campaign"]) for row in shown["accounts"]] == [
        ("ana@metrosure.app", True),
        ("eve@metrosure.app", True),
        ("own@metrosure.app", False),
    ]
    assert "Spring audit" in call("campaign", "show", "Spring audit").out


def test_other_dates_move_all_and_name_who_stays(
    spring: dict[str, Any], call: Call, client_of_server: StalwartClient
) -> None:
    foreseen = call("campaign", "edit", "Spring audit", "--ends-at", "2027-01-15", "--dry-run", "--json").json
    unchanged = Campaign.objects.get().version
    done = call("campaign", "edit", "Spring audit", "--ends-at", "2027-01-15", "--json")

    assert [row["address"] for row in foreseen["moved"]] == done.json["moved"]
    assert done.json["moved"] == ["ana@metrosure.app", "eve@metrosure.app"]
    assert done.json["not_moved"] == [
        {"address": "own@metrosure.app", "reason": "It has dates of its own: its last day is Tue 1 Dec."}
    ]
    assert done.json["job"] == Batch.objects.get().pk
    assert unchanged == 1
    ends = {account.address: account.ends_at.isoformat() for account in Account.objects.all()}
    assert ends["ana@metrosure.app"] == ends["eve@metrosure.app"] == "2027-01-15T22:00:00+00:00"
    assert ends["own@metrosure.app"] == "2026-12-01T22:00:00+00:00"


def test_those_named_move_too(spring: dict[str, Any], call: Call) -> None:
    said = call("campaign", "edit", "Spring audit", "--ends-at", "2027-01-15", "--also", "own@metrosure.app")

    assert "3 moved, 0 not." in said.out


def test_all_of_it_ends_once_the_number_is_given(spring: dict[str, Any], call: Call) -> None:
    braked = call("campaign", "end", "Spring audit", "--reason", "The client left", "--json")
    done = call("campaign", "end", "Spring audit", "--reason", "The client left", "--yes", "3", "--json")

    assert (braked.code, braked.error["field"]) == (1, "number")
    assert "3" in braked.error["message"]
    assert (done.code, len(done.json["ended"]), done.json["stage"]) == (0, 3, "over")
    assert set(Account.objects.values_list("state", flat=True)) == {"ended"}


def test_the_list_is_by_what_runs(spring: dict[str, Any], call: Call, clock: Clock) -> None:
    call("campaign", "create", "No dates", "--owner", "lead@metrosure.app")
    clock.pass_(days=60)

    names = {
        show: [row["name"] for row in call("campaign", "list", "--show", show, "--json").json["campaigns"]]
        for show in ("running", "over", "all")
    }

    assert names == {"running": ["No dates"], "over": ["Spring audit"], "all": ["No dates", "Spring audit"]}
    assert "Over" in call("campaign", "list", "--show", "over").out


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        pytest.param(("show", "None such"), 1, "campaign", id="unknown"),
        pytest.param(("create", "Autumn"), 2, "owner", id="no owner"),
        pytest.param(("create", "Autumn", "--owner", "Palesa"), 1, "owner", id="an owner without an address"),
        pytest.param(("create", "Autumn", "--owner", "a@b.example", "--ends-at", "soon"), 1, "ends_at", id="no date"),
        pytest.param(("edit", "Spring audit", "--also", "nobody@metrosure.app"), 1, "also", id="a stranger"),
        pytest.param(("edit", "Spring audit", "--ends-at", ""), 1, "ends_at", id="a last day that is followed"),
        pytest.param(("edit", "Spring audit", "--ends-at", "2026-11-02"), 1, "ends_at", id="over already"),
    ],
)
def test_campaign_failures(
    spring: dict[str, Any], call: Call, arguments: tuple[str, ...], code: int, field: str | None
) -> None:
    said = call("campaign", *arguments, "--json")

    assert (said.code, said.error["field"]) == (code, field)


def test_an_account_needs_something_that_says_when_it_ends(domain: MailDomain, call: Call) -> None:
    said = call(
        "account", "create", "ana@metrosure.app", "--name", "Ana", "--owner", "x", "--purpose", "y", "--json"
    )  # fmt: skip

    assert (said.code, said.error["field"]) == (2, "ends_at")


def test_a_profile_is_made_and_gives(domain: MailDomain, call: Call) -> None:
    made = call(
        "profile", "create", "Shopper", "--address-pattern", "shopper{n:03}", "--quota", "500MB", "--term-days", "10",
        "--denials", "directory,receive", "--server-deadline", "no", "--json",
    )  # fmt: skip
    opened = call(
        "account", "create", "shopper001@metrosure.app", "--name", "Ana", "--owner", "x", "--purpose", "y",
        "--profile", "Shopper", "--json",
    )  # fmt: skip

    assert made.json["quota"] == 500 * 1024**2
    assert made.json["denials"] == ["directory", "receive"]
    assert (opened.code, opened.json["ends_at"]) == (0, "2026-12-03T22:00:00Z")
    account = Account.objects.get()
    assert (account.denials, account.server_deadline) == (["directory", "receive"], False)
    assert [row["name"] for row in call("profile", "list", "--json").json["profiles"]] == ["Shopper"]
    assert "shopper001@metrosure.app" in call("profile", "show", "shopper").out


def test_a_changed_profile_takes_along_only_who_is_meant(domain: MailDomain, call: Call) -> None:
    call("profile", "create", "Shopper")
    for number in range(3):
        call(
            "account", "create", f"s{number}@metrosure.app", "--name", "Ana", "--owner", "x", "--purpose", "y",
            "--profile", "Shopper", "--ends-at", "2026-12-18",
        )  # fmt: skip

    new_only = call("profile", "edit", "Shopper", "--quota", "2GB", "--json").json
    also = call("profile", "edit", "Shopper", "--grace-days", "5", "--term-days", "0", "--also-existing", "--json").json

    assert (new_only["changed"], new_only["job"]) == (0, None)
    assert (also["changed"], also["term_days"]) == (3, None)
    assert set(Account.objects.values_list("quota", "grace_days")) == {(1024**3, 5)}
    assert Profile.objects.get(name="Shopper").quota == 2 * 1024**3


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        pytest.param(("show", "None such"), 1, "profile", id="unknown"),
        pytest.param(("create", "Agent", "--address-pattern", "info"), 1, "address_pattern", id="one for all"),
        pytest.param(("create", "Agent", "--denials", "sign_in"), 1, "denials", id="a lock is no limit"),
        pytest.param(("create", "Agent", "--quota", "much"), 2, "quota", id="no size"),
    ],
)
def test_profile_failures(
    domain: MailDomain, call: Call, arguments: tuple[str, ...], code: int, field: str | None
) -> None:
    said = call("profile", *arguments, "--json")

    assert (said.code, said.error["field"]) == (code, field)
