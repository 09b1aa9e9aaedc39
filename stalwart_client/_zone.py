"""Zone files (RFC 1035 5.1) as 0.16 writes them: one record after the other, every name in full (jmap.md 6)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from stalwart_client._domain_types import DnsRecord

_TOKEN = re.compile(r'"(?P<text>(?:[^"\\]|\\.)*)"|(?P<mark>[()\n])|;[^\n]*|(?P<word>(?:[^\s()";\\]|\\.)+)', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([0-9]{3})|(.))", re.DOTALL)
_CLASSES = {"IN", "CH", "HS"}


def parse_zone(text: str) -> list[DnsRecord]:
    """Return the records of a zone file, in its order; the strings of a TXT record become one text.

    :raises ValueError: if a line is not a record with its name in full
    """
    return [_record(tokens) for tokens in _lines(text)]


def _lines(text: str) -> Iterator[list[str]]:
    """Yield the tokens of each record; parentheses carry one over several lines. Strings keep their quotes."""
    tokens: list[str] = []
    depth = 0
    for found in _TOKEN.finditer(text + "\n"):
        mark = found["mark"]
        if mark == "\n" and depth == 0:
            if tokens:
                yield tokens
            tokens = []
        elif mark in {"(", ")"}:
            depth += 1 if mark == "(" else -1
        elif found["text"] is not None or found["word"]:
            tokens.append(found[0])
    if depth or tokens:
        raise ValueError("A parenthesis is not closed.")


def _record(tokens: list[str]) -> DnsRecord:
    name, *rest = tokens
    while rest and (rest[0].upper() in _CLASSES or rest[0].isdecimal()):
        del rest[0]
    if len(rest) < 2 or not name.endswith("."):
        raise ValueError("A line is not a record with its name in full.")
    kind, *content = rest
    return DnsRecord(kind.upper(), name, _text(content) if kind.upper() == "TXT" else " ".join(content))


def _text(strings: Iterable[str]) -> str:
    return "".join(_unescaped(each[1:-1] if each.startswith('"') else each) for each in strings)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1])) if found[1] else found[2], text)
