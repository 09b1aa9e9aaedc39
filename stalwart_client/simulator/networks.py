"""Addresses and networks: which of them are meant, and from where a request really comes."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from stalwart_client.simulator.http import Request

SCANNED: Final = (
    "*.php*",
    "*.cgi*",
    "*.asp*",
    "*/wp-*",
    "*/php*",
    "*/cgi-bin*",
    "*xmlrpc*",
    "*../*",
    "*/..*",
    "*joomla*",
    "*wordpress*",
    "*drupal*",
)
"""Paths that only scanners ask for, by default: a 404 there bans at once (rest.md 1.4)."""
_FOR: Final = re.compile(r'for=["\[ ]*([0-9a-f:.]+)')


def contains(networks: Iterable[str], address: str) -> bool:
    """Say whether an address is one of these, or in one of these networks."""
    known = list(networks)
    if not known:
        return False
    if address in known:
        return True
    own = ipaddress.ip_address(address)
    return any("/" in network and own in ipaddress.ip_network(network, strict=False) for network in known)


def is_scanned(path: str, patterns: Iterable[str]) -> bool:
    """Say whether a path is one that only scanners ask for."""
    return any(re.fullmatch(re.escape(one).replace(r"\*", ".*"), path, re.IGNORECASE) for one in patterns)


def forwarded(request: Request) -> Request | None:
    """Return the request as its proxy says it came, None if the proxy does not say."""
    found = _FOR.search(request.headers.get("forwarded", "").lower())
    told = found[1] if found else request.headers.get("x-forwarded-for", "").partition(",")[0].strip()
    try:
        address = ipaddress.ip_address(told)
    except ValueError:
        return None
    return replace(request, remote=str(address))
