"""Opening accounts, changing their details, and giving their holders a password.

Every function here is one transaction: the rows, the audit event, and the operation that makes the server follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from accounts import audit, outbox
from accounts.domain import addresses, passwords
from accounts.domain.campaigns import first_term
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import Life, Move
from accounts.domain.people import Actor
from accounts.domain.reach import Reach
from accounts.models import Account, Alias, MailDomain, PendingSecret
from accounts.queries import naming
from accounts.services import checking, placing
from accounts.services.changing import account_for_change, changed
from accounts.services.checking import Wrong

LARGEST_QUOTA = 2**50
_LONGEST = {"name": 120, "owner": 254, "purpose": 200, "note": 2000, "employee_number": 40}
_EDITABLE_TEXTS = ("name", "owner", "purpose", "note", "employee_number")
_OF_A_HOLDER = ("address", "name", "purged_at", "domain", "campaign")


class Details(TypedDict, total=False):
    """What a person can edit; what is left out stays as it is."""

    name: str
    owner: str
    purpose: str
    note: str
    employee_number: str
    quota: int
    aliases: Iterable[str]


@transaction.atomic
def create_account(  # noqa: PLR0913 - an account has this many facts, each named at the call
    *,
    address: str,
    name: str,
    owner: str,
    by: Actor,
    now: datetime,
    ends_at: datetime | None = None,
    starts_at: datetime | None = None,
    purpose: str = "",
    note: str = "",
    campaign: str = "",
    profile: str = "",
    quota: int | None = None,
    aliases: Iterable[str] = (),
    employee_number: str = "",
) -> Account:
    """Open an account and ask the mail server for its mailbox.

    `ends_at` is exclusive; without one it follows the campaign, or lasts as long as is usual for the profile.
    `campaign` is a name, made if it is new; what nobody said of owner, profile and second addresses, the campaign
    and the profile say. `quota` is in bytes.

    :raises SeveralRulesBroken: naming every field that is wrong
    """
    wrong = Wrong()
    place = placing.place(campaign, profile, by=by, now=now, wrong=wrong)
    kind = place.profile
    given: Details = {
        "name": name,
        "owner": owner.strip() or place.owner,
        "purpose": purpose,
        "note": note,
        "employee_number": employee_number,
    }
    parsed = wrong.catch(_free_address, address, by.reach)
    texts = {field: wrong.catch(_text, field, given) for field in _EDITABLE_TEXTS}
    life = wrong.catch(_first_life, place, starts_at, ends_at, now)
    space = wrong.catch(checked_quota, kind.quota if quota is None else quota)
    others = wrong.catch(_aliases, aliases, by.reach, own=parsed[0] if parsed else None)
    wrong.raise_if_any()
    checked, domain = cast("tuple[addresses.Address, MailDomain]", parsed)

    account = Account(
        address=str(checked),
        domain=domain,
        campaign=place.campaign,
        follows_campaign=ends_at is None and place.dates.ends_at is not None,
        created_at=now,
        **texts,
    )
    account.equip(kind)
    account.quota = space or 0
    account.live(cast("Life", life), now)
    account.save(force_insert=True)
    seconds = others or naming.second_addresses(kind.aliases, account.name, checked)
    Alias.objects.bulk_create(Alias(account=account, address=alias) for alias in seconds)
    audit.record(audit.Action.ACCOUNT_CREATED, by=by, at=now, account=account, after=facts(account))
    outbox.record(cause=audit.Action.ACCOUNT_CREATED, now=now, subject=account, request_id=by.request_id)
    return account


@transaction.atomic
def edit_account(
    account_id: int, *, by: Actor, now: datetime, expected_version: int | None = None, **details: Unpack[Details]
) -> Account:
    """Change details of an account; nothing happens where nothing differs.

    :raises RuleBroken: `edited_meanwhile` if somebody changed it after `expected_version`
    :raises SeveralRulesBroken: naming every field that is wrong
    """
    account = account_for_change(account_id, expected_version, by=by)
    account.life.require(Move.EDIT, now)
    before = facts(account)
    wrong = Wrong()
    for field in [text for text in _EDITABLE_TEXTS if text in details]:
        setattr(account, field, wrong.catch(_text, field, details))
    if "quota" in details:
        account.quota = wrong.catch(checked_quota, details["quota"]) or 0
    if "aliases" in details:
        wrong.catch(_replace_aliases, account, details["aliases"], by.reach)
    wrong.raise_if_any()
    return changed(account, audit.Action.ACCOUNT_EDITED, by=by, now=now, before=before, after=facts(account))


@transaction.atomic
def set_password(account_id: int, *, by: Actor, now: datetime) -> str:
    """Make a new password for the holder and return it, once; only its hash is kept until the server has it.

    It ends the app passwords too. The mailbox and its mail stay.

    :raises RuleBroken: if the account is over
    """
    account = account_for_change(account_id, by=by)
    account.life.require(Move.SET_PASSWORD, now)
    password = passwords.generate(passwords.Style(settings.PASSWORD_STYLE))
    PendingSecret.objects.filter(account=account).delete()
    PendingSecret.objects.create(account=account, hash=passwords.hashed(password), made_at=now, ends_app_passwords=True)
    audit.record(audit.Action.PASSWORD_SET, by=by, at=now, account=account)
    outbox.record(cause=audit.Action.PASSWORD_SET, now=now, subject=account, request_id=by.request_id)
    return password


def facts(account: Account) -> dict[str, Any]:
    """What the log keeps of an account."""
    return {
        "address": account.address,
        "name": account.name,
        "owner": account.owner,
        "purpose": account.purpose,
        "note": account.note,
        "employee_number": account.employee_number,
        "quota": account.quota,
        "aliases": sorted(account.aliases.values_list("address", flat=True)),
        "campaign": account.campaign.name if account.campaign else "",
        "profile": account.profile.name,
        "limits": account.denials,
        "groups": account.groups,
        "state": account.state,
        "starts_at": account.starts_at,
        "ends_at": account.ends_at,
    }


def _text(field: str, given: Mapping[str, Any]) -> str:
    return checking.text(
        given[field],
        field=field,
        longest=_LONGEST[field],
        required=field in {"name", "owner"},
        lines=field == "note",
    )


def checked_quota(quota: int) -> int:
    """Return a size that a mailbox can have.

    :raises RuleBroken: if it is none
    """
    if not 0 <= quota <= LARGEST_QUOTA:
        raise RuleBroken("quota_out_of_range", field="quota")
    return quota


def _first_life(place: placing.Place, starts_at: datetime | None, ends_at: datetime | None, now: datetime) -> Life:
    kind = place.profile
    start, end = first_term(starts_at, ends_at, place.dates, kind.term_days, ZoneInfo(settings.TIME_ZONE), now)
    grace, retention = timedelta(days=kind.grace_days), timedelta(days=kind.retention_days)
    return Life(starts_at=start, ends_at=end, grace=grace, retention=retention).opened(now)


def _free_address(text: str, reach: Reach) -> tuple[addresses.Address, MailDomain]:
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


def _aliases(given: Iterable[str], reach: Reach, *, own: addresses.Address | None, account_id: int = 0) -> list[str]:
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
        _require_free(str(alias), reach, field="aliases", except_for=account_id)
        checked[str(alias)] = None
    return sorted(checked)


def _replace_aliases(account: Account, given: Iterable[str], reach: Reach) -> None:
    wanted = set(_aliases(given, reach, own=addresses.parse(account.address), account_id=account.pk))
    account.aliases.exclude(address__in=wanted).delete()
    there = set(account.aliases.values_list("address", flat=True))
    Alias.objects.bulk_create(Alias(account=account, address=alias) for alias in sorted(wanted - there))
