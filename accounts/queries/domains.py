"""Mail domains as their pages show them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Prefetch
from django.utils.translation import gettext as _

from accounts.domain.lifecycle import State
from accounts.domain.reach import current_reach
from accounts.models import Account, Alias, KeyAlgorithm, KeyRotation, MailDomain, Operation, Status
from accounts.queries import dns, keys, operations, pulses, words
from accounts.queries.sentences import server_silent

_CATCHERS = 50
_ENDING = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainRow:
    id: int
    name: str
    ascii: str
    """The name as mail servers write it, where that differs from how people do."""
    domain: str
    """The name in ASCII, always."""
    description: str
    is_on_server: bool
    is_going: bool
    seen: str
    mailboxes: int
    open_mailboxes: int
    signing: keys.Badge
    dns: keys.Badge
    signing_kinds: list[str]
    catch_all: str
    operation: operations.OperationRow | None
    """The change that is still on its way, or has failed."""

    @property
    def can_be_hurried(self) -> bool:
        return self.operation is not None and self.operation.can_be_hurried


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainPage:
    """Everything that the page of one domain shows."""

    row: DomainRow
    catch_all: Account | None
    catch_all_is_beyond: bool
    """Somebody gets the rest whom the person who looks does not look after."""
    catch_all_chosen: bool
    ending: list[Account]
    """The active accounts that end first."""
    key_rows: list[keys.KeyRow]
    cards: list[keys.RotationCard]
    policy: str
    can_have_policy: bool
    lacking: list[str]
    """Permissions that the panel's key needs for signing keys and does not have."""
    missing_kinds: list[tuple[str, str]]
    """Kinds of key that a first one can be made of."""
    replaceable: list[tuple[str, str]]
    """Kinds of key that a next one can be made of."""
    looked: datetime | None
    stale_because: str
    """Why the keys shown are those that were last known; empty if they were just read."""
    is_being_changed: bool
    """A change of its keys is on its way: what is shown of them is about to be read anew."""

    @property
    def is_moving(self) -> bool:
        return self.is_being_changed or any(card.is_moving for card in self.cards)


def rows(now: datetime) -> list[DomainRow]:
    """Return all domains with how many mailboxes each has; purged ones are records only."""
    counted = (
        Account.objects.exclude(state=State.PURGED)
        .values_list("domain", "state")
        .annotate(number=Count("pk"))
        .order_by()
    )
    mailboxes: Counter[int] = Counter()
    active: Counter[int] = Counter()
    for domain_id, state, number in counted:
        mailboxes[domain_id] += number
        active[domain_id] += number if state == State.ACTIVE else 0
    unsettled, failed, looked_at = _unsettled(now), _failed_keys(), dns.states()
    domains = (
        MailDomain.objects.present()
        .select_related("catch_all")
        .prefetch_related(Prefetch("rotations", KeyRotation.objects.told()))
    )
    return [
        _row(
            domain,
            now,
            mailboxes=mailboxes[domain.pk],
            open_mailboxes=active[domain.pk],
            signing=keys.state(domain, domain.rotations.all(), has_failed=domain.pk in failed),
            looked_at=looked_at,
            operation=unsettled.get(domain.pk),
        )
        for domain in domains.order_by("name")
    ]


def page(domain: MailDomain, now: datetime, *, error_code: str = "") -> DomainPage:
    """Return one domain; `error_code` says why its keys could not be read just now."""
    rotations = list(KeyRotation.objects.filter(domain=domain).select_related("domain").order_by("-pk")[:20])
    cards = keys.cards(domain, rotations, now)
    accounts = Account.objects.filter(domain=domain)
    active = accounts.filter(state=State.ACTIVE)
    has_failed = any(card.operation and card.operation.has_failed for card in cards)
    signing = {key.algorithm for key in keys.rows(domain, rotations, now) if key.signs}
    moving = {rotation.algorithm for rotation in rotations if not rotation.is_over}
    return DomainPage(
        row=_row(
            domain,
            now,
            mailboxes=accounts.exclude(state=State.PURGED).count(),
            open_mailboxes=active.count(),
            signing=keys.state(domain, rotations, has_failed=has_failed),
            looked_at=dns.states(),
            operation=_unsettled(now, domain.pk).get(domain.pk),
        ),
        catch_all=_catcher(domain),
        catch_all_is_beyond=domain.catch_all is not None and not _reaches(domain.catch_all),
        catch_all_chosen=domain.catch_all_chosen,
        ending=list(active.order_by("ends_at", "pk")[:_ENDING]),
        key_rows=keys.rows(domain, rotations, now),
        cards=cards,
        policy=keys.policy_words(domain),
        can_have_policy=bool(pulses.server_facts().get("dkim_rotation")),
        lacking=pulses.lacking_for_keys(),
        missing_kinds=[kind for kind in KeyAlgorithm.choices if kind[0] not in signing | moving],
        replaceable=[kind for kind in KeyAlgorithm.choices if kind[0] in signing - moving],
        looked=domain.keys_at,
        stale_because=server_silent(error_code) if error_code else "",
        is_being_changed=Operation.objects.open().filter(rotation__domain=domain).exists(),
    )


