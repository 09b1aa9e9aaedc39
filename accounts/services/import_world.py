"""What the rows of a sheet are compared with, read from the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import count
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.domain import patterns
from accounts.domain.dates import last_day
from accounts.domain.lifecycle import State
from accounts.domain.reach import EVERYTHING, Reach
from accounts.domain.sheets.columns import folded
from accounts.domain.sheets.rows import Beyond, Known, KnownCampaign, World
from accounts.models import Account, Alias, Campaign, MailDomain, Profile

_FACTS = (
    "pk", "address", "name", "employee_number", "owner", "purpose", "campaign__name", "starts_at", "ends_at", "state"
)  # fmt: skip


def world(*, names: set[str], numbers: set[str], given: set[str], campaign: str, reach: Reach, now: datetime) -> World:
    """Return what rows of these (folded) names, numbers and addresses are compared with.

    One walk over all accounts finds whoever is alike, whatever the capitals and accents, in memory for those alone.
    Of what is beyond reach only addresses and numbers count, as taken.
    """
    taken = set(Alias.objects.values_list("address", flat=True))
    alike: list[int] = []
    numbers_beyond: set[str] = set()
    columns = ("pk", "address", "name", "employee_number", "domain", "campaign", "purged_at")
    for facts in Account.everywhere.values_list(*columns).iterator(chunk_size=5000):
        pk, address, name, number, domain, joined, purged_at = facts
        taken.add(address)
        if not reach.has(domain=domain, campaign=joined):
            numbers_beyond |= {number.casefold()} if number and not purged_at else set()
        elif number.casefold() in numbers or address in given or folded(name) in names:
            alike.append(pk)
    zone = ZoneInfo(settings.TIME_ZONE)
    return World(
        accounts=list(_known(alike)),
        taken=taken,
        campaigns={
            folded(found.name): KnownCampaign(
                found.name,
                last_day(found.ends_at, zone) if found.ends_at else None,
                found.owner,
                found.profile.name if found.profile else "",
            )
            for found in Campaign.everywhere.within(reach).select_related("profile")
        },
        profiles={folded(name): name for name in Profile.objects.values_list("name", flat=True)},
        domains=set(MailDomain.everywhere.within(reach).values_list("name", flat=True)),
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
        campaigns=set(map(folded, campaigns.values_list("name", flat=True))),
        numbers=numbers,
        needs_campaign=bool(reach.campaigns),
    )


def scope_of(*, campaign: str, owner: str, reach: Reach) -> list[Known]:
    """Return the accounts that a roster is about: a campaign's or an owner's, as long as they are not over.

    Nobody beyond reach is among them, so a roster never ends those.
    """
    current = Account.objects.within(reach).filter(state__in=(State.SCHEDULED, State.ACTIVE, State.SUSPENDED))
    if owner:
        current = current.filter(owner__iexact=owner)
    if campaign:
        current = current.filter(campaign__name=campaign)
    return list(_known(current.values_list("pk", flat=True)))


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
    names = list(MailDomain.everywhere.within(reach).order_by("pk").values_list("name", flat=True))
    return settings.DEFAULT_DOMAIN if settings.DEFAULT_DOMAIN in names else (names or [""])[0]


def _known(ids: Iterable[int]) -> Iterable[Known]:
    ids = list(ids)
    for start in range(0, len(ids), 500):
        some = Account.everywhere.filter(pk__in=ids[start : start + 500])
        for pk, address, name, number, owner, purpose, campaign, starts_at, ends_at, state in some.values_list(*_FACTS):
            yield Known(
                id=pk,
                address=address,
                name=name,
                number=number,
                owner=owner,
                purpose=purpose,
                campaign=campaign or "",
                starts_at=starts_at,
                ends_at=ends_at,
                state=State(state),
            )
