"""The log of 0.15, which can be read where the server writes it to files (rest.md 4.5)."""

from __future__ import annotations

from datetime import UTC, datetime

from stalwart_client._answers import fitting
from stalwart_client._errors import Invalid, Unsupported
from stalwart_client._log import NO_LOG, is_showable, newest
from stalwart_client._mail_types import LogLine
from stalwart_client._rest_call import Rest


class RestLog:
    """Reads the server's log."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def lines(self, address: str, *, limit: int = 100) -> list[LogLine]:
        """Return the newest lines that contain an address."""
        return [line for line in newest(lambda some: self._read(address.lower(), some), limit) if is_showable(line)]

    def _read(self, text: str, limit: int) -> list[LogLine] | None:
        params = {"filter": text, "page": "1", "limit": str(limit)}
        try:
            data = self._rest.call("GET", "/api/logs", params=params, idempotent=True)
        except Unsupported:
            raise Unsupported(NO_LOG) from None
        except Invalid:
            return None
        with fitting("lines of the log"):
            return [
                LogLine(
                    at=datetime.fromisoformat(each["timestamp"]).astimezone(UTC),
                    level=str(each["level"]).lower(),
                    event=str(each["event_id"]),
                    text=f"{each['event']}: {each['details']}",
                )
                for each in data["items"]
            ]
