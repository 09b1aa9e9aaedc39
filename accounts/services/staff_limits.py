"""What an operator is limited to, from names to numbers."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.domain import addresses
from accounts.domain.errors import RuleBroken
from accounts.domain.people import LIMITABLE, Role
from accounts.domain.reach import Reach
from accounts.models import Campaign, MailDomain, Staff
from accounts.queries.reach import limits


def reach_named(role: Role, domains: Iterable[str], campaigns: Iterable[str]) -> Reach:
    """Return how far somebody of this role reaches who is limited to these, by their names.

    :raises RuleBroken: if there is no such domain or campaign, or people of this role are never limited
    """
    reach = Reach(frozenset(map(_domain, domains)), frozenset(map(_campaign, campaigns)))
    if role != LIMITABLE and not reach.is_everything:
        raise RuleBroken("only_operators_limited", field="role")
    return reach


def told(staff: Staff) -> dict[str, list[str]]:
    """What the log keeps of somebody's limits."""
    named = limits(staff)
    gone = [named.gone_words] if named.gone else []
    return {"only_domains": [*named.domains, *gone], "only_campaigns": list(named.campaigns)}


def _domain(name: str) -> int:
    ascii_name = addresses.check_domain(name, field="domains")
    found = MailDomain.objects.filter(name=ascii_name).values_list("pk", flat=True).first()
    if found is None:
        known = list(MailDomain.objects.kept().order_by("name").values_list("name", flat=True)[:10])
        raise RuleBroken("domain_unknown", field="domains", domain=ascii_name, known=known)
    return found


def _campaign(name: str) -> int:
    found = Campaign.objects.filter(name__iexact=name.strip()).values_list("pk", flat=True).first()
    if found is None:
        raise RuleBroken("campaign_unknown", field="campaigns", name=name[:80])
    return found
