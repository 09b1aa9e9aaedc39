"""What a row says and what it is compared with, and what was found: plain values, so that rules need no database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import State
from accounts.domain.sheets.columns import Field


class Answer(StrEnum):
    """What a person said to a question about a row."""

    OTHER_PERSON = "other_person"
    SAME_PERSON = "same_person"
    CAMPAIGN_END = "campaign_end"
    CAMPAIGN_OWNER = "campaign_owner"
    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"
    LEAVE_OUT = "leave_out"


class Verdict(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    SAME = "same"
    PROBLEM = "problem"
    LEFT_OUT = "left_out"
    END = "end"
    """In a roster: an account that the sheet does not name."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row by the meaning of its columns, with the headings of the cells that hold a formula."""

    number: int
    cells: Mapping[Field, str]
    formulas: tuple[tuple[Field | None, str], ...] = ()
    answers: frozenset[Answer] = frozenset()

    def cell(self, field: Field) -> str:
        return " ".join(self.cells.get(field, "").split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An account as it is now. A purged one counts only for its address."""

    id: int
    address: str
    name: str
    number: str
    owner: str
    purpose: str
    campaign: str
    profile: str
    note: str
    starts_at: datetime
    ends_at: datetime
    state: State

    @property
    def is_over(self) -> bool:
        return self.state in {State.ENDED, State.CLOSED, State.PURGED}


@dataclass(frozen=True, slots=True)
class KnownCampaign:
    name: str
    last_day: date | None
    owner: str
    profile: str
    first_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """What lies beyond the reach of whoever brings the sheet; nothing does for most."""

    domains: Collection[str] = ()
    campaigns: Set[str] = frozenset()
    """By every spelling that `World.campaigns` would know them by."""
    numbers: Collection[str] = ()
    """Of people whose accounts are there, in small letters."""
    needs_campaign: bool = False
    """Only accounts of some campaigns are within reach: one without any, or in a new one, is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that rows are compared with."""

    accounts: Collection[Known]
    taken: Collection[str]
    """Every address that cannot be given any more, also second ones."""
    campaigns: Mapping[str, KnownCampaign]
    """By their names as `columns.alike` gives them, and as they are written, in small letters."""
    profiles: Mapping[str, str]
    """Names, by the same."""
    domains: Collection[str]
    new_address: Callable[[str, str, str, Callable[[str], bool]], str]
    """Make an address of a first and a last name for a profile, free as the last argument says."""
    zone: ZoneInfo
    now: datetime
    default_campaign: str = ""
    beyond: Beyond = Beyond()


@dataclass(slots=True, kw_only=True)
class Judged:
    """What a row would do, and what stands against it."""

    number: int
    verdict: Verdict = Verdict.CREATE
    problems: list[RuleBroken] = field(default_factory=list)
    notes: list[RuleBroken] = field(default_factory=list)
    """Not wrong, but worth a look; as rules, because these have sentences."""
    account: Known | None = None
    name: str = ""
    address: str = ""
    address_is_given: bool = False
    """The sheet names it; else it was made of the name, and can be made anew."""
    employee_number: str = ""
    owner: str = ""
    purpose: str = ""
    note: str = ""
    profile: str = ""
    campaign: str = ""
    campaign_is_new: bool = False
    first_day: date | None = None
    last_day: date | None = None
    follows_campaign: bool = False
    changes: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What an update would change: before and after, days as ISO."""

    def refuse(self, code: str, field: str, **values: object) -> None:
        self.problems.append(RuleBroken(code, field=field, **values))
