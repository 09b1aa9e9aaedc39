"""The log of 0.16 (jmap.md 4.12): an account goes by name and number where it signs in, else by its address."""

from __future__ import annotations

import re

from stalwart_client._answers import fitting
from stalwart_client._errors import Busy, Unexpected, Unsupported
from stalwart_client._jmap_call import Call, Jmap, Object, id_number, or_raise
from stalwart_client._jmap_lookup import Accounts
from stalwart_client._jmap_values import moment
from stalwart_client._log import NO_LOG, is_showable, newest
from stalwart_client._mail_types import LogLine


class JmapLog:
    """Reads the server's log."""

    def __init__(self, jmap: Jmap, found: Accounts) -> None:
        self._jmap = jmap
        self._accounts = found

    def lines(self, address: str, *, limit: int = 100) -> list[LogLine]:
        """Return the newest lines that contain an address, and those of its sign-ins."""
        wanted = address.lower()
        lines = newest(lambda some: self._read(wanted, some), limit)
        account = self._accounts.at({wanted: ""}).get(wanted)
        if account is not None:
            whose = re.compile(rf"\baccountId = {id_number(str(account['id']))}\b")
            named = newest(lambda some: self._read(f'"{wanted.partition("@")[0]}"', some), limit)
            lines += [line for line in named if whose.search(line.text) and line not in lines]
        return sorted(filter(is_showable, lines), key=lambda line: line.at, reverse=True)[:limit]

    def _read(self, text: str, limit: int) -> list[LogLine] | None:
        reference = {"resultOf": "0", "name": "x:Log/query", "path": "/ids"}
        calls: list[Call] = [
            ("x:Log/query", {"filter": {"text": text}, "limit": limit}),
            ("x:Log/get", {"#ids": reference}),
        ]
        ids, got = self._jmap.call_each(calls)
        if isinstance(ids, Unexpected):
            raise Unsupported(NO_LOG)
        if isinstance(ids, Busy):
            return None
        page, shown = or_raise(ids), or_raise(got)
        with fitting("lines of the log"):
            found = {str(each["id"]): _line(each) for each in shown["list"]}
            return [found[each] for each in page["ids"] if each in found]


def _line(shown: Object) -> LogLine:
    at = moment(shown["timestamp"])
    if at is None:
        raise TypeError("timestamp")
    return LogLine(at, str(shown["level"]).lower(), str(shown["event"]), str(shown["details"]))
