"""The log as people read it: each event a sentence, with what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.audit import Action
from accounts.domain.dates import day_start, end_of
from accounts.domain.lifecycle import State
from accounts.domain.people import OUTBOX, PROVIDER, STRANGER, SWEEP
from accounts.models import Account, AuditDetail, AuditEvent, AuditHead, Campaign, Profile
from accounts.queries import paging, words
from accounts.queries.deeds import TOLD, told
from accounts.queries.refusals import log_note
from accounts.queries.sentences import server_said

_MOVED_ON: dict[str, Promise] = {
    State.ACTIVE: gettext_lazy("opened it, its first day has come"),
    State.ENDED: gettext_lazy("ended it, its last day is over"),
    State.CLOSED: gettext_lazy("closed it, its grace is over"),
}
_VERSIONED = (
    Action.ACCOUNT_EDITED,
    Action.TERM_CHANGED,
    Action.ACCOUNT_SUSPENDED,
    Action.ACCOUNT_REINSTATED,
    Action.ACCOUNT_ENDED,
    Action.ACCOUNT_PURGED,
    Action.ACCOUNT_HELD,
    Action.ACCOUNT_RELEASED,
)
"""What people do to an account: each counts its version up by one."""
_PROGRAM = {
    SWEEP.name: gettext_lazy("The sweep"),
    OUTBOX.name: gettext_lazy("The panel"),
    PROVIDER: gettext_lazy("The company sign-in"),
    STRANGER: gettext_lazy("Somebody unknown"),
}
_TOLD_WHOLE = frozenset({Action.STATE_CHANGED})
"""Their sentence says all that changed."""
_TROUBLE = frozenset(
    {
        Action.MAILBOX_REFUSED,
        Action.LOCK_UNDONE,
        Action.SERVER_DOUBTED,
        Action.DOMAIN_KEPT,
        Action.KEY_INSISTED,
        Action.KEY_COMPROMISED,
        Action.PURGES_STOPPED,
        Action.SIGN_IN_REFUSED,
        Action.EMERGENCY_KEY_USED,
        Action.TOKEN_REFUSED,
    }
)
_OF_SIGN_IN = (
    Action.SIGNED_IN,
    Action.SIGN_IN_REFUSED,
    Action.EMERGENCY_KEY_USED,
    Action.EMERGENCY_KEY_CHANGED,
    Action.SECOND_FACTOR_SET,
    Action.SECOND_FACTOR_RESET,
    Action.RECOVERY_CODES_MADE,
    Action.RECOVERY_CODE_USED,
    Action.SESSION_ENDED,
    Action.TOKEN_CREATED,
    Action.TOKEN_REVOKED,
    Action.TOKEN_REFUSED,
    Action.STAFF_CREATED,
    Action.STAFF_EDITED,
    Action.STAFF_LIMITED,
    Action.STAFF_DEACTIVATED,
    Action.STAFF_ACTIVATED,
    Action.STAFF_ROLE_CHANGED,
    Action.STAFF_PASSWORD_CHANGED,
)
"""What concerns whether somebody may sign in here, and did."""
_LATEST = (2**62,)
_MANY = 500
"""From so many matches on, the log goes from the newest on instead of collecting them first."""
_OF = {
    "campaign_id": (Action.CAMPAIGN_CREATED, Action.CAMPAIGN_EDITED, Action.CAMPAIGN_ENDED),
    "profile_id": (Action.PROFILE_CREATED, Action.PROFILE_EDITED),
}
_MOST_OF_NAMED = 200


@dataclass(frozen=True, slots=True)
class EventRow:
    id: int
    action: str
    icon: str
    actor: str
    text: str
    subject: str
    account_id: int | None
    changes: list[words.Change]
    reason: str
    note: str
    """What the mail server said, where it refused, why somebody was not let in, or what a token is good for."""
    client: str
    at: datetime
    clock: str
    is_trouble: bool


@dataclass(frozen=True, slots=True)
class Day:
    words: str
    events: list[EventRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What the log is asked for; empty is everything."""

    action: str = ""
    actor: str = ""
    subject: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def is_narrow(self) -> bool:
        return any((self.action, self.actor, self.subject, self.since, self.until))

    def written(self) -> dict[str, str]:
        """Return what it is narrowed to, for the log."""
        return {name: str(value) for name, value in asdict(self).items() if value}


