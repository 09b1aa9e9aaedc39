"""What pages call things: days, moments, sizes, states and fields, in words that HR staff use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.dateformat import format as date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.domain.dates import last_day
from accounts.domain.lifecycle import State
from accounts.domain.profiles import Limit

STATES: dict[State, Promise] = {
    State.SCHEDULED: gettext_lazy("Scheduled"),
    State.ACTIVE: gettext_lazy("Active"),
    State.SUSPENDED: gettext_lazy("Suspended"),
    State.ENDED: gettext_lazy("Ended"),
    State.CLOSED: gettext_lazy("Closed"),
    State.PURGED: gettext_lazy("Purged"),
}

FIELDS: dict[str, Promise] = {
    "address": gettext_lazy("Address"),
    "name": gettext_lazy("Name"),
    "owner": gettext_lazy("Owner"),
    "purpose": gettext_lazy("Purpose"),
    "note": gettext_lazy("Note"),
    "employee_number": gettext_lazy("Number"),
    "quota": gettext_lazy("Space"),
    "aliases": gettext_lazy("Also gets"),
    "members": gettext_lazy("Members"),
    "groups": gettext_lazy("Groups"),
    "campaign": gettext_lazy("Campaign"),
    "profile": gettext_lazy("Profile"),
    "state": gettext_lazy("State"),
    "starts_at": gettext_lazy("First day"),
    "ends_at": gettext_lazy("Last day"),
    "follows_campaign": gettext_lazy("Goes by"),
    "limits": gettext_lazy("The holder may not"),
    "grace_days": gettext_lazy("Grace"),
    "retention_days": gettext_lazy("Kept after that"),
    "mail_before_start": gettext_lazy("Before the first day"),
    "server_deadline": gettext_lazy("Lock of the mail server"),
    "domain": gettext_lazy("Mail domain"),
    "address_pattern": gettext_lazy("Addresses"),
    "term_days": gettext_lazy("Usual length"),
    "role": gettext_lazy("Role"),
    "email": gettext_lazy("E-mail"),
    "is_local": gettext_lazy("Emergency key"),
    "only_domains": gettext_lazy("Mail domains"),
    "only_campaigns": gettext_lazy("Campaigns"),
    "deadline": gettext_lazy("Shuts by itself"),
    "locked": gettext_lazy("Sign-in"),
    "denials": gettext_lazy("Mail to it"),
    "description": gettext_lazy("What it is for"),
    "catch_all": gettext_lazy("Gets the rest"),
    "purges": gettext_lazy("Mailboxes to purge"),
    "rows": gettext_lazy("Mailboxes"),
}

LIMITS: dict[str, Promise] = {
    Limit.DIRECTORY: gettext_lazy("look up who else has a mailbox"),
    Limit.CREDENTIALS: gettext_lazy("change the password alone, or make app passwords"),
    Limit.RECEIVE: gettext_lazy("get mail"),
}

ROLES: dict[str, Promise] = {
    "auditor": gettext_lazy("Auditor"),
    "operator": gettext_lazy("HR operator"),
    "admin": gettext_lazy("Administrator"),
}

_DAYS = frozenset({"starts_at", "ends_at", "deadline"})
_LIMITING = frozenset({"only_domains", "only_campaigns"})
_UNITS = ("B", "KB", "MB", "GB", "TB", "PB")
_KILO = 1024


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an event, before and after, as text."""

    field: str
    before: str
    after: str


def zone() -> ZoneInfo:
    """Return the company's time zone: every day and time on a page is in it."""
    return ZoneInfo(settings.TIME_ZONE)


def local_day(moment: datetime) -> date:
    return moment.astimezone(zone()).date()


def day_words(day: date, today: date) -> str:
    """Return "Fri 27 Nov"; the year only where it is not this one."""
    return date_format(day, "D j M" if day.year == today.year else "D j M Y")


def short_day(day: date) -> str:
    """Return "Tue 24"."""
    return date_format(day, "D j")


def day_of_month(day: date) -> str:
    """Return "24 Nov"."""
    return date_format(day, "j M")


def heading(day: date, today: date) -> str:
    """Return "Fri 20 November", over what happened on a day."""
    if day == today:
        return _("Today")
    return date_format(day, "D j F" if day.year == today.year else "D j F Y")


def today_words(now: datetime) -> str:
    """Return "Tuesday 24 November", the heading of the first page."""
    return date_format(local_day(now), "l j F")


def last_day_words(ends_at: datetime, today: date) -> str:
    return day_words(last_day(ends_at, zone()), today)


def end_words(ends_at: datetime, today: date) -> str:
    """Return when an end is, in a sentence: "at the end of Fri 27 Nov", or "on Fri 27 Nov at 14:00"."""
    values = {"day": last_day_words(ends_at, today), "clock": clock_words(ends_at)}
    return (_("at the end of %(day)s") if is_midnight(ends_at) else _("on %(day)s at %(clock)s")) % values


