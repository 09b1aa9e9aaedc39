"""The whole zone file of a domain, to hand to a provider that takes one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from accounts.domain.dns.names import bare
from accounts.domain.dns.records import Record, Wanted
from accounts.domain.dns.text import quoted

TTL = 3600


def line(record: Record) -> str:
    """Return a record as a line of a zone file, its name in full."""
    content = quoted(record.content) if record.type == "TXT" else record.content
    return f"{record.name} {TTL} IN {record.type} {content}"


def zone_file(domain: str, wanted: Iterable[Wanted]) -> str:
    """Return the lines of all records; what is only advice stands there as a comment, to be looked at first."""
    return (
        "\n".join([f"; Mail records of {bare(domain)}", "; Names and hosts end with a dot: keep it.", *_lines(wanted)])
        + "\n"
    )


def _lines(wanted: Iterable[Wanted]) -> Iterator[str]:
    for each in wanted:
        if each.record.content:
            yield f"{'; optional: ' if each.is_advice else ''}{line(each.record)}"
        else:
            yield f"; to fill in: {each.record.name} {TTL} IN {each.record.type} the public address of the mail host"
