"""What a profile may say: each value checked by itself, all that is wrong told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypedDict

from accounts.domain import addresses, patterns
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import LONGEST_TERM
from accounts.domain.profiles import Limit
from accounts.models import MailDomain, Profile
from accounts.services import accounts, checking
from accounts.services.checking import Wrong

LONGEST_GRACE, LONGEST_RETENTION = 366, 3660
_LONGEST_NAME = 80
_MOST = 10


class Details(TypedDict, total=False):
    """What can be said of a profile; what is left out stays as it is."""

    name: str
    domain: str
    address_pattern: str
    aliases: Iterable[str]
    groups: Iterable[str]
    denials: Iterable[str]
    quota: int
    term_days: int | None
    grace_days: int
    retention_days: int
    mail_before_start: bool
    server_deadline: bool


def fill(profile: Profile, details: Details) -> None:
    """Put checked values into a profile, unsaved.

    :raises SeveralRulesBroken: naming every field that is wrong
    """
    wrong = Wrong()
    for name, value in details.items():
        checked = wrong.catch(_CHECKS[name], value, profile)
        setattr(profile, name, checked)
    wrong.raise_if_any()


def _name(typed: str, profile: Profile) -> str:
    name = checking.text(typed, field="name", longest=_LONGEST_NAME, required=True)
    if Profile.objects.filter(name__iexact=name).exclude(pk=profile.pk).exists():
        raise RuleBroken("profile_name_taken", field="name", name=name)
    if profile.pk and profile.name == Profile.STANDARD and name != Profile.STANDARD:
        raise RuleBroken("profile_is_standard", field="name", name=Profile.STANDARD)
    return name


def _domain(typed: str, _profile: Profile) -> MailDomain | None:
    name = typed.strip().lower()
    return _known_domain(name, field="domain") if name else None


def _pattern(typed: str, _profile: Profile) -> str:
    cleaned = typed.strip().lower()
    if patterns.parse(cleaned).domain:
        raise RuleBroken("pattern_has_domain", field="address_pattern")
    return cleaned


def _aliases(typed: Iterable[str], _profile: Profile) -> list[str]:
    found = _distinct(typed, field="aliases")
    for pattern in found:
        if domain := patterns.parse(pattern, field="aliases").domain:
            _known_domain(domain, field="aliases")
    return found


def _groups(typed: Iterable[str], _profile: Profile) -> list[str]:
    return sorted({str(addresses.parse(address, field="groups")) for address in _distinct(typed, field="groups")})


def _limits(chosen: Iterable[str], _profile: Profile) -> list[str]:
    try:
        return sorted({Limit(limit).value for limit in chosen})
    except ValueError:
        raise RuleBroken("limit_unknown", field="denials", known=[limit.value for limit in Limit]) from None


def _quota(size: int, _profile: Profile) -> int:
    return accounts.checked_quota(size)


def _term(days: int | None, _profile: Profile) -> int | None:
    return None if days is None else checking.days(days, field="term_days", least=1, most=LONGEST_TERM.days)


def _grace(days: int, _profile: Profile) -> int:
    return checking.days(days, field="grace_days", least=0, most=LONGEST_GRACE)


def _retention(days: int, _profile: Profile) -> int:
    return checking.days(days, field="retention_days", least=0, most=LONGEST_RETENTION)


def _as_it_is(value: bool, _profile: Profile) -> bool:
    return value


_CHECKS: dict[str, Callable[[Any, Profile], object]] = {
    "name": _name,
    "domain": _domain,
    "address_pattern": _pattern,
    "aliases": _aliases,
    "groups": _groups,
    "denials": _limits,
    "quota": _quota,
    "term_days": _term,
    "grace_days": _grace,
    "retention_days": _retention,
    "mail_before_start": _as_it_is,
    "server_deadline": _as_it_is,
}


def _distinct(typed: Iterable[str], *, field: str) -> list[str]:
    found = list(dict.fromkeys(text.strip().lower() for text in typed if text.strip()))
    if len(found) > _MOST:
        raise RuleBroken("too_many", field=field, most=_MOST)
    return found


def _known_domain(name: str, *, field: str) -> MailDomain:
    domain = MailDomain.objects.filter(name=name).first()
    if domain is None:
        known = list(MailDomain.objects.order_by("name").values_list("name", flat=True)[:10])
        raise RuleBroken("domain_unknown", field=field, domain=name[:80], known=known)
    return domain
