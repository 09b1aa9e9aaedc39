"""The lifecycle strip: an account's life as steps, with today among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.domain.dates import last_day
from accounts.domain.lifecycle import DAY, State
from accounts.models import Account
from accounts.queries import words


@dataclass(frozen=True, slots=True)
class Step:
    key: str
    day: date
    words: str
    meaning: str
    segment: str
    """The state that begins here: it colours the line to the next step."""
    is_done: bool
    is_today: bool = False
    length: str = ""
    """How long until the next step."""
    icon: str = "check"
    needs_a_look: bool = False


@dataclass(frozen=True, slots=True)
class _Point:
    key: str
    at: datetime
    day: date
    meaning: str
    segment: str
    icon: str = "check"
    needs_a_look: bool = False
    is_today: bool = False


def of_account(account: Account, now: datetime, *, is_unproven: bool, is_unset: bool) -> list[Step]:
    """Return the steps of a life in order, today marked."""
    today = words.local_day(now)
    points = list(_points(account, now, is_unproven=is_unproven, is_unset=is_unset))
    points.insert(sum(point.at <= now for point in points), _today(account, now, is_unset=is_unset))
    following = [*points[1:], None]
    return [_step(point, after, today, now) for point, after in zip(points, following, strict=True)]


def _points(account: Account, now: datetime, *, is_unproven: bool, is_unset: bool) -> Iterator[_Point]:
    zone, created = words.zone(), words.local_day(account.created_at)
    first = words.local_day(account.starts_at)
    if created < first:
        yield _Point(_("Recorded"), account.created_at, created, _("Opens on its first day"), "scheduled")
    yield _start(account, now, first, is_unset=is_unset)
    state = account.life.state_at(now)
    if state is State.SUSPENDED and account.suspended_at:
        yield _Point(
            _("Suspended"),
            account.suspended_at,
            words.local_day(account.suspended_at),
            account.suspended_because,
            "look" if is_unproven else "suspended",
            icon="player-pause",
        )
    yield _end(account, now, is_unproven=is_unproven)
    closed = account.closes_at <= now
    yield _Point(
        _("Closed since") if closed else _("Grace until"),
        account.closes_at,
        words.local_day(account.closes_at) if closed else last_day(account.closes_at, zone),
        _("Mail to it is refused") if closed else _("Then mail to it is refused"),
        "look" if closed and is_unproven else "closed",
    )
    yield _purge(account)


def _start(account: Account, now: datetime, first: date, *, is_unset: bool) -> _Point:
    if account.starts_at > now:
        return _Point(_("First day"), account.starts_at, first, _("Sign-in opens at midnight before it"), "active")
    meaning = _("Not confirmed by the mail server") if is_unset else _("Sign-in allowed")
    return _Point(_("Active since"), account.starts_at, first, meaning, "look" if is_unset else "active")


def _end(account: Account, now: datetime, *, is_unproven: bool) -> _Point:
    over = account.ends_at <= now
    if over and is_unproven:
        meaning = _("The lock is not confirmed")
    elif over:
        meaning = _("Sign-in shut. Mail still came in")
    elif words.is_midnight(account.ends_at):
        meaning = _("Sign-in shut at midnight. Mail still comes in")
    else:
        meaning = _("Sign-in shut at %(clock)s. Mail still comes in") % {"clock": words.clock_words(account.ends_at)}
    return _Point(
        _("Ended, last day") if over else _("Ends, last day"),
        account.ends_at,
        last_day(account.ends_at, words.zone()),
        meaning,
        "look" if over and is_unproven else "ended",
        icon="lock",
        needs_a_look=over and is_unproven,
    )


def _purge(account: Account) -> _Point:
    if account.purged_at:
        meaning = _("Mailbox deleted, record kept")
        return _Point(_("Purged"), account.purged_at, words.local_day(account.purged_at), meaning, "closed", icon="x")
    if account.held_at:
        meaning = _("On hold: nothing is deleted")
    elif account.mailbox_used:
        meaning = _("%(size)s deleted, the address stays reserved") % {"size": words.size_words(account.mailbox_used)}
    else:
        meaning = _("Mailbox deleted, the address stays reserved")
    return _Point(
        _("Purge"),
        account.purges_at,
        words.local_day(account.purges_at),
        meaning,
        "closed",
        needs_a_look=bool(account.held_at),
    )


def _today(account: Account, now: datetime, *, is_unset: bool) -> _Point:
    meanings = {
        State.SCHEDULED: _("Nobody can sign in yet"),
        State.ACTIVE: _("Signs in, gets and sends mail"),
        State.SUSPENDED: _("Shut by a person, mail still comes in"),
        State.ENDED: _("In grace, mail still comes in"),
        State.CLOSED: _("Shut, mail is refused"),
        State.PURGED: _("Only this record is left"),
    }
    state = account.life.state_at(now)
    meaning = _("Should be open; the mail server has not shown it") if is_unset else meanings[state]
    return _Point(_("Today"), now, words.local_day(now), meaning, str(state), is_today=True, needs_a_look=is_unset)


def _step(point: _Point, after: _Point | None, today: date, now: datetime) -> Step:
    return Step(
        key=point.key,
        day=point.day,
        words=words.day_words(point.day, today),
        meaning=point.meaning,
        segment=point.segment,
        is_done=point.at <= now and not point.is_today,
        is_today=point.is_today,
        length=_length(point, after) if after else "",
        icon=point.icon,
        needs_a_look=point.needs_a_look,
    )


def _length(point: _Point, after: _Point) -> str:
    """Return how long it is until the next step: calendar days from and to today, whole days of the term elsewhere."""
    near_today = point.is_today or after.is_today
    days = (after.day - point.day).days if near_today else round((after.at - point.at) / DAY)
    if days < 1:
        return ""
    if point.is_today and point.segment == State.ACTIVE:
        return ngettext("%(days)s day left", "%(days)s days left", days) % {"days": days}
    return words.days_words(days)
