"""Blocked addresses of 0.16 (jmap.md 4.13); a change counts once the server was told to read them again."""

from __future__ import annotations

from typing import Any

from stalwart_client._addresses import network
from stalwart_client._answers import fitting
from stalwart_client._errors import AlreadyExists, NotFound, StalwartError
from stalwart_client._jmap_call import Jmap, Object
from stalwart_client._jmap_values import moment
from stalwart_client._mail_types import BlockedAddress

_PROPERTIES = ("address", "reason", "createdAt", "expiresAt")


class JmapBlocked:
    """Lists, blocks and releases addresses."""

    def __init__(self, jmap: Jmap) -> None:
        self._jmap = jmap

    def all(self) -> list[BlockedAddress]:
        """Return every blocked address and network."""
        return [_blocked(each) for each in self._jmap.walk("x:BlockedIp", _PROPERTIES)]

    def block(self, address: str) -> None:
        """Block an address."""
        self._change({"create": {"new": {"address": network(address)}}}, unless=AlreadyExists)

    def release(self, address: str) -> None:
        """Let an address in again."""
        found = self._jmap.walk("x:BlockedIp", ("address",), {"address": network(address)})
        ids = [str(each["id"]) for each in found]
        if ids:
            self._change({"destroy": ids}, unless=NotFound)

    def _change(self, change: dict[str, Any], *, unless: type[StalwartError]) -> None:
        for result in self._jmap.set("x:BlockedIp", change).values():
            if isinstance(result, StalwartError) and not isinstance(result, unless):
                raise result
        for result in self._jmap.set("x:Action", {"create": {"now": {"@type": "ReloadBlockedIps"}}}).values():
            if isinstance(result, StalwartError):
                raise result


def _blocked(shown: Object) -> BlockedAddress:
    with fitting("a blocked address"):
        return BlockedAddress(
            address=str(shown["address"]),
            reason=str(shown["reason"] or ""),
            created_at=moment(shown["createdAt"]),
            expires_at=moment(shown["expiresAt"]),
        )
