"""How the machinery does: does the mail server answer, has the sweep run, when were locks last read back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Operation, Pulse
from accounts.models.pulse import SYNC
from accounts.queries import words
from accounts.queries.compared import doubt_of
from accounts.queries.sentences import server_said

SWEEP_LATE = timedelta(minutes=15)
LOCKS_LATE = timedelta(minutes=45)
_HELPFUL = {"sysActionCreate", "actionInvalidateCaches"}
"""Let a change of keys count at once; without them it counts within minutes."""
_SERVER_SILENT = timedelta(minutes=5)
"""The server is asked every minute; after this long without a word nobody has asked."""


class Verdict(StrEnum):
    WELL = "well"
    AWAY = "away"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server, as last heard of."""

    verdict: Verdict
    seen: str
    """When it last answered, in words; empty if it never did."""
    away_since: str = ""
    because: str = ""
    waiting: int = 0
    """Changes that go out by themselves once it answers."""
    oldest: str = ""
    """For how long the oldest of them has waited, in words."""
    doubt: str = ""
    """Why its last listing is not believed; empty where it is."""
    version: str = ""
    generation: str = ""
    edition: str = ""
    missing: tuple[str, ...] = ()
    """What the panel's key may not do."""
    keeps_deadlines: bool = False
    has_external_directory: bool = False
    """Mailboxes come from elsewhere (LDAP, SQL, OIDC): the panel cannot make or change them here."""

    @property
    def is_away(self) -> bool:
        return self.verdict is Verdict.AWAY

    @property
    def is_well(self) -> bool:
        return self.verdict is Verdict.WELL


@dataclass(frozen=True, slots=True)
class Beat:
    """One recurring piece of work: when it last ran, and whether that is too long ago."""

    at: str
    ago: str
    is_late: bool
    late_minutes: int = 0

    @property
    def has_run(self) -> bool:
        return bool(self.at)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The mail that waited for delivery when it was last counted."""

    total: int = 0
    at: str = ""
    """When it was counted; empty if it never was."""
    oldest: str = ""
    """How long ago the oldest was handed in."""


@dataclass(frozen=True, slots=True)
class Memory:
    """How much memory the mail server takes, in words; empty where `because` says why that is not known."""

    words: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class Machinery:
    server: Server
    sweep: Beat
    locks: Beat
    compared: Beat
    """The last whole comparison of mailboxes and records."""
    waiting: Waiting
    memory: Memory
    purges_stopped: int | None
    """How many purges wait for a person, as there were too many for one sweep."""


def machinery(now: datetime) -> Machinery:
    """Read all pulses in one query (three, where the server is away)."""
    pulses = Pulse.objects.in_bulk(["server", "sweep", "locks", SYNC, "queue", "memory"])
    sweep, locks = pulses.get("sweep"), pulses.get("locks")
    return Machinery(
        server=_server(pulses.get("server"), pulses.get(SYNC), now),
        sweep=_beat(sweep, SWEEP_LATE, now),
        locks=_beat(locks, LOCKS_LATE, now),
        compared=_beat(pulses.get(SYNC), LOCKS_LATE, now),
        waiting=_waiting(pulses.get("queue"), now),
        memory=_memory(pulses.get("memory")),
        purges_stopped=sweep.facts.get("purges_stopped") if sweep else None,
    )


def server_facts() -> dict[str, Any]:
    """Return what the mail server was last seen to be; empty if it never answered."""
    return dict(Pulse.objects.filter(name="server").values_list("facts", flat=True).first() or {})


def lacking_for_keys() -> list[str]:
    """Return the permissions that the panel's key needs to change signing keys and does not have."""
    lacking = server_facts().get("lacking") or {}
    needed = {name for topic in ("dkim", "dkim_rotation") for name in lacking.get(topic, ())}
    return sorted(needed - _HELPFUL)


def _server(pulse: Pulse | None, compared: Pulse | None, now: datetime) -> Server:
    if pulse is None:
        return Server(Verdict.UNKNOWN, seen="")
    facts: dict[str, Any] = pulse.facts
    silent = now - pulse.at > _SERVER_SILENT
    verdict = Verdict.AWAY if pulse.failing_since else Verdict.UNKNOWN if silent else Verdict.WELL
    return Server(
        verdict,
        seen=words.moment_words(pulse.at, now),
        away_since=words.moment_words(pulse.failing_since, now) if pulse.failing_since else "",
        because=server_said(pulse.error_code) if pulse.failing_since else "",
        waiting=Operation.objects.open().count() if pulse.failing_since else 0,
        oldest=_oldest(now) if pulse.failing_since else "",
        doubt=doubt_of(compared.facts) if compared else "",
        version=str(facts.get("version") or ""),
        generation=str(facts.get("generation") or ""),
        edition=str(facts.get("edition") or ""),
        missing=tuple(facts.get("missing") or ()),
        keeps_deadlines=bool(facts.get("deadlines")),
        has_external_directory=bool(facts.get("external_directory")),
    )


def _waiting(pulse: Pulse | None, now: datetime) -> Waiting:
    if pulse is None:
        return Waiting()
    oldest_at = pulse.facts.get("oldest_at")
    return Waiting(
        total=int(pulse.facts.get("total", 0)),
        at=words.moment_words(pulse.at, now),
        oldest=words.ago(datetime.fromisoformat(oldest_at), now) if oldest_at else "",
    )


def _memory(pulse: Pulse | None) -> Memory:
    if pulse and "bytes" in pulse.facts:
        return Memory(words.size_words(int(pulse.facts["bytes"])))
    because = {
        "simulated": _("it is simulated inside of this panel"),
        "elsewhere": _("it runs on another machine, and does not tell"),
        "not_seen": _("its process is not to be seen from here"),
    }
    unknown = pulse.facts.get("unknown", "") if pulse else ""
    return Memory(because=because.get(unknown, _("nobody has looked yet")))


def _oldest(now: datetime) -> str:
    oldest = Operation.objects.open().order_by("created_at").first()
    return words.lasting(now - oldest.created_at) if oldest else ""


def _beat(pulse: Pulse | None, late_after: timedelta, now: datetime) -> Beat:
    if pulse is None:
        return Beat(at="", ago=_("not yet"), is_late=False)
    since = now - (pulse.failing_since or pulse.at)
    return Beat(
        at=words.moment_words(pulse.at, now),
        ago=words.ago(pulse.at, now),
        is_late=since > late_after,
        late_minutes=int(since.total_seconds() // 60),
    )
