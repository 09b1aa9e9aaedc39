"""Addresses that are still free: for a name, as the pattern of a profile makes them."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.domain.addresses import Address
from accounts.domain.errors import RuleBroken
from accounts.domain.patterns import Pattern, parse
from accounts.models import Account, Alias, MailDomain, Profile

PLAIN = "{first}.{last}"


def suggested(name: str, domain: str, pattern: str = PLAIN) -> str:
    """Return a free address for a name, without its domain; "" where none can be made of it.

    A pattern that somebody has made invalid by hand counts as the plain one: this only helps to type.
    """
    try:
        read = parse(pattern)
    except RuleBroken:
        read = parse(PLAIN)
    return _free(read, name, domain, also=())


def pattern_for(profile: str, campaign: str) -> str:
    """Return the pattern of a profile by its name, else of a campaign's, else the standard one's."""
    found = Profile.objects.filter(name__iexact=profile.strip()).first() if profile.strip() else None
    if found is None and campaign.strip():
        found = Profile.objects.filter(campaigns__name=campaign.strip()).first()
    if found is None:
        found = Profile.objects.filter(name=Profile.STANDARD).first()
    return found.address_pattern if found else PLAIN


def standard_has_length() -> bool:
    """Say whether a mailbox without profile and campaign ends by itself."""
    return Profile.objects.filter(name=Profile.STANDARD, term_days__isnull=False).exists()


def second_addresses(patterns: Iterable[str], name: str, own: Address) -> list[str]:
    """Return free second addresses for a new account; one that would be its own is left out."""
    found: list[str] = []
    for pattern in map(parse, patterns):
        domain = pattern.domain or own.domain
        best = next(pattern.candidates(name), "")
        if not best or f"{best}@{domain}" == str(own) or not MailDomain.everywhere.filter(name=domain).exists():
            continue
        mine = [address.partition("@")[0] for address in (str(own), *found) if address.endswith(f"@{domain}")]
        found.append(f"{_free(pattern, name, domain, also=mine)}@{domain}")
    return found


def _free(pattern: Pattern, name: str, domain: str, *, also: Iterable[str]) -> str:
    taken = _taken(pattern.beginning(name), domain) | set(also)
    return next((local for local in pattern.candidates(name) if local not in taken), "")


def _taken(beginning: str, domain: str) -> set[str]:
    """Return the parts before the @ that are in use, or reserved for those who had them."""
    where = {"address__startswith": beginning, "address__endswith": f"@{domain}"}
    accounts = Account.everywhere.filter(**where).values_list("address", flat=True)
    aliases = Alias.objects.filter(**where).values_list("address", flat=True)
    return {address.partition("@")[0] for address in (*accounts, *aliases)}
