"""Reading the log of a server: which lines may be shown, and how many can be had."""

from __future__ import annotations

from collections.abc import Callable

from stalwart_client._errors import Unsupported
from stalwart_client._mail_types import LogLine

_RAW = (".raw-input", ".raw-output")
"""Events that hold the traffic itself, passwords and all (Stalwart writes them at level trace)."""

NO_LOG = "The mail server has no log that can be read: it needs a tracer of type log."


def newest(read: Callable[[int], list[LogLine] | None], limit: int) -> list[LogLine]:
    """Return up to `limit` lines; `read` returns None where the server fails to read so far back.

    Both generations read their files from the end and stop at a character that lies across two of their
    chunks, with an error for all (seen on 0.15.5 and 0.16.18). With fewer lines asked for, they do not get there.

    :raises Unsupported: if not even one line can be had
    """
    while limit > 0:
        lines = read(limit)
        if lines is not None:
            return lines
        limit //= 2
    raise Unsupported("The mail server fails to read its own log.")


def is_showable(line: LogLine) -> bool:
    """Tell whether a line holds no raw traffic."""
    return not line.event.endswith(_RAW)
