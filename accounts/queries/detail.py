"""One account with everything that its page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from accounts.domain.dates import last_day
from accounts.domain.lifecycle import Move, State
from accounts.models import Account
from accounts.queries import events, operations, proof, strip, words
from accounts.queries.accounts import is_unproven, is_unset

EXTENSIONS = (7, 30)


@dataclass(frozen=True, slots=True)
class Extension:
    """A button that extends: by how many days, and to which day it leads."""

    days: int
    leads_to: str


@dataclass(frozen=True, slots=True)
class Subject:
    """An account as the forms about it need it."""

    account: Account
    state: State
    state_words: str
    is_unproven: bool
    is_unset: bool
    moves: frozenset[Move]
    last_day: date
    is_over: bool
    """The term is over: opening it again needs a new last day."""
    used: str
    """How much mail it holds, in words; empty where that is not known."""

    @property
    def is_purged(self) -> bool:
        return self.state is State.PURGED

    @property
    def is_scheduled(self) -> bool:
        return self.state is State.SCHEDULED


@dataclass(frozen=True, slots=True)
class Detail:
    subject: Subject
    steps: list[strip.Step]
    proof: proof.Proof
    operations: list[operations.OperationRow]
    history: events.History
    extensions: list[Extension]
    aliases: list[str]
    quota: str
    purge_day: str
    campaign_end: str
    """The last day of its campaign, where that lies ahead and is another than its own."""

    @property
    def nearly_full(self) -> int:
        """From how many bytes on the space bar warns."""
        return self.subject.account.quota * 9 // 10


def subject(account_id: int, now: datetime) -> Subject | None:
    """Return the account, or None if there is none."""
    account = Account.objects.select_related("campaign", "profile", "domain").filter(pk=account_id).first()
    return about(account, now) if account else None


def about(account: Account, now: datetime) -> Subject:
    state = account.life.state_at(now)
    return Subject(
        account=account,
        state=state,
        state_words=str(words.STATES[state]),
        is_unproven=is_unproven(account, state),
        is_unset=is_unset(account, state),
        moves=account.life.moves_at(now),
        last_day=last_day(account.ends_at, words.zone()),
        is_over=now >= account.ends_at,
        used=words.size_words(account.mailbox_used) if account.mailbox_used is not None else "",
    )


def detail(subject: Subject, now: datetime) -> Detail:
    account, today = subject.account, words.local_day(now)
    return Detail(
        subject=subject,
        steps=strip.of_account(account, now, is_unproven=subject.is_unproven, is_unset=subject.is_unset),
        proof=proof.of_account(account, now),
        operations=operations.of_account(account.pk, now),
        history=events.of_account(account.pk, now),
        extensions=[
            Extension(days, words.last_day_words(account.life.later_by(days, now, words.zone()), today))
            for days in EXTENSIONS
        ],
        aliases=aliases(account),
        quota=words.quota_words(account.quota),
        purge_day=words.day_words(words.local_day(account.purges_at), today),
        campaign_end=_campaign_end(account, now),
    )


def _campaign_end(account: Account, now: datetime) -> str:
    end = account.campaign.ends_at if account.campaign else None
    if end is None or end <= now or (end == account.ends_at and account.follows_campaign):
        return ""
    return words.last_day_words(end, words.local_day(now))


def aliases(account: Account) -> list[str]:
    return list(account.aliases.order_by("address").values_list("address", flat=True))
