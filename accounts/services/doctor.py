"""What is wrong now and how to mend it: one plain function a check, each finding a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from accounts import mailserver, outbox
from accounts.checks import missing_triggers
from accounts.domain.lifecycle import State
from accounts.mailserver import StalwartError
from accounts.models import Account, Authenticator, Operation, PendingSecret, Pulse, Status, Topic
from accounts.queries.pulses import SWEEP_LATE
from accounts.queries.sentences import server_said, server_silent
from accounts.services import doctor_dns, doctor_sign_in, queue_watch
from accounts.services.findings import NOT_REACHED, Finding, Verdict

__all__ = ["Finding", "Verdict", "examine"]

Clock = Callable[[], datetime]

_RUNNER_LATE = timedelta(minutes=3)
_OPERATION_LATE = timedelta(minutes=15)
_CLOCK_OFF = timedelta(seconds=30)
_CLOCK_WRONG = timedelta(seconds=120)
_SAMPLE = 200
_DIRECTORY = "directory"
"""The denial that keeps holders from looking each other up."""


def examine(clock: Clock) -> list[Finding]:
    """Look at everything; a look that fails is a finding, not an error."""
    return [
        *_of_panel(clock),
        *doctor_sign_in.findings(),
        *_guarded("mail server", lambda: _of_server(clock)),
        *_guarded("dns", lambda: doctor_dns.findings(clock())),
    ]


def _guarded(name: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Pass on what a look finds, up to where it needs a database that is not there."""
    try:
        yield from look()
    except DatabaseError as error:
        yield _no_database(name, error)


def _no_database(name: str, error: DatabaseError) -> Finding:
    found = f"The database did not answer: {error}".rstrip()
    if name == "database":
        return Finding(name, Verdict.FAIL, found, "Check DATABASE_URL or DATA_DIR, and that the database runs.")
    return Finding(name, Verdict.UNKNOWN, found, "Mend the database first.")


def _of_panel(clock: Clock) -> Iterator[Finding]:
    checks: dict[str, Callable[[datetime], Finding]] = {
        "database": _database,
        "migrations": _migrations,
        "audit log": _log,
        "sweep": _sweep,
        "job runner": _runner,
        "field keys": _field_keys,
        "changes": _changes,
        "locks": _locks,
    }
    for name, check in checks.items():
        try:
            yield check(clock())
        except DatabaseError as error:
            yield _no_database(name, error)


def _of_server(clock: Clock) -> Iterator[Finding]:
    try:
        facts = outbox.look_at_server(clock())
    except StalwartError as error:
        yield Finding("mail server", Verdict.FAIL, _away(error, clock()), _to_mend(error))
        for name in ("mail server's version", "permissions", "mailboxes", "clock", "directory", "queue age"):
            yield Finding(name, Verdict.UNKNOWN, "The mail server could not be asked.")
        return
    yield Finding("mail server", Verdict.OK, f"It answers at {settings.STALWART_URL}.")
    version = facts.version or "a version that it does not tell"
    yield Finding("mail server's version", Verdict.OK, f"Stalwart {facts.generation}, {version}.")
    yield _permissions(facts.missing)
    yield _mailboxes(facts.external_directory)
    yield _clock(facts.clock, clock())
    yield _directory()
    yield _queue(clock())
    yield Finding(
        "open sessions",
        Verdict.OK,
        "A lock lets nobody sign in from then on. What is open already ends by the mail server's own time-outs.",
    )


def _database(now: datetime) -> Finding:
    with transaction.atomic():
        Pulse.objects.update_or_create(name="doctor", defaults={"at": now})
    if connection.vendor != "sqlite":
        return Finding("database", Verdict.OK, f"{connection.display_name} can be written.")
    mode, damage = _pragma("journal_mode"), _pragma("quick_check(1)")
    if damage != "ok":
        return Finding("database", Verdict.FAIL, f"The file is damaged: {damage}", "Restore the last backup.")
    # Tests keep their database in memory, where there is no journal to choose.
    if mode not in {"wal", "memory"}:
        advice = "Put the data folder on a local disk: SQLite cannot use its journal on a network share."
        return Finding("database", Verdict.WARN, f"SQLite journals by {mode}, readers and writers block.", advice)
    return Finding("database", Verdict.OK, "SQLite can be written and is whole.")


