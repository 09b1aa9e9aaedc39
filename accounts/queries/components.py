"""How each part of the panel stands, for `/health/detailed`: from our own records, so that the answer comes at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Operation, Pulse
from accounts.queries import words
from accounts.queries.pulses import LOCKS_LATE, SWEEP_LATE
from accounts.queries.sentences import server_said

RUNNER_LATE = timedelta(minutes=3)
OPERATION_LATE = timedelta(minutes=15)
_SERVER_SILENT = timedelta(minutes=5)
_REDIS_WAIT = 1.0


class Standing(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"
    """Nobody has looked yet. It spoils nothing."""


@dataclass(frozen=True, slots=True)
class Component:
    status: Standing
    found: str
    at: datetime | None = None
    """When it last went well, or since when the oldest waits."""


def components(now: datetime) -> dict[str, Component]:
    """Return every part by its name. Nothing far away is asked but Redis, which has a second to answer."""
    parts = {"database": _database()}
    if parts["database"].status is Standing.OK:
        parts |= _recorded(now)
    if settings.REDIS_URL:
        parts["redis"] = _redis()
    return parts


def overall(parts: dict[str, Component]) -> Standing:
    """Return the worst of all."""
    found = {part.status for part in parts.values()}
    return next((status for status in (Standing.FAIL, Standing.WARN) if status in found), Standing.OK)


def _database() -> Component:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return Component(Standing.FAIL, _("It does not answer."))
    return Component(Standing.OK, _("It answers."))


def _recorded(now: datetime) -> dict[str, Component]:
    """Return what stands in our tables; there may be none of them yet."""
    try:
        migrations = _migrations()
        runner = "runner" if settings.EMBEDDED else "tick.sweep"
        pulses = Pulse.objects.in_bulk([runner, "sweep", "sync", "server"])
        return {
            "migrations": migrations,
            "workers": _beat(pulses.get(runner), now, warn=RUNNER_LATE, fail=SWEEP_LATE),
            "oldest_operation": _oldest(now),
            "sweep": _beat(pulses.get("sweep"), now, fail=SWEEP_LATE),
            "sync": _sync(pulses.get("sync"), now),
            "server": _server(pulses.get("server"), now),
        }
    except DatabaseError:
        return {"migrations": Component(Standing.FAIL, _("The tables are not as this version needs them."))}


def _migrations() -> Component:
    executor = MigrationExecutor(connection)
    if waiting := len(executor.migration_plan(executor.loader.graph.leaf_nodes())):
        return Component(
            Standing.FAIL, ngettext("%(n)s is not applied.", "%(n)s are not applied.", waiting) % {"n": waiting}
        )
    return Component(Standing.OK, _("All are applied."))


def _redis() -> Component:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=_REDIS_WAIT, socket_connect_timeout=_REDIS_WAIT
        ) as asked:
            asked.ping()
    except (redis.RedisError, OSError):
        return Component(Standing.FAIL, _("It does not answer. Nothing is lost: it only wakes workers."))
    return Component(Standing.OK, _("It answers."))


def _beat(pulse: Pulse | None, now: datetime, *, fail: timedelta, warn: timedelta | None = None) -> Component:
    if pulse is None:
        return Component(Standing.WARN, _("It has not run yet."))
    since = now - pulse.at
    status = Standing.FAIL if since > fail else Standing.WARN if since > (warn or fail) else Standing.OK
    return Component(status, _("It last ran %(ago)s.") % {"ago": words.ago(pulse.at, now)}, pulse.at)


def _oldest(now: datetime) -> Component:
    at = Operation.objects.open().order_by("created_at").values_list("created_at", flat=True).first()
    if at is None:
        return Component(Standing.OK, _("No change waits."))
    status = Standing.WARN if now - at > OPERATION_LATE else Standing.OK
    return Component(status, _("The oldest change waits since %(at)s.") % {"at": words.moment_words(at, now)}, at)


def _sync(pulse: Pulse | None, now: datetime) -> Component:
    if pulse is None:
        return Component(Standing.UNKNOWN, _("It has not run yet."))
    late = now - pulse.at > LOCKS_LATE
    said = _("It last ran %(ago)s.") % {"ago": words.ago(pulse.at, now)}
    return Component(Standing.WARN if late else Standing.OK, said, pulse.at)


def _server(pulse: Pulse | None, now: datetime) -> Component:
    if pulse is None:
        return Component(Standing.UNKNOWN, _("Nobody has asked it yet."))
    if pulse.failing_since:
        return Component(Standing.FAIL, server_said(pulse.error_code), pulse.at)
    if now - pulse.at > _SERVER_SILENT:
        said = _("Nobody has asked it since %(at)s.") % {"at": words.moment_words(pulse.at, now)}
        return Component(Standing.UNKNOWN, said, pulse.at)
    return Component(Standing.OK, _("It last answered %(ago)s.") % {"ago": words.ago(pulse.at, now)}, pulse.at)
