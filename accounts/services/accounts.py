"""Opening accounts, changing their details, and giving their holders a password.

Every function here is one transaction: the rows, the audit event, and the operation that makes the server follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Required, TypedDict, Unpack, cast
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
from accounts.services import addressing, checking, placing
from accounts.services.changing import account_for_change, changed
from accounts.services.checking import Wrong

LARGEST_QUOTA = 2**50
_LONGEST = {"name": 120, "owner": 254, "purpose": 200, "note": 2000, "employee_number": 40}
_EDITABLE_TEXTS = ("name", "owner", "purpose", "note", "employee_number")


class Details(TypedDict, total=False):
    """What a person can edit; what is left out stays as it is."""

    name: str
    owner: str
    purpose: str
    note: str
    employee_number: str
    quota: int
    aliases: Iterable[str]


class NewAccount(TypedDict, total=False):
    """What an account is opened with; what nobody says of owner, profile and aliases, campaign and profile say."""

    address: Required[str]
    name: Required[str]
    owner: Required[str]
    by: Required[Actor]
    now: Required[datetime]
    ends_at: datetime | None
    """Exclusive; without one it follows the campaign, or lasts as long as is usual for the profile."""
    starts_at: datetime | None
    purpose: str
    note: str
    employee_number: str
    campaign: str
    """A name, made if it is new."""
    profile: str
    quota: int | None
    """In bytes."""
    aliases: Iterable[str]


class Lookup:
    """Looks up what a new account is checked against; who opens several at once may look it up once for all."""

    def place(self, campaign: str, profile: str, *, by: Actor, now: datetime, wrong: Wrong) -> placing.Place:
        return placing.place(campaign, profile, by=by, now=now, wrong=wrong)

    def free_address(self, text: str, reach: Reach) -> tuple[addresses.Address, MailDomain]:
        return addressing.free_address(text, reach)


@dataclass(frozen=True, slots=True)
class Opening:
    """An account that keeps every rule and is not written yet, with its second addresses."""

    account: Account
    aliases: list[str]


@transaction.atomic
def create_account(**facts: Unpack[NewAccount]) -> Account:
    """Open an account and ask the mail server for its mailbox.

    :raises SeveralRulesBroken: naming every field that is wrong
    """
    opening = checked_opening(**facts)
    write_openings([opening], by=facts["by"], now=facts["now"])
    return opening.account


def checked_opening(look: Lookup | None = None, **facts: Unpack[NewAccount]) -> Opening:
    """Return what would be opened; a campaign is made if it is new, nothing else is written.

    :raises SeveralRulesBroken: naming every field that is wrong
    """
    look, wrong, by, now = look or Lookup(), Wrong(), facts["by"], facts["now"]
    place = look.place(facts.get("campaign", ""), facts.get("profile", ""), by=by, now=now, wrong=wrong)
    kind, ends_at, quota = place.profile, facts.get("ends_at"), facts.get("quota")
    given = {field: facts.get(field, "") for field in _EDITABLE_TEXTS} | {
        "owner": facts["owner"].strip() or place.owner
    }
    parsed = wrong.catch(look.free_address, facts["address"], by.reach)
    texts = {field: wrong.catch(_text, field, given) for field in _EDITABLE_TEXTS}
    life = wrong.catch(_first_life, place, facts.get("starts_at"), ends_at, now)
    space = wrong.catch(checked_quota, kind.quota if quota is None else quota)
    own = parsed[0] if parsed else None
    others = wrong.catch(addressing.free_aliases, facts.get("aliases", ()), by.reach, own=own)
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
    return Opening(account, others or naming.second_addresses(kind.aliases, account.name, checked))


def write_openings(openings: Sequence[Opening], *, by: Actor, now: datetime) -> None:
    """Write accounts that were checked in this transaction, with their audit events and their operations."""
    opened = Account.objects.bulk_create(opening.account for opening in openings)
    Alias.objects.bulk_create(
        Alias(account=opening.account, address=alias) for opening in openings for alias in opening.aliases
    )
    action = audit.Action.ACCOUNT_CREATED
    audit.record_many(
        audit.Entry(action=action, by=by, at=now, account=each.account, after=facts(each.account, each.aliases))
        for each in openings
    )
    outbox.record_many(cause=action, now=now, subjects=opened, request_id=by.request_id)


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
        wrong.catch(addressing.replace_aliases, account, details["aliases"], by.reach)
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


def facts(account: Account, aliases: Iterable[str] | None = None) -> dict[str, Any]:
    """What the log keeps of an account; its second addresses are read where they are not given."""
    if aliases is None:
        aliases = account.aliases.values_list("address", flat=True)
    return {
        "address": account.address,
        "name": account.name,
        "owner": account.owner,
        "purpose": account.purpose,
        "note": account.note,
        "employee_number": account.employee_number,
        "quota": account.quota,
        "aliases": sorted(aliases),
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
