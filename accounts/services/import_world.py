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
from accounts.domain.sheets.columns import folded
from accounts.domain.sheets.rows import Known, KnownCampaign, World
from accounts.models import Account, Alias, Campaign, MailDomain, Profile

_FACTS = (
    "pk", "address", "name", "employee_number", "owner", "purpose", "campaign__name", "starts_at", "ends_at", "state"
)  # fmt: skip


def world(*, names: set[str], numbers: set[str], given: set[str], campaign: str, now: datetime) -> World:
    """Return what rows of these (folded) names, numbers and addresses are compared with.

    One walk over all accounts finds whoever is alike, whatever the capitals and accents, in memory for those alone.
    """
    taken = set(Alias.objects.values_list("address", flat=True))
    alike: list[int] = []
    for facts in Account.objects.values_list("pk", "address", "name", "employee_number").iterator(chunk_size=5000):
        pk, address, name, number = facts
        taken.add(address)
        if number.casefold() in numbers or address in given or folded(name) in names:
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
            for found in Campaign.objects.select_related("profile")
        },
        profiles={folded(name): name for name in Profile.objects.values_list("name", flat=True)},
        domains=set(MailDomain.objects.values_list("name", flat=True)),
        new_address=AddressMaker(),
        zone=zone,
        now=now,
        default_campaign=campaign,
    )


def scope_of(*, campaign: str, owner: str) -> list[Known]:
    """Return the accounts that a roster is about: a campaign's or an owner's, as long as they are not over."""
    current = Account.objects.filter(state__in=(State.SCHEDULED, State.ACTIVE, State.SUSPENDED))
    if owner:
        current = current.filter(owner__iexact=owner)
    if campaign:
        current = current.filter(campaign__name=campaign)
    return list(_known(current.values_list("pk", flat=True)))


class AddressMaker:
    """Makes addresses by the profiles' patterns; where a pattern counts, it goes on from where it was."""

    def __init__(self) -> None:
        self._profiles = {profile.name: profile for profile in Profile.objects.select_related("domain")}
        self._standard = Profile.objects.standard()
        self._domain = usual_domain()
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


def usual_domain() -> str:
    """Return the domain of addresses whose profile names none; "" where there is none at all."""
    names = list(MailDomain.objects.order_by("pk").values_list("name", flat=True))
    return settings.DEFAULT_DOMAIN if settings.DEFAULT_DOMAIN in names else (names or [""])[0]


def _known(ids: Iterable[int]) -> Iterable[Known]:
    ids = list(ids)
    for start in range(0, len(ids), 500):
        some = Account.objects.filter(pk__in=ids[start : start + 500])
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
