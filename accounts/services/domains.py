"""Mail domains: add them, say what they are for, who gets what nobody gets, and give them up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts import audit, outbox
from accounts.domain import addresses
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import State
from accounts.domain.mail_domains import check_new
from accounts.domain.people import Actor
from accounts.mailserver import StalwartError
from accounts.models import Account, KeyAlgorithm, MailDomain, Operation, Status
from accounts.queries import mailserver, pulses

Clock = Callable[[], datetime]

_LONGEST_DESCRIPTION = 200
_SEEN_JUST_NOW = timedelta(seconds=5)
_LONGEST_POLICY = 3650


def create_domain(
    name: str, *, by: Actor, now: datetime, clock: Clock, description: str = "", at_once: bool = True
) -> MailDomain:
    """Make a mail domain; returns when the server has it, or when the server is known not to answer.

    The wish is recorded first and carried out at once, outside of the transaction (design.md, section 4); where
    nobody can wait for a server that hangs, it is left to the worker.

    :raises RuleBroken: if it is no domain, is somebody else's, exists already, or the server refuses it; then nothing
        is left behind
    """
    checked = check_new(name)
    domain, operation = _record_creation(checked, _description(description), by=by, now=now)
    if at_once:
        outbox.execute(operation.pk, clock)
    operation.refresh_from_db()
    if operation.status == Status.FAILED:
        _forget(domain)
        code = "domain_taken_there" if operation.error_code == "already_exists" else "domain_refused"
        raise RuleBroken(code, field="name", domain=domain.shown, error=operation.error)
    domain.refresh_from_db()
    return domain


@transaction.atomic
def describe_domain(domain_id: int, *, description: str, by: Actor, now: datetime) -> MailDomain:
    """Say what a domain is for; nothing happens where nothing differs.

    :raises RuleBroken: if there is no such domain, or the text does not fit
    """
    domain, text = domain_for_change(domain_id), _description(description)
    if domain.description != text:
        before, domain.description = domain.description, text
        _save(domain, audit.Action.DOMAIN_DESCRIBED, {"description": before}, {"description": text}, by=by, now=now)
    return domain


@transaction.atomic
def choose_catch_all(domain_id: int, *, address: str, by: Actor, now: datetime) -> MailDomain:
    """Let an account get the mail to addresses that nobody has; an empty address lets it bounce.

    :raises RuleBroken: if there is no such domain or account, or the account has no mailbox
    """
    domain = domain_for_change(domain_id)
    account = _catcher(address) if address.strip() else None
    if domain.catch_all_chosen and domain.catch_all == account:
        return domain
    before = domain.catch_all.address if domain.catch_all else ""
    domain.catch_all, domain.catch_all_chosen = account, True
    after = account.address if account else ""
    _save(domain, audit.Action.CATCH_ALL_CHOSEN, {"catch_all": before}, {"catch_all": after}, by=by, now=now)
    return domain


def delete_domain(
    domain_id: int, *, reason: str, by: Actor, now: datetime, clock: Clock, at_once: bool = True
) -> MailDomain:
    """Give a mail domain up; returns when the server has deleted it, or is known not to answer.

    :raises RuleBroken: `domain_in_use` with the addresses that need it, or what else the server refused it for; then
        the domain stays
    """
    domain, operation = _record_deletion(domain_id, reason, by=by, now=now)
    if at_once:
        outbox.execute(operation.pk, clock)
    operation.refresh_from_db()
    if operation.status == Status.FAILED:
        code = "domain_in_use_there" if operation.error_code == "in_use" else "domain_not_deleted"
        raise RuleBroken(code, domain=domain.shown, error=operation.error)
    domain.refresh_from_db()
    return domain


@transaction.atomic
def choose_key_policy(
    domain_id: int,
    *,
    algorithms: list[str],
    rotate_days: int,
    retire_days: int,
    delete_days: int,
    by: Actor,
    now: datetime,
) -> MailDomain:
    """Let the mail server change the signing keys of a domain by itself; no algorithm: it shall not.

    :raises RuleBroken: if this server never does, or a number of days makes no sense
    """
    if not can_change_keys_by_itself():
        raise RuleBroken("server_changes_no_keys")
    domain, chosen = domain_for_change(domain_id), {}
    if algorithms:
        days = {"rotate_days": rotate_days, "retire_days": retire_days, "delete_days": delete_days}
        for field, value in days.items():
            if not 1 <= value <= _LONGEST_POLICY:
                raise RuleBroken("policy_days_out_of_range", field=field, longest=_LONGEST_POLICY)
        chosen = {"algorithms": sorted(KeyAlgorithm(each).value for each in set(algorithms)), **days}
    before, domain.key_policy = domain.key_policy or {}, chosen
    _save(domain, audit.Action.KEY_POLICY_CHOSEN, {"policy": before}, {"policy": chosen}, by=by, now=now)
    return domain


def look_again(domain: MailDomain, now: datetime) -> str:
    """Read a domain's keys for a page, within its short time-out; return the error's code where that was not possible.

    Where it was not, what was last known stands on the page with its age.
    """
    # A new domain gets its keys a moment after it was made: none yet is no answer to rest on.
    if domain.keys.get("keys") and domain.keys_at and now - domain.keys_at < _SEEN_JUST_NOW:
        return ""
    try:
        mailserver.look(lambda client: outbox.look_at_keys(domain, now, client=client), now)
    except StalwartError as error:
        return error.code
    return ""


def domain_for_change(domain_id: int) -> MailDomain:
    """Lock the row and return the domain.

    :raises RuleBroken: if there is no such domain, or it is being deleted
    """
    domain = MailDomain.objects.select_for_update(of=("self",)).filter(pk=domain_id).first()
    if domain is None or not (domain.is_wanted or domain.is_on_server):
        raise RuleBroken("no_such_domain")
    if not domain.is_wanted:
        raise RuleBroken("domain_being_deleted", domain=domain.shown)
    return domain


def can_change_keys_by_itself() -> bool:
    """Say whether the server, as it was last seen, ever changes a signing key by itself (0.16)."""
    return bool(pulses.server_facts().get("dkim_rotation"))


@transaction.atomic
def _record_creation(name: str, description: str, *, by: Actor, now: datetime) -> tuple[MailDomain, Operation]:
    domain = MailDomain.objects.select_for_update(of=("self",)).filter(name=name).first()
    if domain and domain.is_wanted and domain.is_on_server:
        raise RuleBroken("domain_exists", field="name", domain=domain.shown)
    if domain and not domain.is_wanted:
        if domain.is_on_server:
            raise RuleBroken("domain_being_deleted", field="name", domain=domain.shown)
        domain.is_wanted, domain.description, domain.created_at = True, description, now
        domain.catch_all, domain.catch_all_chosen, domain.catch_all_asked = None, False, ""
        domain.save()
    domain = domain or MailDomain.objects.create(name=name, description=description, created_at=now)
    return domain, _record(domain, audit.Action.DOMAIN_CREATED, by=by, now=now)


@transaction.atomic
def _record_deletion(domain_id: int, reason: str, *, by: Actor, now: datetime) -> tuple[MailDomain, Operation]:
    if not reason.strip():
        raise RuleBroken("reason_required", field="reason")
    domain = domain_for_change(domain_id)
    if used_by := outbox.users_of(domain):
        raise RuleBroken("domain_in_use", domain=domain.shown, used_by=used_by)
    domain.is_wanted = False
    domain.save()
    return domain, _record(domain, audit.Action.DOMAIN_DELETED, by=by, now=now, reason=reason.strip())


def _forget(domain: MailDomain) -> None:
    """Leave nothing behind of a domain that the server did not take, unless accounts had been in it once."""
    if domain.accounts.exists():
        MailDomain.objects.filter(pk=domain.pk).update(is_wanted=False)
    else:
        domain.delete()


def _catcher(text: str) -> Account:
    address = str(addresses.parse(text, field="address"))
    account = Account.objects.filter(address=address).exclude(state=State.PURGED).first()
    if account is None:
        raise RuleBroken("catch_all_unknown", field="address", address=address)
    if not account.mailbox_exists:
        raise RuleBroken("catch_all_no_mailbox", field="address", name=account.name)
    return account


def _description(text: str) -> str:
    text = text.strip()
    if len(text) > _LONGEST_DESCRIPTION:
        raise RuleBroken("too_long", field="description", longest=_LONGEST_DESCRIPTION)
    if not text.isprintable():
        raise RuleBroken("not_printable", field="description")
    return text


def _save(
    domain: MailDomain, action: audit.Action, before: dict[str, Any], after: dict[str, Any], *, by: Actor, now: datetime
) -> None:
    domain.save()
    _record(domain, action, by=by, now=now, before=before, after=after)


def _record(domain: MailDomain, action: audit.Action, *, by: Actor, now: datetime, **told: Any) -> Operation:
    outbox.supersede(domain, now)
    audit.record(action, by=by, at=now, subject=domain.name, **told)
    return outbox.record(cause=action, now=now, subject=domain, request_id=by.request_id)