@dataclass(frozen=True, slots=True)
class History:
    """The newest events of one account, and whether there are older ones."""

    days: list[Day]
    has_more: bool


def actions() -> list[tuple[str, str]]:
    """Return what the log can be narrowed to, by name."""
    return sorted(((action.value, str(TOLD[action].name)) for action in Action), key=lambda pair: pair[1])


def of_account(account_id: int, now: datetime, limit: int = 15) -> History:
    found = list(_events().filter(account_id=account_id).order_by("-pk")[: limit + 1])
    return History(by_day(_rows(found[:limit], now), now), has_more=len(found) > limit)


def of_campaign(campaign: Campaign, now: datetime, limit: int = 15) -> History:
    return _of_named("campaign_id", campaign.pk, campaign.name, now, limit)


def of_profile(profile: Profile, now: datetime, limit: int = 15) -> History:
    return _of_named("profile_id", profile.pk, profile.name, now, limit)


def of_person(username: str, now: datetime, limit: int = 15) -> History:
    """Return the newest sign-ins of a person, the refused ones too, and what was changed about them."""
    found = _events().filter(detail__subject=username, action__in=_OF_SIGN_IN).order_by("-pk")[: limit + 1]
    rows = _rows(found, now)
    return History(by_day(rows[:limit], now), has_more=len(rows) > limit)


def since_version(account: Account, version: int, now: datetime) -> list[EventRow]:
    """Return what people did to an account after somebody had it open at this version, newest first."""
    found = _events().filter(account_id=account.pk, action__in=_VERSIONED).order_by("-pk")
    return _rows(found[: max(account.version - version, 0)], now)


def find(search: Search, after: str, before: str, now: datetime, size: int = 50) -> paging.Page[EventRow]:
    """Return one page of the log, newest first."""
    order = paging.Order(("pk",), descending=True)
    cursor = paging.Cursor.read(before or after, _LATEST, backwards=bool(before)) if before or after else None

    def load(keys: list[paging.Key]) -> Sequence[EventRow]:
        return _rows(_events().filter(pk__in=[key[0] for key in keys]).order_by("-pk"), now)

    return paging.paged([searched(search)], order, cursor, size, load)


def by_day(rows: Iterable[EventRow], now: datetime) -> list[Day]:
    today = words.local_day(now)
    days = groupby(rows, key=lambda row: words.local_day(row.at))
    return [Day(words.heading(day, today), list(events)) for day, events in days]


def entries() -> int:
    """Return how many events the log has, without counting them."""
    return AuditHead.objects.filter(pk=1).values_list("event_id", flat=True).first() or 0


def opened_just_now(address: str, by: str, since: datetime) -> int | None:
    """Return the account that this person opened at this address a moment ago: a form sent twice."""
    account = Account.objects.filter(address=address.strip().lower(), created_at__gte=since).first()
    if account is None:
        return None
    created = _events().filter(account_id=account.pk, action=Action.ACCOUNT_CREATED, detail__actor=by)
    return account.pk if created.exists() else None


def _of_named(number: str, pk: int, name: str, now: datetime, limit: int) -> History:
    """Return the newest events of something that the log knows by name, also under the names it had before."""
    names: set[str] = set()
    older, mine = {name}, []
    while older:
        names |= older
        found = (
            AuditEvent.everywhere.select_related("detail")
            .filter(action__in=_OF[number], detail__subject__in=names)
            .order_by("-pk")[:_MOST_OF_NAMED]
        )
        mine = [event for event in found if (event.detail.after or {}).get(number) == pk]
        before = [event.detail.before or {} for event in mine]
        older = {values["name"] for values in before if "name" in values} - names
    return History(by_day(_rows(mine[:limit], now), now), has_more=len(mine) > limit)


def _events() -> QuerySet[AuditEvent]:
    return AuditEvent.objects.select_related("detail")