def find(domain_id: int) -> MailDomain | None:
    return MailDomain.objects.present().select_related("catch_all").filter(pk=domain_id).first()


def by_name(name: str) -> MailDomain | None:
    """Return the domain of this name, in its ASCII form."""
    return MailDomain.objects.present().select_related("catch_all").filter(name=name).first()


def users(domain: MailDomain, limit: int = 50) -> list[tuple[str, int]]:
    """Return the addresses in a domain that our records still need, each with the account that it leads to."""
    accounts = Account.objects.filter(domain=domain).exclude(state=State.PURGED).order_by("address")
    ends = Alias.objects.filter(address__endswith=f"@{domain.name}").exclude(account__state=State.PURGED)
    found = [
        *accounts.values_list("address", "pk")[:limit],
        *ends.order_by("address").values_list("address", "account")[:limit],
    ]
    return sorted(found)[:limit]


def catchers(domain: MailDomain) -> list[str]:
    """Return addresses that can be offered for what nobody else gets."""
    there = Account.objects.filter(domain=domain, mailbox_exists=True).exclude(state=State.PURGED)
    return list(there.order_by("address").values_list("address", flat=True)[:_CATCHERS])


def _row(
    domain: MailDomain,
    now: datetime,
    *,
    mailboxes: int,
    open_mailboxes: int,
    signing: keys.Badge,
    looked_at: dict[int, tuple[str, str]],
    operation: operations.OperationRow | None,
) -> DomainRow:
    return DomainRow(
        id=domain.pk,
        name=domain.shown,
        ascii=domain.name if domain.shown != domain.name else "",
        domain=domain.name,
        description=domain.description,
        is_on_server=domain.is_on_server,
        is_going=not domain.is_wanted,
        seen=words.moment_words(domain.seen_at, now) if domain.seen_at else "",
        mailboxes=mailboxes,
        open_mailboxes=open_mailboxes,
        signing=signing,
        dns=_dns(looked_at.get(domain.pk)),
        signing_kinds=keys.signing_kinds(domain),
        catch_all=domain.catch_all.address if domain.catch_all and _reaches(domain.catch_all) else "",
        operation=operation,
    )


def _catcher(domain: MailDomain) -> Account | None:
    found = domain.catch_all
    return found if found and found.state != State.PURGED and _reaches(found) else None


def _reaches(account: Account) -> bool:
    return current_reach().has(domain=account.domain_id, campaign=account.campaign_id)


def _dns(state: tuple[str, str] | None) -> keys.Badge:
    if state is None:
        return keys.Badge("closed", _("Not checked yet"))
    tones: dict[str, keys.Tone] = {"look": "look", "active": "active"}
    return keys.Badge(tones.get(state[0], "closed"), state[1])


def _unsettled(now: datetime, domain_id: int | None = None) -> dict[int, operations.OperationRow]:
    """Return the newest change of each domain, where it is not done."""
    found = Operation.objects.filter(domain__isnull=False, status__in=[Status.PENDING, Status.RUNNING, Status.FAILED])
    if domain_id is not None:
        found = found.filter(domain=domain_id)
    return {
        operation.domain_id or 0: operations.row(operation, now)
        for operation in found.select_related("domain").order_by("created_at")
    }


def _failed_keys() -> set[int]:
    failed = Operation.objects.filter(rotation__isnull=False, status=Status.FAILED)
    return set(failed.values_list("rotation__domain", flat=True))
