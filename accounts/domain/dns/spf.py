"""Who may send mail for a domain (SPF, RFC 7208), and how many look-ups it costs a receiver to find out.

The walk asks nobody: it returns the questions whose answers it lacks, and is called again with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from accounts.domain.dns.names import fqdn
from accounts.domain.dns.records import Answer, Question
from accounts.domain.dns.text import without_quotes

LOOKUPS = 10
VOID_LOOKUPS = 2
_ENOUGH = 4 * LOOKUPS
"""Beyond this nobody needs to know how bad it is; it also bounds what we ask."""
_VERSION = "v=spf1"
_TERM = re.compile(r"(?P<qualifier>[-+~?]?)(?P<name>[A-Za-z][A-Za-z0-9_.-]*)(?P<mark>[:=/]?)(?P<value>.*)", re.DOTALL)
_ASKED = {"a": "A", "mx": "MX", "exists": "A", "ptr": "PTR", "include": "TXT", "redirect": "TXT"}
_PLAIN = {"all", "ip4", "ip6"}
_MECHANISMS = {*_ASKED, *_PLAIN} - {"redirect"}
_NEED_VALUE = {"include", "exists", "ip4", "ip6"}


@dataclass(frozen=True, slots=True)
class Term:
    name: str
    value: str = ""
    """Behind the colon or the equals sign, or `/24` of `a/24`; hosts in lower case."""
    qualifier: str = "+"
    is_modifier: bool = False
    """Written with an equals sign; receivers pass over those that they do not know."""

    def __str__(self) -> str:
        sign = "" if self.qualifier == "+" else self.qualifier
        mark = "=" if self.is_modifier else ("" if self.value.startswith("/") else ":")
        return f"{sign}{self.name}{mark}{self.value}" if self.value else f"{sign}{self.name}"


@dataclass(frozen=True, slots=True)
class Spf:
    terms: tuple[Term, ...]
    mistakes: tuple[str, ...] = ()
    """Terms that no receiver understands: they make the whole record void."""

    @property
    def mechanisms(self) -> frozenset[Term]:
        """What lets senders in, without `all` and without what is for people only."""
        return frozenset(term for term in self.terms if not term.is_modifier and term.name != "all")

    @property
    def rest(self) -> str:
        """What happens to everybody else: - refused, ~ doubted, ? nothing, + allowed."""
        return next((term.qualifier for term in self.terms if term.name == "all"), "?")

    @property
    def redirect(self) -> str:
        """Where the verdict comes from instead; `all` leaves no room for it."""
        has_all = any(term.name == "all" for term in self.terms)
        return "" if has_all else next((term.value for term in self.terms if term.name == "redirect"), "")

    def __str__(self) -> str:
        return " ".join([_VERSION, *map(str, self.terms)])


@dataclass(slots=True)
class Tally:
    """What a receiver goes through to judge one mail."""

    lookups: int = 0
    voids: int = 0
    loops: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """Included domains that have no SPF record, or several: receivers treat ours as void then."""
    needs: set[Question] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    """Names that nobody answered for: the true count may be higher."""


def is_one(text: str) -> bool:
    """Say whether receivers see an SPF record in this text."""
    lowered = text.lower()
    return lowered == _VERSION or lowered.startswith(f"{_VERSION} ")


def looks_like_one(text: str) -> bool:
    """Say whether somebody meant an SPF record: also one in quotes, or with a mistake in its version."""
    return is_one(without_quotes(text).strip()) or re.match(r"[\"' ]*v?\s*=?\s*spf\d?\b", text.lower()) is not None


def parse(text: str) -> Spf:
    """Read a record; the version is taken as read."""
    terms, mistakes = [], []
    for word in without_quotes(text).split()[1:]:
        term = _term(word)
        if term is None:
            mistakes.append(word)
        else:
            terms.append(term)
    return Spf(tuple(terms), tuple(mistakes))


def tally(domain: str, text: str, known: Mapping[Question, Answer]) -> Tally:
    """Count what a receiver has to look up, as far as the answers are known."""
    found = Tally()
    _walk(fqdn(domain), parse(text), known, (fqdn(domain),), found)
    return found


def _walk(domain: str, record: Spf, known: Mapping[Question, Answer], path: tuple[str, ...], into: Tally) -> None:
    for term in _asking(record):
        into.lookups += 1
        if into.lookups > _ENOUGH:
            return
        question = _question(term, domain)
        if question is None:
            continue
        answer = known.get(question)
        if answer is None:
            into.needs.add(question)
        elif not answer.is_known:
            into.unknown.add(question.name)
        elif term.name in {"include", "redirect"}:
            _enter(question.name, answer, known, path, into)
        elif not answer.values:
            into.voids += 1


def _enter(name: str, answer: Answer, known: Mapping[Question, Answer], path: tuple[str, ...], into: Tally) -> None:
    """Follow an include or a redirect."""
    records = [value for value in answer.values if is_one(value)]
    if not answer.values:
        into.voids += 1
    if name in path:
        into.loops.append(name)
    elif len(records) != 1:
        into.broken.append(name)
    else:
        _walk(name, parse(records[0]), known, (*path, name), into)


def _asking(record: Spf) -> Iterator[Term]:
    """Yield the terms that cost a look-up; a redirect counts only where nothing ends the record before it."""
    yield from (term for term in record.terms if term.name in _ASKED and term.name != "redirect")
    if record.redirect:
        yield Term("redirect", record.redirect, is_modifier=True)


def _question(term: Term, domain: str) -> Question | None:
    """Return what a receiver asks; None where it depends on the mail (a macro), or asks by its own address (ptr)."""
    target = term.value.partition("/")[0]
    if "%" in target or term.name == "ptr":
        return None
    return Question(fqdn(target) if target else domain, _ASKED[term.name])


def _term(word: str) -> Term | None:
    found = _TERM.fullmatch(word)
    if found is None or (found["value"] and not found["mark"]):
        return None
    name, mark, value = found["name"].lower(), found["mark"], found["value"]
    if mark == "=":
        is_right = value and not found["qualifier"] and name not in _MECHANISMS
        return Term(name, value.lower(), is_modifier=True) if is_right else None
    value = f"/{value}" if mark == "/" else value.lower()
    lacks_value = not value.strip("/") and (mark or name in _NEED_VALUE)
    if name not in _MECHANISMS or lacks_value or (name == "all" and value):
        return None
    return Term(name, value, found["qualifier"] or "+")
