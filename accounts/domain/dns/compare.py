"""What to think of each record: as it should be, missing, different, one too many, or not known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from accounts.domain.dns import mail, policies
from accounts.domain.dns.judgement import Judged, Judgement
from accounts.domain.dns.names import doubled, is_under
from accounts.domain.dns.records import SILENCE, Finding, Hint, Outcome, Purpose, Question, Seen, Verdict, Wanted
from accounts.domain.dns.text import without_quotes

Answers = Mapping[Question, Seen]

PROBE = "this-name-is-not-there"
"""A label that only a wildcard answers for."""
_NOBODY = Seen(SILENCE, SILENCE)

_JUDGES: dict[Purpose, Callable[[Judgement], Judged]] = {
    Purpose.SPF: policies.spf,
    Purpose.DKIM: policies.dkim,
    Purpose.DMARC: policies.dmarc,
    Purpose.TLS_RPT: policies.reports,
    Purpose.MTA_STS: policies.tags_alike,
    Purpose.SETUP: policies.tags_alike,
    Purpose.MX: mail.exchanger,
    Purpose.SERVICE: mail.service,
    Purpose.ADDRESS: mail.address,
}


def questions(wanted: Iterable[Wanted], zone: str) -> set[Question]:
    """Return what to ask first: every record, and whether a wildcard answers for what is not there."""
    asked = {Question(each.record.name, each.record.type) for each in wanted}
    return asked | {Question(f"{PROBE}.{zone}", kind) for kind in {question.type for question in asked} & {"TXT", "A"}}


def follow_up(wanted: Iterable[Wanted], answers: Answers, zone: str) -> set[Question]:
    """Return what to ask after the first answers, so that what is wrong can be explained."""
    asked: set[Question] = set()
    for each in wanted:
        record, answer = each.record, answers.get(Question(each.record.name, each.record.type), _NOBODY).best
        if answer.outcome is Outcome.NOTHING and is_under(record.name, zone):
            asked.add(Question(doubled(record.name, zone), record.type))
            if record.type == "CNAME":
                asked |= {Question(record.name, "A"), Question(record.content, "A")}
        if record.type == "MX":
            hosts = {value.split()[-1] for value in answer.values}
            asked |= {Question(host, kind) for host in hosts for kind in ("A", "AAAA")}
        if each.any_content and record.type == "A":
            asked.add(Question(record.name, "AAAA"))
    return asked - set(answers)


def judge(wanted: Sequence[Wanted], answers: Answers, zone: str) -> list[Finding]:
    """Return a finding for every wanted record, and one for each that should not be there."""
    found = [_finding(each, wanted, answers, zone) for each in wanted]
    return [*found, *_leftovers(wanted, answers)]


def _finding(each: Wanted, wanted: Sequence[Wanted], answers: Answers, zone: str) -> Finding:
    record = each.record
    seen = answers.get(Question(record.name, record.type), _NOBODY)
    finding = Finding(
        type=record.type,
        name=record.name,
        expected=record.content,
        found=(),
        verdict=Verdict.UNKNOWN,
        purpose=each.purpose,
        is_advice=each.is_advice,
    )
    if not seen.best.is_known:
        return replace(finding, hints=(Hint(str(seen.best.outcome)),))
    judgement = Judgement(wanted=each, all_wanted=wanted, values=seen.best.values, answers=answers, zone=zone)
    judged = _JUDGES.get(each.purpose, policies.equal)(judgement)
    hints = [*judged.hints, *_circumstances(each, judged, seen, answers, zone)]
    return replace(finding, found=judged.found, verdict=judged.verdict, hints=_once(hints))


def _once(hints: Iterable[Hint]) -> tuple[Hint, ...]:
    return tuple({hint.code: hint for hint in hints}.values())


def _circumstances(each: Wanted, judged: Judged, seen: Seen, answers: Answers, zone: str) -> Iterator[Hint]:
    """Yield what explains a record that is not right, and what the world does not see yet."""
    record, is_right = each.record, judged.verdict is Verdict.OK
    if seen.differs:
        yield Hint("resolver_differs")
    if is_right:
        return
    if seen.best.alias and record.type != "CNAME":
        yield Hint("alias_in_the_way", {"to": seen.best.alias})
    elsewhere = answers.get(Question(doubled(record.name, zone), record.type), _NOBODY).best
    if elsewhere.values and not _is_wildcard(elsewhere.values, record.type, answers, zone):
        yield Hint("name_doubled", {"name": doubled(record.name, zone)})
    if judged.found and _is_wildcard(judged.found, record.type, answers, zone):
        yield Hint("wildcard", {"zone": zone})
    if any(without_quotes(value) != value for value in judged.found):
        yield Hint("quotes")


def _is_wildcard(values: Sequence[str], kind: str, answers: Answers, zone: str) -> bool:
    probe = answers.get(Question(f"{PROBE}.{zone}", kind), _NOBODY).best
    return bool(probe.values) and set(values) <= set(probe.values)


def _leftovers(wanted: Sequence[Wanted], answers: Answers) -> Iterator[Finding]:
    """Yield a finding for every place that publishes more than it should: old mail servers above all."""
    for purpose, hint in ((Purpose.MX, "mx_leftover"), (Purpose.SERVICE, "service_leftover")):
        places = {(each.record.type, each.record.name) for each in wanted if each.purpose is purpose}
        for kind, name in sorted(places):
            ours = {mail.target(each.record.content) for each in wanted if each.record.name == name}
            seen = answers.get(Question(name, kind), _NOBODY).best
            others = tuple(value for value in seen.values if mail.target(value) not in ours)
            if others and len(others) < len(seen.values):
                yield Finding(
                    type=kind,
                    name=name,
                    expected=None,
                    found=others,
                    verdict=Verdict.EXTRA,
                    purpose=purpose,
                    hints=(Hint(hint),),
                )