def is_midnight(moment: datetime) -> bool:
    return moment.astimezone(zone()).time() == time.min


def hour_words(moment: datetime) -> str:
    """Return "Thu 17:00", under a drawing of a few days."""
    return date_format(moment.astimezone(zone()), "D H:i")


def clock_words(moment: datetime) -> str:
    return date_format(moment.astimezone(zone()), "H:i")


def distance(day: date, today: date) -> str:
    """Return how far a day is from today: "in 3 days", "yesterday"."""
    days = (day - today).days
    if days == 0:
        return _("today")
    if days == 1:
        return _("tomorrow")
    if days == -1:
        return _("yesterday")
    if days > 0:
        return ngettext("in %(days)s day", "in %(days)s days", days) % {"days": days}
    return ngettext("%(days)s day ago", "%(days)s days ago", -days) % {"days": -days}


def days_words(days: int) -> str:
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}


def moment_words(moment: datetime, now: datetime) -> str:
    """Return "14:02" for today, "Mon 23 Nov 14:02" for any other day."""
    day, today, clock = local_day(moment), local_day(now), clock_words(moment)
    return clock if day == today else f"{day_words(day, today)} {clock}"


def minutes_words(time: timedelta) -> str:
    """Return "10 minutes", or "8 hours" where it is whole hours."""
    minutes = int(time.total_seconds() // 60)
    if minutes >= 60 and minutes % 60 == 0:
        return ngettext("%(n)s hour", "%(n)s hours", minutes // 60) % {"n": minutes // 60}
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago a recent moment was: "just now", "2 min ago", "3 h ago"."""
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return _("%(minutes)s min ago") % {"minutes": minutes}
    if minutes < 48 * 60:
        return _("%(hours)s h ago") % {"hours": minutes // 60}
    return _("%(days)s days ago") % {"days": minutes // (24 * 60)}


def duration(length: timedelta) -> str:
    """Return how long something takes or took: "5 min", "3 h", "2 days"."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 120:
        return _("%(minutes)s min") % {"minutes": minutes}
    return _("%(hours)s h") % {"hours": minutes // 60} if minutes < 48 * 60 else days_words(minutes // (24 * 60))


def lasting(time: timedelta) -> str:
    """Return how long something has lasted: "26 minutes", "3 hours"."""
    minutes = max(int(time.total_seconds() // 60), 0)
    if minutes < 1:
        return _("less than a minute")
    if minutes < 120:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    return _("%(n)s hours") % {"n": minutes // 60} if minutes < 48 * 60 else days_words(minutes // (24 * 60))


def size_words(size: int) -> str:
    """Return bytes as people say them: "412 MB", "1.5 GB"."""
    value, unit = float(size), _UNITS[0]
    for unit in _UNITS:
        if value < _KILO or unit == _UNITS[-1]:
            break
        value /= _KILO
    return f"{value:.0f} {unit}" if value >= 10 or value == int(value) else f"{value:.1f} {unit}"


def quota_words(quota: int) -> str:
    return size_words(quota) if quota else _("no limit")


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, today: date) -> list[Change]:
    """Return the fields of an event that pages show and that differ in words, in the order of `FIELDS`.

    What stands on one side only was told beside the change, and is no change itself, unless nothing stands before.
    """
    old, new = before or {}, after or {}
    fields = [field for field in FIELDS if field in new and (field in old or not old)]
    found = [
        Change(
            str(FIELDS[field]),
            _value(field, old[field], today) if field in old else "",
            _value(field, new[field], today),
        )
        for field in fields
    ]
    return [change for change in found if change.before != change.after]


def _value(field: str, value: Any, today: date) -> str:
    if field == "denials":
        return _("refused") if "receive" in value else _("accepted")
    if field in _LIMITING and not value:
        return _("all")
    if value in (None, "", []):
        return _("none")
    if field in _DAYS:
        return _day_value(field, str(value), today)
    shown = {
        "state": lambda: str(STATES[State(value)]),
        "quota": lambda: quota_words(int(value)),
        "role": lambda: str(ROLES[value]),
        "is_local": lambda: _("yes") if value else _("no"),
        "locked": lambda: _("shut") if value else _("open"),
        "follows_campaign": lambda: _("the dates of the campaign") if value else _("its own dates"),
        "limits": lambda: ", ".join(str(LIMITS[Limit(limit)]) for limit in value),
        "grace_days": lambda: days_words(int(value)),
        "retention_days": lambda: days_words(int(value)),
        "term_days": lambda: days_words(int(value)),
        "mail_before_start": lambda: _("takes mail, locked") if value else _("is not made yet"),
        "server_deadline": lambda: _("on") if value else _("off"),
    }
    if field in shown:
        return shown[field]()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _day_value(field: str, value: str, today: date) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    if field == "starts_at":
        return day_words(local_day(moment), today)
    return last_day_words(moment, today)
