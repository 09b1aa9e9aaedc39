"""Lists of tags, `v=DKIM1; p=…`, as DKIM, DMARC, MTA-STS and TLS-RPT write them (RFC 6376 3.2)."""

from __future__ import annotations

from collections.abc import Mapping

from accounts.domain.dns.text import without_quotes


def read(text: str) -> dict[str, str]:
    """Return the tags by name in lower case; the first of two counts, and what is no tag is left out."""
    tags: dict[str, str] = {}
    for part in without_quotes(text).split(";"):
        name, equals, value = part.partition("=")
        if equals and name.strip():
            tags.setdefault(name.strip().lower(), value.strip())
    return tags


def write(tags: Mapping[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in tags.items())


def are_alike(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Compare tags, whatever their order, blanks and capitals of the version."""
    return _plain(one) == _plain(other)


def _plain(tags: Mapping[str, str]) -> dict[str, str]:
    return {name: value.lower() if name == "v" else "".join(value.split()) for name, value in tags.items()}
