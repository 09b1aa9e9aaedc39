"""Addresses that somebody asks for: they are well formed, in a domain of ours, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.domain import addresses
from accounts.domain.errors import RuleBroken
from accounts.domain.reach import Reach
from accounts.models import Account, Alias, MailDomain

_OF_A_HOLDER = ("address", "name", "purged_at", "domain", "campaign")


def free_address(text: str, reach: Reach) -> tuple[addresses.Address, MailDomain]:
    """Return the address of this text with its domain.

    :raises RuleBroken: if it is none, in no domain of ours, beyond reach, or not free
    """
    address = addresses.parse(text)
    domain = MailDomain.everywhere.kept().filter(name=address.domain).first()
    if domain is None:
        known = list(MailDomain.objects.within(reach).kept().order_by("name").values_list("name", flat=True)[:10])
        raise RuleBroken("domain_unknown", field="address", domain=address.domain, known=known)
    reach.require_domain(domain.pk)
    _require_free(str(address), reach, field="address")
    return address, domain


def _require_free(address: str, reach: Reach, *, field: str, except_for: int = 0) -> None:
    """Make sure that nobody has an address; whoever may not see who has it is not told."""
    holder = Account.everywhere.filter(address=address).exclude(pk=except_for).only(*_OF_A_HOLDER).first()
    if holder is not None:
        _require_told(address, holder, reach, field)
        code = "address_reserved" if holder.purged_at else "address_taken"
        raise RuleBroken(code, field=field, address=address, name=holder.name, account_id=holder.pk)
    others = Alias.objects.filter(address=address).exclude(account=except_for)
    owner = Account.everywhere.filter(pk__in=others.values("account")).only(*_OF_A_HOLDER).first()
    if owner is not None:
        _require_told(address, owner, reach, field)
        raise RuleBroken("address_is_alias", field=field, address=address, holder=owner.address)


def _require_told(address: str, holder: Account, reach: Reach, field: str) -> None:
    if not reach.has(domain=holder.domain_id, campaign=holder.campaign_id):
        raise RuleBroken("address_held", field=field, address=address)


def free_aliases(
    given: Iterable[str], reach: Reach, *, own: addresses.Address | None, except_for: int = 0
) -> list[str]:
    """Return the checked aliases in order; blanks and repetitions are forgiven."""
    checked: dict[str, None] = {}
    for text in given:
        if not text.strip():
            continue
        alias = addresses.parse(text, field="aliases")
        domain = MailDomain.everywhere.kept().filter(name=alias.domain).first()
        if domain is None:
            raise RuleBroken("domain_unknown", field="aliases", domain=alias.domain, known=[])
        reach.require_domain(domain.pk, field="aliases")
        if alias == own:
            raise RuleBroken("alias_is_own", field="aliases", address=str(alias))
        _require_free(str(alias), reach, field="aliases", except_for=except_for)
        checked[str(alias)] = None
    return sorted(checked)


def replace_aliases(account: Account, given: Iterable[str], reach: Reach) -> None:
    wanted = set(free_aliases(given, reach, own=addresses.parse(account.address), except_for=account.pk))
    account.aliases.exclude(address__in=wanted).delete()
    there = set(account.aliases.values_list("address", flat=True))
    Alias.objects.bulk_create(Alias(account=account, address=alias) for alias in sorted(wanted - there))