def _migrations(_now: datetime) -> Finding:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        return Finding("migrations", Verdict.FAIL, f"{len(plan)} not applied.", "Run: python manage.py migrate")
    return Finding("migrations", Verdict.OK, "All applied.")


def _log(_now: datetime) -> Finding:
    missing = missing_triggers()
    if missing:
        found = f"The database lets the log be changed: {', '.join(sorted(missing))} missing."
        return Finding(
            "audit log", Verdict.FAIL, found, "Make the triggers of migration 0002 again, then: audit verify"
        )
    return Finding("audit log", Verdict.OK, "The database lets nobody change it. `audit verify` reads it whole.")


def _sweep(now: datetime) -> Finding:
    pulse = Pulse.objects.filter(name="sweep").first()
    advice = "Start the job runner (`manage.py serve`), or Celery's worker and beat."
    if pulse is None:
        return Finding("sweep", Verdict.WARN, "It has never run: nothing ends by itself.", advice)
    if now - pulse.at > SWEEP_LATE:
        return Finding("sweep", Verdict.FAIL, f"It last ran {_ago(pulse.at, now)}.", advice)
    if stopped := pulse.facts.get("purges_stopped"):
        found = f"{stopped} mailboxes wait to be purged, too many for one sweep."
        return Finding("sweep", Verdict.WARN, found, f"Look at them, then: sweep --confirm-purges {stopped}")
    return Finding("sweep", Verdict.OK, f"It last ran {_ago(pulse.at, now)}.")


def _runner(now: datetime) -> Finding:
    """The embedded runner writes a pulse of its own; under Celery the schedule's is the sign of life."""
    pulse = Pulse.objects.filter(name="runner" if settings.EMBEDDED else "tick.sweep").first()
    if pulse is None or now - pulse.at > _RUNNER_LATE:
        found = f"No sign of life since {_ago(pulse.at, now)}." if pulse else "It has never run."
        advice = "Start it: `manage.py serve` keeps one running; with Redis it is Celery's worker and beat."
        return Finding("job runner", Verdict.WARN, found, advice)
    return Finding("job runner", Verdict.OK, f"It was last seen {_ago(pulse.at, now)}.")


def _field_keys(_now: datetime) -> Finding:
    """Try to read what waits encrypted; a sample tells, as all of it hangs on the same keys."""
    waiting = [secret.is_lost for secret in PendingSecret.objects.order_by("-made_at")[:_SAMPLE]]
    lost = sum(waiting) + sum(not app.key for app in Authenticator.objects.all()[:_SAMPLE])
    if lost:
        found = f"{lost} passwords or second factors were encrypted with another key."
        return Finding("field keys", Verdict.FAIL, found, "Add the earlier key to FIELD_KEYS, behind the new one.")
    return Finding("field keys", Verdict.OK, "What waits encrypted can be read.")


def _changes(now: datetime) -> Finding:
    failed = Operation.objects.filter(status=Status.FAILED).count()
    late = Operation.objects.open().filter(created_at__lt=now - _OPERATION_LATE).count()
    if failed or late:
        found = f"{failed} failed, {late} wait for longer than {_OPERATION_LATE.seconds // 60} minutes."
        return Finding("changes", Verdict.WARN, found, "The dashboard lists them, each with its reason.")
    return Finding("changes", Verdict.OK, "None has failed, none waits for long.")


def _locks(_now: datetime) -> Finding:
    unproven = Account.objects.lock_unproven().count()
    if unproven:
        found = f"{unproven} mailboxes must be locked, and the mail server was not seen to lock them."
        return Finding("locks", Verdict.WARN, found, "Open “Lock not confirmed” in the list of accounts.")
    return Finding("locks", Verdict.OK, "Every mailbox that must be locked was read back locked.")


