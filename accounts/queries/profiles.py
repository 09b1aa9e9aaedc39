"""Profiles as their pages and commands show them, and what a change of one would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.utils.translation import gettext as _

from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import State
from accounts.domain.patterns import address_of
from accounts.domain.profiles import Limit
from accounts.models import Account, Campaign, MailDomain, Profile
from accounts.queries import events, words
from accounts.queries.gifts import gifts, shown

_SHOWN = 100
_SOMEBODY = "Karabo van der Merwe"


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """One profile in words."""

    id: int
    name: str
    example: str
    """The address that somebody would get."""
    quota: str
    usual: str
    after_the_end: str
    limits: list[str]
    mailboxes: int
    campaigns: int


@dataclass(frozen=True, slots=True)
class Change:
    """What one mailbox would take over."""

    account_id: int
    name: str
    address: str
    changes: list[words.Change]
    closes: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What a changed profile would do to the mailboxes that have it; `rows` are at most 100 of those that change."""

    rows: list[Change]
    changing: int
    own: int
    """Mailboxes with values of their own, which keep them."""
    closing: int

    @property
    def more(self) -> int:
        return self.changing - len(self.rows)

    def __bool__(self) -> bool:
        return bool(self.changing)


def rows() -> list[ProfileRow]:
    # Counted by themselves: joined to their profiles, all accounts would be read.
    kept = Account.objects.exclude(state=State.PURGED).order_by().values_list("profile")
    mailboxes = dict(kept.annotate(Count("pk")))
    joined = dict(Campaign.objects.order_by().values_list("profile").annotate(Count("pk")))
    found = Profile.objects.select_related("domain").order_by("name")
    return [row(profile, mailboxes.get(profile.pk, 0), joined.get(profile.pk, 0)) for profile in found]


def one(profile: Profile) -> ProfileRow:
    kept = profile.accounts.exclude(state=State.PURGED).count()
    return row(profile, kept, profile.campaigns.count())


def row(profile: Profile, mailboxes: int, campaigns: int) -> ProfileRow:
    usual = profile.term_days
    return ProfileRow(
        id=profile.pk,
        name=profile.name,
        example=example(profile.address_pattern, domain_of(profile)),
        quota=words.quota_words(profile.quota),
        usual=words.days_words(usual) if usual else _("no usual length"),
        after_the_end=_("%(grace)s of grace, then kept %(retention)s")
        % {"grace": words.days_words(profile.grace_days), "retention": words.days_words(profile.retention_days)},
        limits=[str(words.LIMITS[Limit(limit)]) for limit in profile.denials],
        mailboxes=mailboxes,
        campaigns=campaigns,
    )


def domain_of(profile: Profile) -> str:
    """Return the mail domain of new mailboxes: the profile's, else the usual one of the site."""
    if profile.domain:
        return profile.domain.name
    known = list(MailDomain.objects.order_by("name").values_list("name", flat=True))
    return settings.DEFAULT_DOMAIN if settings.DEFAULT_DOMAIN in known or not known else known[0]


def example(pattern: str, domain: str) -> str:
    """Return the address that somebody would get; empty where the pattern makes no sense."""
    try:
        return f"{address_of(pattern, _SOMEBODY, ())}@{domain}"
    except RuleBroken:
        return ""


def preview(profile: Profile, before: Mapping[str, Any], after: Mapping[str, Any], now: datetime) -> Preview:
    """Foresee a change of what a profile gives."""
    today = words.local_day(now)
    found: list[Change] = []
    changing = own = closing = 0
    for gift in gifts(profile, before, after, now):
        if not gift.after:
            own += 1
            continue
        changing += 1
        closing += gift.closes
        if len(found) < _SHOWN:
            told = words.changes(shown(gift.before), shown(gift.after), today)
            found.append(Change(gift.account.pk, gift.account.name, gift.account.address, told, gift.closes))
    return Preview(found, changing, own, closing)


def history(profile: Profile, now: datetime) -> events.History:
    return events.of_profile(profile, now)
