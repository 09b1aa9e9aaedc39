"""How the last comparison with the mail server went, and how many differences there are of what kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.domain.drift import Difference, Field, Standing, Strange
from accounts.models import Drift, Pulse
from accounts.models.pulse import SYNC, SYNC_ASKED, SYNC_TICK
from accounts.queries import words
from accounts.queries.sentences import server_said

COLLAPSE = 25
"""More differences of one kind than this are one card that asks what has happened."""
_SAMPLE = _COUNTED = 1000

KINDS: dict[Difference, Promise] = {
    Difference.DIFFERENT: gettext_lazy("Different"),
    Difference.ONLY_HERE: gettext_lazy("Missing on the server"),
    Difference.ONLY_THERE: gettext_lazy("Only on the server"),
}
FIELDS: dict[str, Promise] = {
    Field.NAME: gettext_lazy("Name"),
    Field.QUOTA: gettext_lazy("Space"),
    Field.ALIASES: gettext_lazy("Also gets"),
    Field.GROUPS: gettext_lazy("Groups"),
    Field.LOCKED: gettext_lazy("Sign-in"),
    Field.RECEIVE: gettext_lazy("Mail to it"),
    Field.CREDENTIALS: gettext_lazy("Own passwords"),
    Field.DIRECTORY: gettext_lazy("List of colleagues"),
    Field.DEADLINE: gettext_lazy("Shuts by itself"),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """How the last comparison went."""

    at: str
    """Empty if everything was never compared."""
    listed: int
    doubt: str
    """Why the mail server is not believed; empty where it is."""
    failing: str
    is_asked: bool
    """Somebody asked for another, which has not begun yet."""


@dataclass(frozen=True, slots=True)
class Pile:
    """So many differences of one kind that something else than many people must have happened."""

    kind: Difference
    number: int
    title: str
    text: str


def number_open() -> int:
    """Return how many differences wait for somebody; more than a thousand are not counted on every page."""
    return Drift.objects.open()[:_COUNTED].count()


def open_among(counted: dict[str, int]) -> int:
    """Return the same from what was counted anyway."""
    return min(sum(counted[kind] for kind in KINDS), _COUNTED)


def counts() -> dict[str, int]:
    """Return how many open differences there are of each kind, and how many were left as they are."""
    grouped = Drift.objects.living().order_by().values_list("state", "kind").annotate(n=Count("pk"))
    found = {(state, kind): number for state, kind, number in grouped}
    ignored = sum(found.get((Standing.IGNORED.value, kind.value), 0) for kind in KINDS)
    return {**{kind.value: found.get((Standing.OPEN.value, kind.value), 0) for kind in KINDS}, "ignored": ignored}


def compared(now: datetime) -> Compared:
    pulses = Pulse.objects.in_bulk([SYNC, SYNC_ASKED, SYNC_TICK])
    last, asked, tick = pulses.get(SYNC), pulses.get(SYNC_ASKED), pulses.get(SYNC_TICK)
    facts: dict[str, Any] = last.facts if last else {}
    return Compared(
        at=words.moment_words(last.at, now) if last else "",
        listed=facts.get("listed", 0),
        doubt=doubt_of(facts),
        failing=server_said(tick.error_code) if tick and tick.failing_since else "",
        is_asked=bool(asked and (tick is None or tick.at < asked.at)),
    )


def doubt_of(facts: Mapping[str, Any]) -> str:
    """Say why the last listing was not believed, as its pulse tells it."""
    return doubted(facts.get("strange"), missing=facts.get("missing", 0), expected=facts.get("expected", 0))


def doubted(strange: str | None, *, missing: int, expected: int) -> str:
    """Say why a listing is not believed; nothing where it is."""
    if strange == Strange.EMPTY:
        return _("The mail server says that it has no mailboxes at all, where %(n)s should be.") % {"n": expected}
    if strange == Strange.MISSING:
        values = {"missing": missing, "n": expected}
        return _("%(missing)s of %(n)s mailboxes are not on the mail server that answers.") % values
    return ""


def piles(counted: dict[str, int]) -> list[Pile]:
    """Return those kinds of which there are too many to look at one by one."""
    return [pile(kind, counted[kind]) for kind in KINDS if counted[kind] > COLLAPSE]


def pile(kind: Difference, number: int) -> Pile:
    """Return what is said of so many differences of a kind."""
    values = {"n": f"{number:,}"}
    if kind is Difference.ONLY_THERE:
        return Pile(
            kind,
            number,
            ngettext("%(n)s mailbox is only on the server", "%(n)s mailboxes are only on the server", number) % values,
            _(
                "So many at once are a server that was in use before this panel, or another one than before. "
                "Take them in together; until then nothing happens to them."
            ),
        )
    if kind is Difference.ONLY_HERE:
        return Pile(
            kind,
            number,
            ngettext("%(n)s mailbox is missing on the server", "%(n)s mailboxes are missing on the server", number)
            % values,
            _(
                "So many at once are hardly people who deleted them. Something is wrong with the connection: "
                "was the server restored, or exchanged for another?"
            ),
        )
    return Pile(
        kind,
        number,
        ngettext("%(n)s mailbox differs", "%(n)s mailboxes differ", number) % values,
        _(
            "In: %(fields)s. So many at once are hardly people. Something is wrong with the connection, "
            "or a script or a restored backup changed them."
        )
        % {"fields": ", ".join(_fields_of(kind))},
    )


def _fields_of(kind: Difference) -> Iterable[str]:
    """Return in what the differences of a kind lie, as far as a sample of them shows."""
    sample = Drift.objects.open().filter(kind=kind).values_list("fields", flat=True)[:_SAMPLE]
    named = {name for fields in sample for name in fields}
    return [str(words_of) for name, words_of in FIELDS.items() if name in named]