def searched(search: Search) -> QuerySet[AuditEvent]:
    found: QuerySet[AuditEvent] = AuditEvent.objects.all()
    zone = words.zone()
    if search.action:
        found = found.filter(action=search.action)
    if search.actor:
        found = _having(found, "actor", search.actor)
    if search.subject:
        found = _having(found, "subject", search.subject)
    if search.since:
        found = found.filter(at__gte=day_start(search.since, zone))
    if search.until:
        found = found.filter(at__lt=end_of(search.until, zone))
    return found


def _having(found: QuerySet[AuditEvent], value: str, text: str) -> QuerySet[AuditEvent]:
    """Narrow to events with a text in one of their values. Few are looked up in an index of that value, and named
    one by one; many are met soon enough on the way from the newest on.
    """
    having = AuditDetail.objects.filter(**{f"{value}__icontains": text})
    numbers = list(having.values_list("event", flat=True)[: _MANY + 1])
    return (
        found.filter(pk__in=numbers) if len(numbers) <= _MANY else found.filter(**{f"detail__{value}__icontains": text})
    )


def _rows(found: Iterable[AuditEvent], now: datetime) -> list[EventRow]:
    today = words.local_day(now)
    return [_row(event, today) for event in found]


def _row(event: AuditEvent, today: date) -> EventRow:
    detail = event.detail
    before: dict[str, Any] = detail.before or {}
    after: dict[str, Any] = detail.after or {}
    return EventRow(
        id=event.pk,
        action=str(told(event.action).name),
        icon=told(event.action).icon,
        actor=_actor(detail.actor),
        text=_what(event.action, before, after),
        subject=detail.subject or "",
        account_id=event.account_id,
        changes=[] if event.action in _TOLD_WHOLE or not (before and after) else words.changes(before, after, today),
        reason=detail.reason or "",
        note=_note(after),
        client=detail.client or "",
        at=event.at,
        clock=words.clock_words(event.at),
        is_trouble=event.action in _TROUBLE,
    )


def _what(action: str, before: dict[str, Any], after: dict[str, Any]) -> str:
    """Return the sentence of an event, without who did it."""
    if action == Action.MAILBOX_CHANGED and not before:
        return _("made the mailbox on the mail server and read it back")
    if action == Action.MAILBOX_CHANGED and not after:
        return _("deleted the mailbox on the mail server and read it back")
    if action == Action.MAILBOX_CHANGED and "password" in after:
        return _("put the new password on the mail server and read it back")
    if action == Action.STATE_CHANGED and after.get("state") in _MOVED_ON:
        return str(_MOVED_ON[after["state"]])
    if action in {Action.MAIL_CANCELLED, Action.MAIL_RETRIED}:
        return _mail(action, after)
    if action == Action.PURGES_STOPPED:
        return _("held back %(n)s purges, too many at once") % {"n": after.get("purges")}
    if action == Action.STAFF_CREATED:
        return _("let a person sign in here, as %(role)s") % {"role": words.ROLES.get(str(after.get("role")), "")}
    if which := after.get("selector") or after.get("label"):
        return f"{TOLD[action].done} ({which})"
    return str(told(action).done)


def _mail(action: str, after: dict[str, Any]) -> str:
    """Name whom one message was for; count several."""
    number, to = int(after.get("messages", 1)), ", ".join(after.get("to", []))
    if action == Action.MAIL_CANCELLED:
        said = ngettext("cancelled a waiting message to %(to)s", "cancelled %(n)s waiting messages", number)
    else:
        said = ngettext(
            "had a waiting message to %(to)s tried again at once",
            "had %(n)s waiting messages tried again at once",
            number,
        )
    return said % {"n": number, "to": to or _("nobody")}


def _note(after: dict[str, Any]) -> str:
    if "error_code" in after:
        return server_said(str(after["error_code"]))
    if "scopes" in after:
        return ", ".join(map(str, after["scopes"]))
    return log_note(str(after["refused"]), str(after.get("detail", ""))) if "refused" in after else ""


def _actor(name: str | None) -> str:
    if name is None:
        return _("Somebody, name erased")
    return str(_PROGRAM.get(name, name))
