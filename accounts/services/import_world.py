"""What the rows of a sheet are compared with, read from the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import count
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet

from accounts.domain import patterns
from accounts.domain.dates import last_day
from accounts.domain.lifecycle import State
from accounts.domain.reach import EVERYTHING, Reach
from accounts.domain.sheets.columns import alike, folded
from accounts.domain.sheets.rows import Beyond, Known, KnownCampaign, World
from accounts.models import Account, Alias, Campaign, ImportFile, MailDomain, Profile

Found = TypeVar("Found")

_FACTS = (
    "pk", "address", "name", "employee_number", "owner", "purpose", "campaign__name", "profile__name", "note",
    "starts_at", "ends_at", "state",
)  # fmt: skip


def world(*, names: set[str], numbers: set[str], given: set[str], campaign: str, reach: Reach, now: datetime) -> World:
    """Return what rows of these (folded) names, numbers and addresses are compared with.

    One walk over all accounts finds whoever is alike, whatever the capitals and accents, in memory for those alone.
    Of what is beyond reach only addresses and numbers count, as taken.
    """
    taken = set(Alias.objects.values_list("address", flat=True))
    found: list[int] = []
    numbers_beyond: set[str] = set()
    zone = ZoneInfo(settings.TIME_ZONE)
    columns = ("pk", "address", "name", "employee_number", "domain", "campaign", "purged_at")
    for facts in Account.everywhere.values_list(*columns).iterator(chunk_size=5000):
        pk, address, name, number, domain, joined, purged_at = facts
        taken.add(address)
        if not reach.has(domain=domain, campaign=joined):
            numbers_beyond |= {number.casefold()} if number and not purged_at else set()
        elif number.casefold() in numbers or address in given or folded(name) in names:
            found.append(pk)
    return World(
        accounts=list(_known(found)),
        taken=taken,
        campaigns=_by_name(_campaigns(reach, zone)),
        profiles=_by_name((name, name) for name in Profile.objects.values_list("name", flat=True)),
        domains=set(MailDomain.everywhere.within(reach).kept().values_list("name", flat=True)),
        new_address=AddressMaker(reach),
        zone=zone,
        now=now,
        default_campaign=campaign,
        beyond=_beyond(reach, numbers_beyond),
    )


def _beyond(reach: Reach, numbers: set[str]) -> Beyond:
    if reach.is_everything:
        return Beyond()
    domains = MailDomain.everywhere.exclude(pk__in=MailDomain.everywhere.within(reach).values("pk"))
    campaigns = Campaign.everywhere.exclude(pk__in=Campaign.everywhere.within(reach).values("pk"))
    return Beyond(
        domains=set(domains.values_list("name", flat=True)),
        campaigns=set(_by_name((name, name) for name in campaigns.values_list("name", flat=True))),
        numbers=numbers,
        needs_campaign=bool(reach.campaigns),
    )


def campaign_spelt(name: str) -> str:
    """Return a campaign's name as it is written, however somebody typed it; a new one's as typed."""
    known = _by_name((written, written) for written in Campaign.objects.values_list("name", flat=True))
    return known.get(name.casefold()) or known.get(alike(name)) or name


def in_scope(file: ImportFile) -> QuerySet[Account]:
    """Return the accounts that a roster is about, as long as they are not over; never one beyond the sheet's reach."""
    found = Account.everywhere.within(Reach.read(file.reach)).filter(
        state__in=(State.SCHEDULED, State.ACTIVE, State.SUSPENDED)
    )
    if file.roster_owner:
        found = found.filter(owner__iexact=file.roster_owner)
    if file.roster_department:
        found = found.filter(purpose__iexact=file.roster_department)
    return found.filter(campaign__name=file.campaign) if file.campaign else found


def scope_of(file: ImportFile) -> list[Known]:
    return list(_known(in_scope(file).values_list("pk", flat=True)))


def _campaigns(reach: Reach, zone: ZoneInfo) -> Iterator[tuple[str, KnownCampaign]]:
    for found in Campaign.everywhere.within(reach).select_related("profile"):
        profile = found.profile.name if found.profile else ""
        end = last_day(found.ends_at, zone) if found.ends_at else None
        start = found.starts_at.astimezone(zone).date() if found.starts_at else None
        yield found.name, KnownCampaign(found.name, end, found.owner, profile, start)


def _by_name(named: Iterable[tuple[str, Found]]) -> dict[str, Found]:
    """Return things as people may spell their names; one that is written just so goes before one that is alike."""
    by_name: dict[str, Found] = {}
    for name, found in named:
        by_name[name.casefold()] = found
    # One without a letter or a figure is alike to none.
    return {alike(name): found for name, found in by_name.items() if alike(name)} | by_name


class AddressMaker:
    """Makes addresses by the profiles' patterns; where a pattern counts, it goes on from where it was."""

    def __init__(self, reach: Reach = EVERYTHING) -> None:
        self._profiles = {profile.name: profile for profile in Profile.objects.select_related("domain")}
        self._standard = Profile.objects.standard()
        self._domain = usual_domain(reach)
        self._next: dict[str, int] = {}

    def __call__(self, first: str, last: str, profile: str, is_taken: Callable[[str], bool]) -> str:
        """Return the first free address, or "" where none can be made."""
        kind = self._profiles.get(profile, self._standard)
        pattern = patterns.parse(kind.address_pattern)
        domain = pattern.domain or (kind.domain.name if kind.domain else self._domain)
        name = " ".join([*first.split()[:1], last]).strip()
        if not domain:
            return ""
        numbers = zip(count(self._next.get(kind.name, 1)), pattern.candidates(name, self._next.get(kind.name, 1)))
        for number, local in numbers:
            if not is_taken(f"{local}@{domain}"):
                if pattern.counts and "{first" not in kind.address_pattern and "{last" not in kind.address_pattern:
                    self._next[kind.name] = number
                return f"{local}@{domain}"
        return ""


def usual_domain(reach: Reach = EVERYTHING) -> str:
    """Return the domain of addresses whose profile names none; "" where there is none at all."""
    names = list(MailDomain.everywhere.within(reach).kept().order_by("pk").values_list("name", flat=True))
    return settings.DEFAULT_DOMAIN if settings.DEFAULT_DOMAIN in names else (names or [""])[0]


def _known(ids: Iterable[int]) -> Iterator[Known]:
    ids = list(ids)
    for start in range(0, len(ids), 500):
        some = Account.everywhere.filter(pk__in=ids[start : start + 500])
        for row in some.values_list(*_FACTS, named=True):
            yield Known(
                id=row.pk,
                address=row.address,
                name=row.name,
                number=row.employee_number,
                owner=row.owner,
                purpose=row.purpose,
                campaign=row.campaign__name or "",
                profile=row.profile__name,
                note=row.note,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                state=State(row.state),
            )
