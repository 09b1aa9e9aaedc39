"""Taking in mailboxes that were on the server before anybody recorded them. Nobody is locked by surprise.

The record takes over what the mailbox has, so that the panel has nothing to write over; what it adds are the
end, and the denials that keep it. An end must lie ahead, and a mailbox that is locked comes in suspended.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from accounts import audit, outbox
from accounts.domain import addresses
from accounts.domain.drift import Difference, Field, Remedy, Standing
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import Life
from accounts.domain.people import Actor
from accounts.models import Account, Alias, Drift, MailDomain, Profile
from accounts.outbox import known
from accounts.services.accounts import facts
from accounts.services.changing import account_for_change, checked_reason

LOCKED_TERM = timedelta(days=90)
_TAKEN_OVER = (Field.NAME, Field.QUOTA, Field.ALIASES, Field.DEADLINE)
_NOT_OURS = (Field.RECEIVE, Field.CREDENTIALS, Field.DIRECTORY)
_LONGEST = {"name": 120, "owner": 254, "purpose": 200}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a record needs that no mailbox says: who answers for it, what for, and until when."""

    owner: str
    ends_at: datetime
    purpose: str = ""
    name: str = ""
    """Empty takes the name that the mailbox has, or the part before the @."""


@transaction.atomic
def adopt(drift_id: int, *, by: Actor, now: datetime, terms: Terms | None = None, reason: str = "") -> Account:
    """Take a mailbox in as an account; where an account waits for the address, it becomes that one's, as it stands.

    :raises RuleBroken: if it is settled, its address is reserved or not one of ours, or the terms make none
    """
    drift = _only_there(drift_id, Remedy.ADOPT, by)
    if drift.account_id is not None:
        return _take_over(drift, reason=reason, by=by, now=now)
    if terms is None:
        raise RuleBroken("required", field="owner")
    because = gettext("It was locked on the mail server when it was taken in.") if _there(drift, Field.LOCKED) else ""
    return _take_in(drift, terms, suspended_because=because, by=by, now=now)


@transaction.atomic
def lock(drift_id: int, *, reason: str, by: Actor, now: datetime) -> Account:
    """Lock a mailbox of nobody: it is taken in suspended, and on hold, so that its mail is never deleted by itself.

    :raises RuleBroken: if it is settled, the panel or the mail system lives in it, or no reason is given
    """
    drift = _only_there(drift_id, Remedy.LOCK, by)
    terms = Terms(owner=by.name, ends_at=now + LOCKED_TERM)
    because = checked_reason(reason, required=True)
    return _take_in(drift, terms, suspended_because=because, is_held=True, by=by, now=now)


def check(drift: Drift, terms: Terms, now: datetime) -> None:
    """Say no as `adopt` would, without doing anything; so that a preview can show it.

    :raises RuleBroken: as `adopt`
    """
    if Remedy.ADOPT not in drift.remedies:
        raise RuleBroken("drift_not_offered")
    if drift.account_id is None:
        address = addresses.parse(drift.address)
        _require_free(str(address))
        _life(terms, now)
        _texts(drift, terms)


def _take_in(
    drift: Drift,
    terms: Terms,
    *,
    suspended_because: str,
    by: Actor,
    now: datetime,
    is_held: bool = False,
) -> Account:
    address = addresses.parse(drift.address)
    _require_free(str(address))
    life = _life(terms, now, suspended=bool(suspended_because))
    profile = Profile.objects.standard()
    aliases = _free_aliases(drift)
    account = Account(
        address=str(address),
        domain=MailDomain.everywhere.get_or_create(name=address.domain, defaults={"created_at": now, "seen_at": now})[
            0
        ],
        suspended_because=suspended_because,
        created_at=now,
        mailbox_asked_at=now,
        mailbox_known=_known(drift) if aliases == _there(drift, Field.ALIASES) else _strange(drift, Field.ALIASES),
        **_texts(drift, terms),
    )
    account.equip(profile)
    # It stays in the groups that it is in, and is put into none; so is its space as it was.
    account.groups, account.quota = [], _there(drift, Field.QUOTA) or 0
    if is_held:
        account.held_at, account.held_because = now, suspended_because
    account.live(life, now)
    account.save(force_insert=True)
    Alias.objects.bulk_create(Alias(account=account, address=alias) for alias in aliases)
    return _adopted(drift, account, reason=suspended_because, by=by, now=now)


