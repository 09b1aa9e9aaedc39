"""One record before the judge: what is wanted, what was found under its name, and what else is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accounts.domain.dns.records import SILENCE, Answer, Hint, Question, Seen, Verdict, Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    wanted: Wanted
    all_wanted: Sequence[Wanted]
    values: tuple[str, ...]
    """Everything published under this name and type."""
    answers: Mapping[Question, Seen]
    zone: str

    @property
    def content(self) -> str:
        return self.wanted.record.content

    @property
    def name(self) -> str:
        return self.wanted.record.name

    def answer(self, name: str, kind: str) -> Answer:
        """Return what else was asked."""
        return self.answers.get(Question(name, kind), Seen(SILENCE, SILENCE)).best


@dataclass(frozen=True, slots=True)
class Judged:
    verdict: Verdict
    found: tuple[str, ...] = ()
    """What of the published values is about this record."""
    hints: tuple[Hint, ...] = ()


MISSING = Judged(Verdict.MISSING)
