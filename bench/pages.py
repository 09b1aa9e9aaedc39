"""How long the pages take of a panel as full as the design allows, on SQLite and on Postgres: time, queries, plan.

A page is asked for as a browser would, without a network in between: middleware, view, database, template.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

import pytest

from bench import panel
from bench.client import say
from tests import servers

if TYPE_CHECKING:
    from django.test import Client

AT_MOST = 35
"""Milliseconds for a list (design.md, section 8)."""
_NO_SERVER = "http://127.0.0.1:9"
_SLOW = 500
"""Milliseconds that no page may take."""


@dataclass(frozen=True, slots=True)
class Look:
    """A page by its address. A list has to be as fast as the design says."""

    name: str
    path: str
    is_list: bool = True


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--drifts", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--store", choices=["sqlite", "postgres"], action="append")
    parser.add_argument("--only", default="", help="look only at pages with this in their name")
    parser.add_argument("--plans", action="store_true", help="show how the database finds the rows of every page")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.measure:
        measure(options)
        return
    passed_on = [f"--{name}={getattr(options, name)}" for name in ("accounts", "events", "drifts", "rounds", "only")]
    for store in options.store or ["sqlite", "postgres"]:
        say(f"\n{options.accounts:,} accounts, {options.events:,} events, {options.drifts:,} differences on {store}")
        try:
            with _stored(store) as address, panel.environment(_NO_SERVER, **address) as settings:
                panel.run("bench.pages", settings, "--measure", *passed_on, *(["--plans"] if options.plans else []))
        except pytest.skip.Exception as missing:
            say(f"  not measured: {missing}")


@contextmanager
def _stored(store: str) -> Iterator[dict[str, str]]:
    if store == "sqlite":
        yield {}
        return
    with servers.postgres() as url:
        yield {"DATABASE_URL": url}


def measure(options: argparse.Namespace) -> None:
    """Fill the panel, then look at every page in turn, so that other work on the machine meets all alike."""
    panel.set_up()
    from django.core.management import call_command  # noqa: PLC0415 - Django must be set up first

    from bench import crowd  # noqa: PLC0415

    call_command("collectstatic", interactive=False, verbosity=0)
    now = datetime.now(UTC)
    with panel.timed() as took:
        crowd.fill(options.accounts, options.events, options.drifts, now)
    say(f"  filled in {took()[0]:.0f} s; load {panel.load()}")
    client, looks = _signed_in(now), [look for look in _looks(options.accounts, now) if options.only in look.name]
    times: dict[Look, list[tuple[float, float]]] = {look: [] for look in looks}
    for _round in range(options.rounds):
        for look in looks:
            times[look].append(_asked(client, look))
    for look in looks:
        _tell(client, look, times[look], plans=options.plans or look.name == "list")
    say(f"  load {panel.load()}")


def _signed_in(now: datetime) -> Client:
    from django.test import Client  # noqa: PLC0415

    from accounts.domain.people import Role  # noqa: PLC0415
    from accounts.models import Staff  # noqa: PLC0415

    client = Client(headers={"host": "localhost"})
    client.force_login(Staff.objects.create(username="bench", role=Role.ADMIN, created_at=now))
    return client


def _looks(accounts: int, now: datetime) -> list[Look]:
    from accounts.models import Account, Campaign, MailDomain  # noqa: PLC0415
    from bench import crowd  # noqa: PLC0415

    rare = crowd.address_of(accounts // 2)
    one = Account.objects.order_by("pk")[accounts // 3]
    soon = (now + timedelta(days=3)).date()
    lists = {
        "list": "",
        "list, all": "?state=all",
        "list, middle": f"?state=all&after={_middle('ends_at')}",
        "list, by name": "?state=all&sort=name",
        "list, by name, middle": f"?state=all&sort=name&after={_middle('name')}",
        "list, by address": "?state=all&sort=-address",
        "list, by state": "?state=all&sort=state",
        "list, active": "?state=active",
        "list, suspended by name": "?state=suspended&sort=name",
        "list, purged": "?state=purged&sort=-end",
        "list, domain": f"?domain={crowd.DOMAINS[1]}",
        "list, campaign": "?campaign=Campaign+7",
        "list, ends in 7 days": "?look=ending",
        "list, lock not confirmed": "?look=unproven",
        "list, change failed": "?look=failed",
        "list, ends on a day": f"?ends={soon}",
        "list, domain, state, sort": f"?domain={crowd.DOMAINS[1]}&state=active&state=ended&sort=name",
        "search, frequent": "?q=nkosi",
        "search, everything": "?q=example",
        "search, one": f"?q={rare}",
        "search, two words": "?q=thandi+coetzee",
        "search, two words of none": "?q=thandi+thandeka",
        "search, none": "?q=qqqwww",
        "search, two signs of none": "?q=qx",
        "search, in a state": "?q=dlamini&state=suspended",
        "search, alias": f"?q=also.{crowd.address_of(70)}",
        "search, campaign": "?q=campaign+77",
        "search, by name": "?q=nkosi&sort=name",
    }
    others = {
        "dashboard": "/",
        "account": f"/accounts/{one.pk}/",
        "log": "/audit/",
        "log, one thing": "/audit/?action=term_changed",
        "log, a year ago": f"/audit/?until={(now - timedelta(days=365)).date()}",
        "log, a day": f"/audit/?since={soon.replace(year=soon.year - 1)}&until={soon.replace(year=soon.year - 1)}",
        "log, by somebody": "/audit/?actor=thandi",
        "log, by nobody": "/audit/?actor=qqqwww",
        "log, about somebody": f"/audit/?address={rare}",
        "log, about nobody": "/audit/?address=qqqwww",
        "log, export": "/audit/export/",
        "differences": "/drift/",
        "differences, of a kind": "/drift/?kind=only_there",
        "adoption": "/drift/take-in/",
        "changes": "/changes/",
        "campaigns": "/campaigns/",
        "campaign": f"/campaigns/{Campaign.objects.order_by('pk')[7].pk}/",
        "domains": "/domains/",
        "domain": f"/domains/{MailDomain.objects.order_by('pk')[0].pk}/",
        "imports": "/imports/",
        "settings": "/settings/",
        "staff": "/staff/",
        "purges": "/accounts/purges/",
        "health": "/health/detailed",
    }
    return [Look(name, f"/accounts/{query}") for name, query in lists.items()] + [
        Look(name, path, is_list=name in {"log", "differences", "campaigns", "imports"})
        for name, path in others.items()
    ]


def _middle(field: str) -> str:
    """Return the place of the account in the middle of a list."""
    from accounts.models import Account  # noqa: PLC0415
    from accounts.queries.paging import Cursor  # noqa: PLC0415

    found = Account.objects.order_by(field, "pk").values_list(field, "pk")
    return str(Cursor(found[Account.objects.count() // 2]))


def _asked(client: Client, look: Look) -> tuple[float, float]:
    """Return how many milliseconds the page took, and for how many this process had a processor."""
    with panel.timed() as took:
        answer = client.get(look.path)
        wall, busy = took()
    if answer.status_code not in {200, 503}:
        raise RuntimeError(f"{look.path}: {answer.status_code}")
    return wall * 1000, busy * 1000


def _tell(client: Client, look: Look, times: Sequence[tuple[float, float]], *, plans: bool) -> None:
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    with CaptureQueriesContext(connection) as captured:
        client.get(look.path)
    took, busy = (median(some) for some in zip(*times, strict=True))
    most = AT_MOST if look.is_list else _SLOW
    verdict = "" if took <= most else f"  MORE THAN {most}"
    say(f"  {look.name:<28}{took:7.1f} ms, {busy:6.1f} of a processor {len(captured):3} queries{verdict}")
    slowest = sorted(captured.captured_queries, key=lambda query: -float(query["time"]))
    for query in slowest[:3] if plans else []:
        say(f"      {float(query['time']) * 1000:6.1f} ms  {_plan(query['sql'])}")


def _plan(sql: str) -> str:
    """Return how the database goes about a query, in a line."""
    from django.db import connection  # noqa: PLC0415

    if not sql.startswith("SELECT"):
        return sql[:80]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"EXPLAIN (COSTS OFF) {sql.replace('%', '%%')}", [])
            lines = [line for (line,) in cursor.fetchall()]
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql.replace('%', '%%')}", [])
            lines = [detail for *_, detail in cursor.fetchall()]
    return re.sub(r"\s+", " ", "; ".join(line.strip() for line in lines))[:300]


if __name__ == "__main__":
    main()
