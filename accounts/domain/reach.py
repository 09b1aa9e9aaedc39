"""How far somebody reaches: to every account, or to those of some mail domains and campaigns.

Whoever looks reaches only so far in lists and pages (`within`, which the models' own managers go by), and whoever acts
only so far in services (`Actor.reach`): a page or service that nobody thought of is limited too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Final, Self

from accounts.domain.errors import RuleBroken


@dataclass(frozen=True, slots=True)
class Reach:
    """Mail domains and campaigns by their numbers, as campaigns get other names; none at all is no limit.

    Where both are given an account has to be in one of each. That is the narrower reading: somebody who cannot reach
    an account says so, and somebody who reaches one too many does not.
    """

    domains: frozenset[int] = frozenset()
    campaigns: frozenset[int] = frozenset()
    holder: str = ""
    """Whose it is: jobs and sheets without accounts yet are within reach of who made them."""

    @property
    def is_everything(self) -> bool:
        return not (self.domains or self.campaigns)

    def has(self, *, domain: int, campaign: int | None) -> bool:
        """Say whether an account in this mail domain and campaign is within reach."""
        return self.has_domain(domain) and self.has_campaign(campaign)

    def has_domain(self, domain: int) -> bool:
        return not self.domains or domain in self.domains

    def has_campaign(self, campaign: int | None) -> bool:
        return not self.campaigns or campaign in self.campaigns

    def require(self, *, domain: int, campaign: int | None) -> None:
        """Make sure of an account in this mail domain and campaign.

        :raises RuleBroken: `out_of_reach`, with the field that leads too far
        """
        self.require_domain(domain)
        self.require_campaign(campaign)

    def require_domain(self, domain: int, *, field: str = "address") -> None:
        if not self.has_domain(domain):
            raise RuleBroken("out_of_reach", field=field)

    def require_campaign(self, campaign: int | None, *, field: str = "campaign") -> None:
        if not self.has_campaign(campaign):
            raise RuleBroken("out_of_reach", field=field)

    @property
    def key(self) -> str:
        """Tell reaches apart in the name of something kept for a while."""
        return "-".join(",".join(map(str, sorted(numbers))) for numbers in (self.domains, self.campaigns))

    def held_by(self, holder: str) -> Self:
        return replace(self, holder=holder)

    def as_plain(self) -> dict[str, list[int]]:
        """Return what a JSON column keeps of it; nothing where there is no limit."""
        kept = {"domains": sorted(self.domains), "campaigns": sorted(self.campaigns)}
        return {name: numbers for name, numbers in kept.items() if numbers}

    @classmethod
    def read(cls, plain: Mapping[str, Iterable[int]]) -> Self:
        return cls(frozenset(plain.get("domains", ())), frozenset(plain.get("campaigns", ())))


EVERYTHING: Final = Reach()

_current: ContextVar[Reach] = ContextVar("reach", default=EVERYTHING)


def current_reach() -> Reach:
    """Return how far whoever looks right now reaches; the program itself reaches everything."""
    return _current.get()


@contextmanager
def within(reach: Reach) -> Iterator[None]:
    """Look no further than this; what was before comes back afterwards."""
    before = _current.set(reach)
    try:
        yield
    finally:
        _current.reset(before)
