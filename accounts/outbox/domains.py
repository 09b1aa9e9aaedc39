"""Make the mail server have a domain as it is wanted, or have it no more."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction

from accounts import audit
from accounts.domain.lifecycle import State
from accounts.domain.people import OUTBOX
from accounts.domain.rotation import Stage
from accounts.models import Account, Alias, KeyRotation, MailDomain
from accounts.outbox.keys import policy_facts, remember
from accounts.outbox.mailboxes import NotShownYet
from stalwart_client import (
    DkimAlgorithm,
    DkimRotation,
    InUse,
    NotFound,
    NotPermitted,
    StalwartClient,
    Unsupported,
    Update,
)

_NAMED_AT_MOST = 20


def ensure(client: StalwartClient, domain: MailDomain | None, now: datetime) -> None:
    """Make it true; what is true already is left alone.

    :raises StalwartError: if it is not true afterwards
    """
    if domain is None:
        return
    if domain.is_wanted:
        _have(client, domain, now)
    else:
        _remove(client, domain, now)


def users(domain: MailDomain) -> list[str]:
    """Return the addresses in a domain that our own records still need, the first few of them in order."""
    accounts = Account.objects.filter(domain=domain).exclude(state=State.PURGED).order_by("address")
    ends = Alias.objects.filter(address__endswith=f"@{domain.name}").exclude(account__state=State.PURGED)
    found = [
        *accounts.values_list("address", flat=True)[:_NAMED_AT_MOST],
        *ends.order_by("address").values_list("address", flat=True)[:_NAMED_AT_MOST],
    ]
    return sorted(set(found))


def _have(client: StalwartClient, domain: MailDomain, now: datetime) -> None:
    there = client.ensure_domain(domain.name, description=domain.description)
    if not domain.description and not domain.is_on_server:
        domain.description = there.description[:200]  # it was there before us, with its own
    MailDomain.objects.filter(pk=domain.pk).update(seen_at=now, description=domain.description)
    if there.description != domain.description:
        client.describe_domain(domain.name, domain.description)
    if domain.catch_all_chosen:
        _ensure_catch_all(client, domain)
    if domain.key_policy is not None:
        _ensure_policy(client, domain, now)


def _ensure_catch_all(client: StalwartClient, domain: MailDomain) -> None:
    """Give what nobody else gets to the mailbox that was chosen, and take it from the one before.

    A server lets nobody ask who has it, so the last one we asked for is kept, before it is asked.
    """
    account = domain.catch_all
    wanted = account.address if account and account.state != State.PURGED else ""
    if domain.catch_all_asked and domain.catch_all_asked != wanted:
        _give(client, domain, domain.catch_all_asked, is_given=False)
    MailDomain.objects.filter(pk=domain.pk).update(catch_all_asked=wanted)
    if wanted:
        _give(client, domain, wanted, is_given=True)


def _give(client: StalwartClient, domain: MailDomain, address: str, *, is_given: bool) -> None:
    try:
        mailbox = client.mailbox(address)
    except NotFound:
        if is_given:
            raise NotFound("The mail server does not have this mailbox yet.", subject=address) from None
        return
    wanted = {*mailbox.catch_all, domain.name} if is_given else {*mailbox.catch_all} - {domain.name}
    if wanted == set(mailbox.catch_all):
        return
    (outcome,) = client.apply([Update(address=address, id=mailbox.id, catch_all=tuple(sorted(wanted)))])
    if outcome.error is not None:
        raise outcome.error
    if (domain.name in client.mailbox(address).catch_all) != is_given:
        raise NotShownYet("The mail server took the change but does not show it yet.", subject=domain.name)


def _ensure_policy(client: StalwartClient, domain: MailDomain, now: datetime) -> None:
    """Let the server change keys by itself as somebody chose, or not at all where the choice is empty."""
    chosen, policy = domain.key_policy or {}, None
    if chosen:
        policy = DkimRotation(
            algorithms=frozenset(map(DkimAlgorithm, chosen["algorithms"])),
            rotate_after=timedelta(days=chosen["rotate_days"]),
            retire_after=timedelta(days=chosen["retire_days"]),
            delete_after=timedelta(days=chosen["delete_days"]),
        )
    if not _is_policy(client, domain, policy):
        client.dkim.set_rotation(domain.name, policy)
        if not _is_policy(client, domain, policy):
            raise NotShownYet("The mail server took the change but does not show it yet.", subject=domain.name)
    remember(client, domain, now)


def _is_policy(client: StalwartClient, domain: MailDomain, wanted: DkimRotation | None) -> bool:
    """Compare what can be chosen; whether it publishes the records too is the server's to say."""
    found, expected = policy_facts(client.dkim.rotation(domain.name)), policy_facts(wanted)
    return {**found, "by_itself": False} == expected if found else expected is None


def _remove(client: StalwartClient, domain: MailDomain, now: datetime) -> None:
    try:
        _delete(client, domain)
    except InUse as error:
        _keep(domain, "in_use", now)
        raise InUse(_still_in_use(error.used_by), subject=domain.name, used_by=error.used_by) from None
    except (NotPermitted, Unsupported) as error:
        _keep(domain, error.code, now)
        raise
    if any(each.name == domain.name for each in client.domains()):
        raise NotShownYet("The mail server took the change but does not show it yet.", subject=domain.name)
    with transaction.atomic():
        MailDomain.objects.filter(pk=domain.pk).update(seen_at=None, keys={}, keys_at=None, key_policy=None)
        left = KeyRotation.objects.filter(domain=domain).open()
        left.update(stage=Stage.ABANDONED.value, ended_at=now, due_at=None)
        KeyRotation.objects.filter(domain=domain).update(look_at=None)


def _delete(client: StalwartClient, domain: MailDomain) -> None:
    """Ask our own records once more: an account can have been opened in it while the wish was written down."""
    if ours := users(domain):
        raise InUse("The domain is still in use.", subject=domain.name, used_by=tuple(ours))
    client.delete_domain(domain.name)


def _keep(domain: MailDomain, code: str, now: datetime) -> None:
    """The domain stays: it is wanted again, and the log says why."""
    with transaction.atomic():
        if MailDomain.objects.filter(pk=domain.pk, is_wanted=False).update(is_wanted=True):
            audit.record(audit.Action.DOMAIN_KEPT, by=OUTBOX, at=now, subject=domain.name, after={"error_code": code})


def _still_in_use(used_by: tuple[str, ...]) -> str:
    if not used_by:
        return "Something on the mail server that the panel's key may not see still uses it."
    named = ", ".join(islice(used_by, _NAMED_AT_MOST))
    more = f" and {len(used_by) - _NAMED_AT_MOST} more" if len(used_by) > _NAMED_AT_MOST else ""
    return f"Still used by {named}{more}."
