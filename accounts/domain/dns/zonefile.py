"""The whole zone file of a domain, to hand to a provider that takes one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from accounts.domain.dns.names import bare
from accounts.domain.dns.records import Purpose, Record, Wanted
from accounts.domain.dns.text import quoted

TTL = 3600
_TO_THINK_OF = frozenset({Purpose.CAA, Purpose.TLSA, Purpose.MTA_STS})
"""What does harm where somebody publishes it without more: it waits as a comment."""


def line(record: Record) -> str:
    """Return a record as a line of a zone file, its name in full."""
    content = quoted(record.content) if record.type == "TXT" else record.content
    return f"{record.name} {TTL} IN {record.type} {content}"


def zone_file(domain: str, wanted: Iterable[Wanted]) -> str:
    """Return the lines of all records; advice that wants more than a record stands there as a comment."""
    return (
        "\n".join([f"; Mail records of {bare(domain)}", "; Names and hosts end with a dot: keep it.", *_lines(wanted)])
        + "\n"
    )


def _lines(wanted: Iterable[Wanted]) -> Iterator[str]:
    for each in wanted:
        if each.record.content:
            yield f"{'; optional: ' if each.is_advice and each.purpose in _TO_THINK_OF else ''}{line(each.record)}"
        else:
            yield f"; to fill in: {each.record.name} {TTL} IN {each.record.type} the public address of the mail host"
