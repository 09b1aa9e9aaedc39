"""What templates need to show days, sizes and drawn marks; loaded in every template (settings, builtins)."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache

from django import template
from django.contrib.staticfiles.storage import staticfiles_storage
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from accounts.queries import words
from accounts.web import clock

register = template.Library()

SPRITE = "img/icons.svg"


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """Draw an icon beside a word; it says nothing to a screen reader."""
    return _drawn(name, f"icon {classes}".strip())


@register.simple_tag
def mark(state: str, classes: str = "") -> SafeString:
    """Draw the mark of a state, of "look" or of "bad"."""
    return _drawn(f"st-{state}", f"glyph {classes}".strip())


@register.filter
def day(value: date | datetime) -> str:
    """Fri 27 Nov."""
    return words.day_words(_as_day(value), words.local_day(clock.now()))


@register.filter
def distance(value: date | datetime) -> str:
    """In 3 days."""
    return words.distance(_as_day(value), words.local_day(clock.now()))


@register.filter
def moment(value: datetime) -> str:
    """14:02 today, Mon 23 Nov 14:02 on other days."""
    return words.moment_words(value, clock.now())


@register.filter
def last_day(ends_at: datetime) -> str:
    """The last day that an exclusive end means: Fri 27 Nov."""
    return words.last_day_words(ends_at, words.local_day(clock.now()))


@register.filter
def number(value: int) -> str:
    """1,318."""
    return f"{value:,}"


@register.filter
def breakable(address: str) -> SafeString:
    """An address that breaks before its @ where the line is too short, and not in the middle of a word."""
    return format_html_join(mark_safe("<wbr>@"), "{}", ((part,) for part in address.split("@")))


@register.filter
def account_path(pk: int) -> str:
    """Where the page of an account is; a list asks for it in every row."""
    before, after = _around_account()
    return f"{before}{pk}{after}"


@register.filter
def initials(name: str) -> str:
    """The one or two letters that stand for a person: lerato.khumalo is LK."""
    parts = [part for part in name.replace(".", " ").replace("-", " ").replace("_", " ").split() if part]
    return "".join(part[0] for part in (parts[:1] + parts[-1:] if len(parts) > 1 else parts)).upper()


def _as_day(value: date | datetime) -> date:
    return words.local_day(value) if isinstance(value, datetime) else value


@cache
def _around_account() -> tuple[str, str]:
    """Return what stands before and after the number in that address, which is the same for all of them."""
    before, _number, after = reverse("accounts:detail", args=[0]).rpartition("0")
    return before, after


@cache
def _drawn(symbol: str, classes: str) -> SafeString:
    """Return the drawing; a list asks for the same few over and over."""
    sprite = staticfiles_storage.url(SPRITE)
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', classes, sprite, symbol)