def _permissions(missing: tuple[str, ...]) -> Finding:
    if missing:
        found = f"The panel's key lacks {', '.join(missing)}."
        return Finding("permissions", Verdict.FAIL, found, "Give the key these permissions on the mail server.")
    return Finding("permissions", Verdict.OK, "The panel's key may do all that is needed.")


def _mailboxes(is_external: bool) -> Finding:
    if is_external:
        found = "An external directory (LDAP, SQL or OIDC) owns the mailboxes."
        return Finding("mailboxes", Verdict.FAIL, found, "Use the panel with the server's internal directory.")
    return Finding("mailboxes", Verdict.OK, "The server's own directory keeps the mailboxes.")


def _clock(theirs: datetime | None, ours: datetime) -> Finding:
    if theirs is None:
        return Finding("clock", Verdict.UNKNOWN, "The mail server does not tell its time.")
    off = abs(theirs - ours)
    found = f"The mail server's clock is {off.total_seconds():.0f} s away from ours."
    verdict = Verdict.FAIL if off > _CLOCK_WRONG else Verdict.WARN if off > _CLOCK_OFF else Verdict.OK
    advice = (
        "" if verdict is Verdict.OK else "Let both machines set their clocks by NTP: ends would come early or late."
    )
    return Finding("clock", verdict, found, advice)


def _directory() -> Finding:
    """Read mailboxes back: can their holders look up who else has one (0.16 lets them by default)?"""
    if _DIRECTORY not in mailserver.capabilities().denials:
        return Finding("directory", Verdict.OK, "This server shows holders no directory.")
    live = Account.objects.filter(state=State.ACTIVE, mailbox_exists=True).order_by("-pk")
    newest = live.values_list("address", "mailbox_id", "denials")[:_SAMPLE]
    sample = {address: mailbox_id for address, mailbox_id, denials in newest if _DIRECTORY in denials}
    try:
        seen = mailserver.client().mailboxes_at(sample)
    except StalwartError as error:
        return Finding("directory", Verdict.UNKNOWN, server_silent(error.code))
    leaks = sum(_DIRECTORY not in mailbox.denials for mailbox in seen.values())
    if leaks:
        found = f"The holders of {leaks} of {len(seen)} mailboxes can list everybody who has one."
        return Finding("directory", Verdict.FAIL, found, "Open these accounts and choose “Check now”.")
    return Finding("directory", Verdict.OK, f"None of {len(seen)} holders can list the others.")


def _queue(now: datetime) -> Finding:
    """Look whether mail gets out: some always waits, but not for long."""
    try:
        total, oldest_at = queue_watch.look()
    except StalwartError as error:
        return Finding("queue age", Verdict.UNKNOWN, server_silent(error.code, Topic.MESSAGE))
    if not oldest_at:
        return Finding("queue age", Verdict.OK, "No mail waits.")
    waiting = "1 message waits" if total == 1 else f"{total} messages wait"
    found = f"{waiting}, the oldest was handed in {_ago(oldest_at, now)}."
    if queue_watch.is_stuck(total, oldest_at, now):
        return Finding("queue age", Verdict.WARN, found, "`queue stats` says who does not take it and why.")
    return Finding("queue age", Verdict.OK, found)


def _to_mend(error: StalwartError) -> str:
    if error.code != "unreachable":
        return server_said(error.code)
    return f"{NOT_REACHED} Changes wait meanwhile and go out by themselves."


def _away(error: StalwartError, now: datetime) -> str:
    pulse = Pulse.objects.filter(name="server").first()
    since = _ago(pulse.failing_since, now) if pulse and pulse.failing_since else "just now"
    fails = "It does not answer" if error.code == "unreachable" else "The panel is not served"
    return f"{fails} at {settings.STALWART_URL}: first noticed {since}."


def _ago(moment: datetime, now: datetime) -> str:
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return "less than a minute ago"
    return f"{minutes} min ago" if minutes < 120 else f"{minutes // 60} h ago"


def _pragma(name: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        return cursor.fetchone()[0]
