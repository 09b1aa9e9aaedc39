"""Records of text: SPF, DKIM, DMARC and their like. What works is right, however it is written."""

from __future__ import annotations

from accounts.domain.dns import dkim as keys
from accounts.domain.dns import dmarc as dmarcs
from accounts.domain.dns import spf as spfs
from accounts.domain.dns import tags
from accounts.domain.dns.judgement import MISSING, Judged, Judgement
from accounts.domain.dns.names import was_doubled
from accounts.domain.dns.records import Answer, Hint, Outcome, Question, Verdict
from accounts.domain.dns.text import without_quotes

_STRICT = {"-": 3, "~": 2, "?": 1, "+": 0}


def spf(case: Judgement) -> Judged:
    """Look at what is meant as SPF under the name; one record may exist, and it has to let our server in."""
    meant = tuple(value for value in case.values if spfs.looks_like_one(value))
    valid = [value for value in meant if spfs.is_one(value)]
    if not meant:
        return MISSING
    if len(valid) > 1:
        return Judged(Verdict.DIFFERENT, meant, (Hint("spf_several", {"number": str(len(valid))}),))
    if not valid:
        return Judged(Verdict.DIFFERENT, meant, (Hint("spf_version"),))
    problems = _spf_problems(case.content, valid[0])
    known = {question: seen.best for question, seen in case.answers.items()}
    cost = spf_cost(case.name, valid[0], known)
    fatal = [hint for hint in cost if hint.code != "spf_count"]
    is_right = not problems and not fatal
    remarks = [*problems, *cost, *_others_let_in(case.content, valid[0])]
    return Judged(Verdict.OK if is_right else Verdict.DIFFERENT, meant, tuple(remarks))


def _spf_problems(wanted: str, published: str) -> list[Hint]:
    ours, theirs = spfs.parse(wanted), spfs.parse(published)
    lacking = sorted(map(str, ours.mechanisms - theirs.mechanisms))
    problems = [
        (bool(theirs.mistakes), Hint("spf_mistake", {"term": " ".join(theirs.mistakes)[:80]})),
        (bool(lacking) and not theirs.redirect, Hint("spf_lacks", {"terms": " ".join(lacking)})),
        (bool(lacking) and bool(theirs.redirect), Hint("spf_redirect", {"to": theirs.redirect})),
        (not theirs.redirect and theirs.rest == "+", Hint("spf_lets_all_in")),
        (not theirs.redirect and 0 < _STRICT[theirs.rest] < _STRICT[ours.rest], Hint("spf_softer")),
    ]
    return [hint for is_so, hint in problems if is_so]


def spf_cost(name: str, published: str, known: dict[Question, Answer]) -> list[Hint]:
    """Return how many look-ups a receiver needs, and what stops it on the way."""
    found = spfs.tally(name, published, known)
    count = Hint("spf_count", {"number": str(found.lookups), "most": str(spfs.LOOKUPS)})
    problems = [
        (found.lookups > spfs.LOOKUPS, Hint("spf_too_many", {"number": str(found.lookups)})),
        (found.voids > spfs.VOID_LOOKUPS, Hint("spf_voids", {"number": str(found.voids)})),
        (bool(found.loops), Hint("spf_loop", {"name": ", ".join(sorted(set(found.loops)))})),
        (bool(found.broken), Hint("spf_include_broken", {"name": ", ".join(sorted(set(found.broken)))})),
    ]
    return [count, *(hint for is_so, hint in problems if is_so)]


def _others_let_in(wanted: str, published: str) -> list[Hint]:
    more = sorted(map(str, spfs.parse(published).mechanisms - spfs.parse(wanted).mechanisms))
    return [Hint("spf_others", {"terms": " ".join(more)[:200]})] if more else []


def dkim(case: Judgement) -> Judged:
    """Compare keys, not spellings."""
    published = tuple(value for value in case.values if keys.looks_like_one(value)) or case.values
    if not published:
        return MISSING
    if len(published) > 1:
        return Judged(Verdict.DIFFERENT, published, (Hint("dkim_several"),))
    wrong = keys.differences(case.content, published[0])
    if wrong or without_quotes(published[0]) != published[0]:
        return Judged(Verdict.DIFFERENT, published, tuple(wrong))
    return Judged(Verdict.OK, published, tuple(keys.remarks(published[0])))


def dmarc(case: Judgement) -> Judged:
    """Say whether receivers protect the name at least as well as wanted."""
    published = tuple(value for value in case.values if dmarcs.is_one(value))
    if not case.values:
        return MISSING
    if len(published) != 1:
        code = "dmarc_several" if published else "dmarc_version"
        return Judged(Verdict.DIFFERENT, case.values, (Hint(code),))
    wrong = dmarcs.differences(case.content, published[0])
    remarks = dmarcs.remarks(case.content, published[0])
    return Judged(Verdict.DIFFERENT if wrong else Verdict.OK, published, (*wrong, *remarks))


def reports(case: Judgement) -> Judged:
    """TLS-RPT: where the reports go is for the company to say."""
    published = tuple(value for value in case.values if tags.read(value).get("v", "") == "TLSRPTv1")
    if not case.values:
        return MISSING
    if len(published) != 1 or not tags.read(published[0]).get("rua"):
        return Judged(Verdict.DIFFERENT, case.values)
    to = tags.read(published[0])["rua"]
    same = to == tags.read(case.content).get("rua")
    return Judged(Verdict.OK, published, () if same else (Hint("reports_elsewhere", {"to": to[:200]}),))


def tags_alike(case: Judgement) -> Judged:
    """Compare tag by tag, where the record is one of tags at all."""
    if case.wanted.record.type != "TXT":
        return equal(case)
    if not case.values:
        return MISSING
    wanted = tags.read(case.content)
    alike = tuple(value for value in case.values if tags.read(value).get("v") == wanted.get("v"))
    if len(alike) != 1:
        return Judged(Verdict.DIFFERENT, case.values)
    if case.wanted.any_content or tags.are_alike(tags.read(alike[0]), wanted):
        return Judged(Verdict.OK, alike)
    has_old_id = "id" in wanted and "id" in tags.read(alike[0])
    return Judged(Verdict.DIFFERENT, alike, (Hint("policy_id"),) if has_old_id else ())


def equal(case: Judgement) -> Judged:
    """Compare as it stands; a CNAME is as good as the address that it would lead to."""
    if case.content in case.values or (case.wanted.any_content and case.values):
        return Judged(Verdict.OK, case.values)
    if case.wanted.record.type != "CNAME":
        return Judged(Verdict.DIFFERENT, case.values) if case.values else MISSING
    if not case.values:
        return _address_instead(case)
    grown = any(was_doubled(value, case.content, case.zone) for value in case.values)
    return Judged(Verdict.DIFFERENT, case.values, (Hint("target_doubled"),) if grown else ())


def _address_instead(case: Judgement) -> Judged:
    own, wanted = case.answer(case.name, "A"), case.answer(case.content, "A")
    if own.outcome is not Outcome.FOUND:
        return MISSING
    if set(own.values) <= set(wanted.values):
        return Judged(Verdict.OK, own.values, (Hint("address_instead"),))
    return Judged(Verdict.DIFFERENT, own.values, (Hint("address_instead_wrong"),))