def _take_over(drift: Drift, *, reason: str, by: Actor, now: datetime) -> Account:
    """Give a mailbox that somebody made meanwhile to the account that waits for its address."""
    account = account_for_change(drift.account_id or 0, by=by)
    if account.purged_at:
        raise RuleBroken("address_reserved", address=account.address, name=account.name, account_id=account.pk)
    account.mailbox_asked_at, account.mailbox_known = now, _strange(drift, *Field)
    account.save(update_fields=["mailbox_asked_at", "mailbox_known"])
    outbox.supersede(account, now)
    return _adopted(drift, account, reason=checked_reason(reason), by=by, now=now)


def _adopted(drift: Drift, account: Account, *, reason: str, by: Actor, now: datetime) -> Account:
    audit.record(audit.Action.MAILBOX_ADOPTED, by=by, at=now, account=account, reason=reason, after=facts(account))
    outbox.record(subject=account, cause=audit.Action.MAILBOX_ADOPTED, now=now, request_id=by.request_id)
    drift.state, drift.by, drift.settled_at, drift.account = Standing.SETTLED, by.name, now, account
    drift.save(update_fields=["state", "by", "settled_at", "account"])
    return account


def _only_there(drift_id: int, remedy: Remedy, by: Actor) -> Drift:
    found = Drift.objects.within(by.reach).select_for_update(of=("self",)).select_related("account")
    drift = found.filter(pk=drift_id).first()
    if drift is None or drift.state == Standing.SETTLED:
        raise RuleBroken("drift_settled")
    if drift.kind != Difference.ONLY_THERE or remedy not in drift.remedies:
        raise RuleBroken("drift_not_offered")
    return drift


def _known(drift: Drift) -> dict[str, Any]:
    """What the mailbox has is as it should be; a lock or denial that somebody set is not the panel's to lift."""
    ours = {name.value: [_there(drift, name)] for name in _TAKEN_OVER}
    shut = {name.value: [False] for name in _NOT_OURS}
    return {**ours, **shut, Field.LOCKED.value: [_there(drift, Field.LOCKED)], known.EXISTS: True}


def _strange(drift: Drift, *fields: Field) -> dict[str, Any]:
    """Let nothing in these fields be the panel's: what differs is shown, not written over."""
    return {**_known(drift), **{field.value: [] for field in fields}}


def _free_aliases(drift: Drift) -> list[str]:
    """Return the mailbox's other addresses that no record has yet."""
    given: list[str] = _there(drift, Field.ALIASES)
    taken = {
        *Alias.objects.filter(address__in=given).values_list("address", flat=True),
        *Account.everywhere.filter(address__in=given).values_list("address", flat=True),
    }
    return [alias for alias in given if alias not in taken]


def _there(drift: Drift, name: str) -> Any:
    return drift.fields[name]["there"]


def _life(terms: Terms, now: datetime, *, suspended: bool = False) -> Life:
    profile = Profile.objects.standard()
    return Life(
        starts_at=now,
        ends_at=terms.ends_at,
        grace=timedelta(days=profile.grace_days),
        retention=timedelta(days=profile.retention_days),
        suspended=suspended,
    ).opened(now)


def _texts(drift: Drift, terms: Terms) -> dict[str, str]:
    name = terms.name or _there(drift, Field.NAME) or drift.address.partition("@")[0]
    given = {"name": name, "owner": terms.owner, "purpose": terms.purpose}
    if not terms.owner.strip():
        raise RuleBroken("required", field="owner")
    return {field: _fitting(field, text, _LONGEST[field]) for field, text in given.items()}


def _fitting(field: str, text: str, longest: int) -> str:
    text = text.strip()
    if len(text) > longest:
        raise RuleBroken("too_long", field=field, longest=longest)
    if not text.isprintable():
        raise RuleBroken("not_printable", field=field)
    return text


def _require_free(address: str) -> None:
    holder = Account.everywhere.filter(address=address).first()
    if holder is not None:
        code = "address_reserved" if holder.purged_at else "address_taken"
        raise RuleBroken(code, field="address", address=address, name=holder.name, account_id=holder.pk)
