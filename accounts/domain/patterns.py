"""How an address is made of a name: `{first}.{last}`, `{first:1}{last}`, `shopper{n:03}`.

The first word of a name is `{first}`, all others together are `{last}`, so surnames of several words stay whole.
`{first:1}` takes that many letters. `{n}` counts, `{n:03}` in at least three figures. Where an address is taken, a
pattern that counts counts on; any other gets a number behind it: ana.meyer, ana.meyer2, ana.meyer3.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

from accounts.domain.addresses import LONGEST_LOCAL, check_domain, plain
from accounts.domain.errors import RuleBroken

LONGEST_PATTERN = 120
_PART = re.compile(r"\{(?P<field>[^{}:]*)(?::(?P<spec>[^{}]*))?\}|(?P<literal>[^{}]+)|(?P<stray>[{}])")
_LITERAL = re.compile(r"[a-z0-9._-]+")
_MOST_LETTERS = 30
_MOST_FIGURES = 9
_SURE = 24
"""So much of the beginning stands whatever has to give way to a long number."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A checked pattern: fields of a name or a counter, and what stands between them."""

    parts: tuple[_Part, ...]
    domain: str = ""
    """Only where the pattern names one, as patterns of second addresses may."""

    @property
    def counts(self) -> bool:
        return any(part.field == "n" for part in self.parts)

    def beginning(self, name: str) -> str:
        """Return what every address of this name begins with, whatever number it gets."""
        return plain(self._around_number(_words(name))[0])[:_SURE]

    def candidates(self, name: str, n: int = 1) -> Iterator[str]:
        """Yield local parts for a name, the best first; none where nothing of the name can be written."""
        words = _words(name)
        if not words and any(part.field in {"first", "last"} for part in self.parts):
            return
        before, after = self._around_number(words)
        if self.counts:
            width = next(part.width for part in self.parts if part.field == "n")
            yield from (_fitted(before, f"{number:0{width}d}", after) for number in count(n))
        yield plain(before)
        yield from (_fitted(plain(before), str(number)) for number in count(2))

    def _around_number(self, words: list[str]) -> tuple[str, str]:
        """Write what stands before the counter, and what behind it.

        Somebody with one name has it whole, once, wherever a name is first asked for.
        """
        first, last = (words[0], "".join(words[1:])) if words else ("", "")
        only = first if not last else ""
        texts = [""]
        for part in self.parts:
            if part.field == "n":
                texts.append("")
            elif not part.field:
                texts[-1] += part.literal
            elif last:
                texts[-1] += (first if part.field == "first" else last)[: part.width or None]
            else:
                texts[-1] += only
                only = ""
        return texts[0], "".join(texts[1:])


@dataclass(frozen=True, slots=True)
class _Part:
    literal: str = ""
    field: str = ""
    width: int = 0


def address_of(pattern: str, name: str, taken: Container[str], n: int = 1) -> str:
    """Return the first free local part for a name, or "" where none can be made of it.

    `taken` has the local parts in use; a pattern that counts begins with `n`.
    """
    return next((local for local in parse(pattern).candidates(name, n) if local not in taken), "")


@lru_cache(maxsize=256)
def parse(text: str, *, field: str = "address_pattern") -> Pattern:
    """Read a pattern; a domain behind an @ is allowed, and kept apart.

    :raises RuleBroken: naming what is wrong
    """
    if len(text) > LONGEST_PATTERN:
        raise RuleBroken("too_long", field=field, longest=LONGEST_PATTERN)
    local, at, domain = text.strip().lower().partition("@")
    parts = tuple(_part(match, field) for match in _PART.finditer(local))
    fields = [part.field for part in parts if part.field]
    if not fields:
        raise RuleBroken("pattern_same_for_all", field=field)
    if fields.count("n") > 1:
        raise RuleBroken("pattern_counts_twice", field=field)
    return Pattern(parts, check_domain(domain, field=field) if at else "")


def _part(match: re.Match[str], field: str) -> _Part:
    if literal := match["literal"]:
        if not _LITERAL.fullmatch(literal):
            raise RuleBroken("pattern_characters", field=field, text=literal)
        return _Part(literal=literal)
    if match["stray"]:
        raise RuleBroken("pattern_braces", field=field)
    named, spec = match["field"].strip(), match["spec"]
    if named not in {"first", "last", "n"}:
        raise RuleBroken("pattern_field_unknown", field=field, text=match[0])
    most = _MOST_FIGURES if named == "n" else _MOST_LETTERS
    width = 0 if spec is None else int(spec) if spec.isascii() and spec.isdigit() and len(spec) < 4 else -1
    if spec is not None and not 1 <= width <= most:
        raise RuleBroken("pattern_width", field=field, text=match[0], most=most)
    return _Part(field=named, width=width)


def _fitted(before: str, number: str, after: str = "") -> str:
    """Put a number in; the words around it give way, never the number."""
    room = LONGEST_LOCAL - len(number)
    after = after[: max(room // 2, room - len(before))]
    return plain(before[: room - len(after)] + number + after)


def _words(name: str) -> list[str]:
    """Return the words of a name as they can stand in an address: Chloé O'Connor is chloe and oconnor."""
    return [word for word in (plain(word) for word in name.split()) if word]
