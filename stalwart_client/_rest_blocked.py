"""Blocked addresses of 0.15 (rest.md 1.4, 4.6): settings whose key is the address, and counters that outlive them."""

from __future__ import annotations

from typing import Any

from stalwart_client._addresses import network
from stalwart_client._answers import fitting
from stalwart_client._mail_types import BlockedAddress
from stalwart_client._rest_call import Rest, quoted

_KEY = "server.blocked-ip"
_COUNTERS = "/api/store/purge/in-memory/default/rate-auth"


class RestBlocked:
    """Lists, blocks and releases addresses."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def all(self) -> list[BlockedAddress]:
        """Return every blocked address and network."""
        data = self._rest.call("GET", "/api/settings/list", params={"prefix": _KEY}, idempotent=True)
        with fitting("the blocked addresses"):
            return [BlockedAddress(address=str(each)) for each in sorted(data["items"])]

    def block(self, address: str) -> None:
        """Block an address."""
        change: dict[str, Any] = {
            "type": "insert",
            "prefix": None,
            "values": [[f"{_KEY}.{network(address)}", ""]],
            "assert_empty": False,
        }
        self._rest.call("POST", "/api/settings", body=[change], idempotent=True)
        self._rest.reload(_KEY)

    def release(self, address: str) -> None:
        """Let an address in: delete it, have that read, and forget the count, else the next failure blocks it again."""
        key = quoted(f"{_KEY}.{network(address)}")
        self._rest.call("DELETE", f"/api/settings/{key}", idempotent=True)
        self._rest.reload(_KEY)
        self._rest.call("GET", _COUNTERS, idempotent=True)
