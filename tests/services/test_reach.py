"""A limited actor, whatever their door: services refuse what is beyond reach, and jobs are held to it row by row.

The first test finds every service that takes the number of something; one that is added is asked too.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts import audit, services
from accounts.domain.bulk import Change, Intent
from accounts.domain.errors import RuleBroken, SeveralRulesBroken
from accounts.domain.people import Actor
from accounts.domain.reach import within
from accounts.models import AuditEvent, Campaign
from accounts.services import bulk, campaigns, imports, lifecycle, placing
from accounts.services.accounts import create_account, edit_account
from tests.factories import TESTER, make_account
from tests.reach import LIMITS, Places

pytestmark = pytest.mark.django_db

NUMBERS = {"account_id", "campaign_id", "batch_id", "file_id", "drift_id", "operation_id"}
ASK_NOBODY = {"let_go": "what the mail server refused of a group or a message, which no limited person may see"}
"""Services that take such a number and no actor."""
REFUSALS = {
    "out_of_reach",
    "campaign_out_of_reach",
    "no_such_batch",
    "no_such_import",
    "no_such_operation",
    "drift_settled",
}


def _services() -> Iterator[tuple[str, Callable[..., object]]]:
    for found in pkgutil.iter_modules(services.__path__):
        module = importlib.import_module(f"accounts.services.{found.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                yield name, function


TAKING_NUMBERS = sorted(
    (name, number)
    for name, function in _services()
    for number in NUMBERS & set(inspect.signature(function).parameters)
    if name not in ASK_NOBODY
)


def test_each_service_that_takes_a_number_asks_who_acts() -> None:
    found = dict(_services())

    assert [name for name, _ in TAKING_NUMBERS if "by" not in inspect.signature(found[name]).parameters] == []
    assert len(TAKING_NUMBERS) > 30


@pytest.mark.parametrize("limit", LIMITS)
def test_what_is_beyond_is_refused_by_every_service(
    limit: str, there: Places, limited: Callable[[str], Actor], now: datetime
) -> None:
    found, before = dict(_services()), AuditEvent.objects.count()

    said = {name: _refusal(found[name], number, there, limited(limit), now) for name, number in TAKING_NUMBERS}

    assert {name: code for name, code in said.items() if code not in REFUSALS} == {}
    assert AuditEvent.objects.count() == before


def _refusal(service: Callable[..., object], number: str, there: Places, by: Actor, now: datetime) -> str:
    far = there.far
    numbers = {
        "account_id": far.account,
        "campaign_id": far.campaign,
        "batch_id": far.job,
        "file_id": far.sheet,
        "drift_id": far.drift,
        "operation_id": far.operation,
    }
    wanted = {
        "reason": "x",
        "ends_at": now + timedelta(days=9),
        "days": 3,
        "campaign": "Nearby audit",
        "profile": "Standard",
        "columns": [],
        "options": imports.Options(),
        "number": 1,
        "cells": {},
    }
    asked = inspect.signature(service).parameters
    needed = {name: wanted[name] for name, each in asked.items() if name in wanted and each.default is each.empty}
    try:
        service(**{number: numbers[number].pk, **needed}, **{"by": by, "now": now} if "now" in asked else {"by": by})
    except RuleBroken as rule:
        return rule.code
    return "done"


def test_the_log_takes_no_change_beyond_reach(there: Places, limited: Callable[[str], Actor], now: datetime) -> None:
    """A service that forgot to ask cannot record what it did, and its transaction takes it back."""
    with pytest.raises(RuleBroken, match="out_of_reach"):
        audit.record(audit.Action.PASSWORD_SET, by=limited("domain"), at=now, account=there.far.account)
    with within(there.reach("campaign")), pytest.raises(RuleBroken, match="out_of_reach"):
        audit.record(audit.Action.PASSWORD_SET, by=TESTER, at=now, account=there.far.account)


@pytest.mark.parametrize(
    ("limit", "given", "field"),
    [
        ("domain", {"address": "ben@far.metrosure.app"}, "address"),
        ("campaign", {"campaign": "Faraway audit"}, "campaign"),
        ("campaign", {"campaign": "Brand new"}, "campaign"),
        ("campaign", {"campaign": ""}, "campaign"),
        ("both", {"address": "ben@far.metrosure.app"}, "address"),
        ("both", {"campaign": ""}, "campaign"),
        ("domain", {"campaign": "Faraway audit"}, "campaign"),
        ("domain", {"aliases": ["benjamin@far.metrosure.app"]}, "aliases"),
    ],
)
def test_opening_elsewhere_names_the_field(
    limit: str, given: dict[str, Any], field: str, there: Places, limited: Callable[[str], Actor], now: datetime
) -> None:
    usual = {"address": "ben@near.metrosure.app", "campaign": "Nearby audit", "name": "Ben", "owner": "a@example.org"}

    with pytest.raises(SeveralRulesBroken) as refused:
        create_account(**{**usual, **given}, ends_at=now + timedelta(days=3), by=limited(limit), now=now)

    assert [(rule.code, rule.field) for rule in refused.value.broken] == [("out_of_reach", field)]
    assert not Campaign.objects.filter(name="Brand new").exists()


@pytest.mark.parametrize("limit", LIMITS)
def test_within_reach_everything_goes(
    limit: str, there: Places, limited: Callable[[str], Actor], now: datetime
) -> None:
    by = limited(limit)
    near: dict[str, Any] = {"campaign": "Nearby audit", "name": "Ben", "owner": "a@example.org"}

    opened = create_account(address="ben@near.metrosure.app", ends_at=now + timedelta(days=3), by=by, now=now, **near)
    edit_account(opened.pk, purpose="Visits", by=by, now=now)
    ended = lifecycle.end_account(opened.pk, by=by, now=now)

    assert (ended.purpose, ended.state) == ("Visits", "ended")


def test_an_address_of_somebody_beyond_is_only_taken(
    there: Places, limited: Callable[[str], Actor], now: datetime
) -> None:
    make_account("lindiwe@near.metrosure.app", now=now, name="Lindiwe", campaign="Faraway audit")
    given: dict[str, Any] = {
        "campaign": "Nearby audit",
        "name": "Ben",
        "owner": "a@example.org",
        "ends_at": now + timedelta(days=3),
    }

    with pytest.raises(SeveralRulesBroken) as refused:
        create_account(address="lindiwe@near.metrosure.app", by=limited("campaign"), now=now, **given)

    (rule,) = refused.value.broken
    assert (rule.code, rule.values) == ("address_held", {"address": "lindiwe@near.metrosure.app"})


@pytest.mark.parametrize("limit", ["campaign", "both"])
@pytest.mark.parametrize("to", ["Faraway audit", "Brand new", ""])
def test_nobody_is_moved_out_of_reach(
    limit: str, to: str, there: Places, limited: Callable[[str], Actor], now: datetime
) -> None:
    with pytest.raises(RuleBroken, match="out_of_reach"):
        placing.move_account(there.near.account.pk, campaign=to, by=limited(limit), now=now)
    with pytest.raises(RuleBroken, match="out_of_reach"):
        bulk.plan_bulk([there.near.account.pk], Intent(change=Change.MOVE, campaign=to), by=limited(limit), now=now)


def test_a_campaign_that_is_partly_beyond_is_looked_at_and_not_changed(
    there: Places, limited: Callable[[str], Actor], now: datetime
) -> None:
    make_account("lindiwe@far.metrosure.app", now=now, name="Lindiwe", campaign="Nearby audit")
    by = limited("domain")

    with within(by.reach):
        seen = list(Campaign.objects.values_list("name", flat=True))
    with pytest.raises(RuleBroken, match="campaign_out_of_reach"):
        campaigns.edit_campaign(there.near.campaign.pk, note="x", by=by, now=now)

    assert seen == ["Nearby audit"]


def test_whoever_is_limited_to_a_mail_domain_makes_campaigns_for_it(
    there: Places, limited: Callable[[str], Actor], now: datetime
) -> None:
    made = campaigns.create_campaign(name="Mine", owner="a@example.org", by=limited("domain"), now=now)

    with within(limited("domain").reach):
        assert Campaign.objects.filter(pk=made.pk).exists()
    with pytest.raises(RuleBroken, match="out_of_reach"):
        campaigns.create_campaign(name="Not mine", owner="a@example.org", by=limited("campaign"), now=now)
