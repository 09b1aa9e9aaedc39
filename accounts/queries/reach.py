"""What people are limited to, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.domain.addresses import shown
from accounts.domain.reach import Reach
from accounts.models import Campaign, MailDomain, Staff

_NAMED_AT_MOST = 2
_OFFERED_AT_MOST = 300


@dataclass(frozen=True, slots=True)
class Limits:
    """The mail domains and campaigns that somebody looks after; none of either is no limit."""

    domains: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    gone: int = 0
    """Mail domains that are no more: who is limited to nothing else reaches nothing."""

    def __bool__(self) -> bool:
        return bool(self.domains or self.campaigns or self.gone)

    @property
    def are_both(self) -> bool:
        """An account has to be in one of each."""
        return bool((self.domains or self.gone) and self.campaigns)

    @property
    def domains_shown(self) -> list[str]:
        """Return the names in their own script."""
        return list(map(shown, self.domains))

    @property
    def gone_words(self) -> str:
        if not self.gone:
            return ""
        return ngettext("%(n)s mail domain that is deleted", "%(n)s mail domains that are deleted", self.gone) % {
            "n": self.gone
        }

    @property
    def words(self) -> str:
        """Return all of it in a line: "metrosure.app, Winter audit and 3 more"."""
        names = [*self.domains_shown, *([self.gone_words] if self.gone else []), *self.campaigns]
        if len(names) <= _NAMED_AT_MOST + 1:
            return ", ".join(names)
        named = ", ".join(names[:_NAMED_AT_MOST])
        return _("%(names)s and %(n)s more") % {"names": named, "n": len(names) - _NAMED_AT_MOST}


def campaigns() -> list[str]:
    """Return campaigns that somebody can be limited to, newest first."""
    return list(Campaign.objects.order_by("-created_at").values_list("name", flat=True)[:_OFFERED_AT_MOST])


def limits(staff: Staff) -> Limits:
    return limits_of([staff])[staff.pk]


def limits_of(people: Iterable[Staff]) -> Mapping[int, Limits]:
    """Name the limits of many people in two queries; none where nobody is limited."""
    reaches = {person.pk: Reach.read(person.limits) for person in people}
    domains = dict(_names(MailDomain, {pk for reach in reaches.values() for pk in reach.domains}))
    campaigns = dict(_names(Campaign, {pk for reach in reaches.values() for pk in reach.campaigns}))
    return {
        pk: Limits(
            tuple(sorted(domains[domain] for domain in reach.domains if domain in domains)),
            tuple(sorted(campaigns[campaign] for campaign in reach.campaigns if campaign in campaigns)),
            sum(domain not in domains for domain in reach.domains),
        )
        for pk, reach in reaches.items()
    }


def _names(model: type[MailDomain | Campaign], numbers: set[int]) -> Iterable[tuple[int, str]]:
    return model.everywhere.filter(pk__in=numbers).values_list("pk", "name") if numbers else ()
