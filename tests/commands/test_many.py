"""Bulk changes by command: all that a filter lets through, looked at first, braked, reported."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import Account, Batch, MailDomain, Profile
from accounts.services import lifecycle
from tests.commands.conftest import Call
from tests.factories import TESTER, make_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(domain: MailDomain, now: datetime) -> list[Account]:
    """Twelve: Ana is suspended, the others are active, all until 24 December."""
    ana = make_account("ana@metrosure.app", now=now, name="Ana")
    others = [make_account(f"shopper{number}@metrosure.app", now=now, name=f"Shopper {number}") for number in range(11)]
    lifecycle.suspend_account(ana.pk, reason="Phone lost", by=TESTER, now=now)
    return [ana, *others]


def states() -> set[str]:
    return set(Account.objects.values_list("state", flat=True))


def test_a_dry_run_says_who_would_change_and_changes_nothing(people: list[Account], call: Call) -> None:
    said = call("account", "suspend", "--filter", "state=all", "--reason", "Closed", "--dry-run", "--json")

    assert said.code == 0
    assert len(said.json["changes"]) == 11
    assert said.json["changes"][0]["fields"] == [{"field": "State", "before": "Active", "after": "Suspended"}]
    assert said.json["stay"] == [{"address": "ana@metrosure.app", "reason": "It is suspended already."}]
    assert states() == {"active", "suspended"}
    assert not Batch.objects.exists()


def test_extending_by_a_filter(people: list[Account], call: Call, now: datetime) -> None:
    said = call("account", "extend", "--filter", "state=suspended&state=active", "--days", "7", "--json")

    assert said.code == 0
    assert said.json | {"job": 0} == {"job": 0, "done": 12, "failed": [], "stay": []}
    assert set(Account.objects.values_list("ends_at", flat=True)) == {now + timedelta(days=37)}


def test_ending_many_wants_their_number(people: list[Account], call: Call) -> None:
    line = ("account", "end", "--filter", "state=all", "--reason", "The shop has closed")

    braked = call(*line, "--json")
    wrong = call(*line, "--yes", "11")
    after = states()
    done = call(*line, "--yes", "12", "--json")

    assert (braked.code, braked.error["field"]) == (1, "yes")
    assert braked.error["message"] == "End 12 mailboxes: look at them with --dry-run, then add --yes 12."
    assert wrong.code == 1
    assert after == {"active", "suspended"}
    assert (done.code, done.json["done"], states()) == (0, 12, {"ended"})
    assert Batch.objects.count() == 1


def test_the_lines_for_a_person(people: list[Account], call: Call) -> None:
    foreseen = call("account", "end", "--filter", "q=ana", "--reason", "Closed", "--dry-run").out
    done = call("account", "reinstate", "--filter", "state=all").out

    change, plan = foreseen.splitlines()
    assert change == "ana@metrosure.app  State Suspended → Ended, Last day Thu 24 Dec → Tue 24 Nov"
    assert plan.startswith("End 1 mailbox. Shuts sign-in of 1 right away.")
    assert plan.endswith("Nothing has happened.")
    assert done.splitlines()[-1] == "1 done, 0 failed, 11 as they were."


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        pytest.param(("move", "--campaign", "Spring"), "campaign__name", "Spring", id="move"),
        pytest.param(("profile", "--profile", "Shoppers"), "profile__name", "Shoppers", id="profile"),
        pytest.param(("quota", "--quota", "2GB"), "quota", 2 * 1024**3, id="quota"),
    ],
)
@pytest.mark.parametrize("who", [("--filter", "state=all"), ("ana@metrosure.app",)], ids=["all", "one"])
def test_where_they_belong(
    people: list[Account], call: Call, line: tuple[str, ...], field: str, value: object, who: tuple[str, ...]
) -> None:
    Profile.objects.create(name="Shoppers", quota=1024**2)

    said = call("account", line[0], *who, *line[1:], "--json")

    assert said.code == 0
    assert Account.objects.filter(**{field: value}).count() == (12 if len(who) > 1 else 1)


@pytest.mark.parametrize(
    ("line", "code", "field", "message"),
    [
        pytest.param(("extend", "--days", "7"), 2, "address", "Give one address, or --filter.", id="nobody"),
        pytest.param(
            ("extend", "ana@metrosure.app", "--filter", "state=all", "--days", "7"),
            2, "address", "Give one address, or --filter.", id="both",
        ),
        pytest.param(
            ("extend", "ana@metrosure.app", "--dry-run", "--days", "7"),
            2, "filter", "--dry-run and --yes go with --filter.", id="a dry run for one",
        ),
        pytest.param(
            ("end", "--filter", "stat=ended", "--reason", "x"),
            1, "filter", "“stat=ended” is no filter.", id="a misspelt filter chooses nobody",
        ),
        pytest.param(
            ("end", "--filter", "state=endde", "--reason", "x"),
            1, "filter", "“state=endde” is no filter.", id="a misspelt state",
        ),
        pytest.param(("end", "--filter", "", "--reason", "x"), 1, "filter", "“” is no filter.", id="an empty filter"),
        pytest.param(("end", "--filter", "state=all"), 1, "reason", "Say why", id="no reason"),
        pytest.param(("purge", "--filter", "state=all"), 1, "reason", "Say why", id="a purge without a reason"),
        pytest.param(
            ("end", "--filter", "q=nobody", "--reason", "x"), 1, "filter", "No account is like this.", id="no match"
        ),
    ],
)  # fmt: skip
def test_what_is_refused(
    people: list[Account], call: Call, line: tuple[str, ...], code: int, field: str, message: str
) -> None:
    said = call("account", *line, "--json")

    assert (said.code, said.error["field"]) == (code, field)
    assert said.error["message"].startswith(message)
    assert states() == {"active", "suspended"}
