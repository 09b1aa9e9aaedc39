"""Records, questions and answers. Names and hosts are ASCII (IDNA), in lower case, and end with a dot."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Purpose(StrEnum):
    """What a record is for; a page groups and explains by it."""

    MX = "mx"
    ADDRESS = "address"
    SPF = "spf"
    DKIM = "dkim"
    DMARC = "dmarc"
    MTA_STS = "mta_sts"
    TLS_RPT = "tls_rpt"
    TLSA = "tlsa"
    CAA = "caa"
    SERVICE = "service"
    """Tells a mail program where a service is (SRV)."""
    SETUP = "setup"
    """Lets phones and mail programs set themselves up."""
    ALIAS = "alias"
    OTHER = "other"


class Verdict(StrEnum):
    OK = "ok"
    MISSING = "missing"
    DIFFERENT = "different"
    EXTRA = "extra"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """How a question was answered."""

    FOUND = "found"
    NOTHING = "nothing"
    """There is no such record, or no such name."""
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    """The name server answers, and cannot or does not want to say (SERVFAIL, REFUSED)."""


@dataclass(frozen=True, slots=True, order=True)
class Record:
    """A record; the content of a TXT is its whole text, that of others what a zone file has behind the type."""

    type: str
    name: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A record that should be published."""

    record: Record
    purpose: Purpose
    is_advice: bool = False
    """Mail works without it."""
    any_content: bool = False
    """We do not know what it has to say, only that it has to be there."""


@dataclass(frozen=True, slots=True, order=True)
class Question:
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Answer:
    outcome: Outcome
    values: tuple[str, ...] = ()
    alias: str = ""
    """Where the name itself leads, if it is a CNAME."""

    @property
    def is_known(self) -> bool:
        return self.outcome in {Outcome.FOUND, Outcome.NOTHING}


SILENCE = Answer(Outcome.NO_ANSWER)


@dataclass(frozen=True, slots=True)
class Seen:
    """One question as the zone's own servers and as a public-style resolver answer it."""

    own: Answer = SILENCE
    public: Answer = SILENCE

    @property
    def best(self) -> Answer:
        """The zone's own servers know; where they do not answer, the resolver's word counts."""
        return self.own if self.own.is_known else self.public

    @property
    def differs(self) -> bool:
        """Say whether the world does not see yet what the zone says: an old answer is kept for its time to live."""
        return self.own.is_known and self.public.is_known and sorted(self.own.values) != sorted(self.public.values)


@dataclass(frozen=True, slots=True)
class Hint:
    """A remark about a record: its code has a sentence, which the values fill."""

    code: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a record should be, what it is, and what to think of that."""

    type: str
    name: str
    expected: str | None
    """None for a record that should not be there."""
    found: tuple[str, ...]
    verdict: Verdict
    purpose: Purpose
    is_advice: bool = False
    hints: tuple[Hint, ...] = ()

    @property
    def key(self) -> str:
        """What stays the same from one check to the next, so that changes are seen."""
        return f"{self.type} {self.name} {'' if self.expected is None else 'wanted'}"

    @property
    def to_mend(self) -> bool:
        return not self.is_advice and self.verdict not in {Verdict.OK, Verdict.UNKNOWN}
