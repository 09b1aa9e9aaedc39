"""Is mail moving? What the mail server's own log shows of one address or domain (rest.md 4.5, jmap.md 4.12).

Both generations write an envelope into each line about a message: `from = "a@example.org", to = ["b@example.org"]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_SENDER = re.compile(r'\bfrom = "([^"]*)"')
_RECIPIENTS = re.compile(r"\bto = \[([^\]]*)\]")
_QUOTED = re.compile(r'"([^"]*)"')

_CAME_IN = "message-ingest."
_WENT_OUT = frozenset({"delivery.dsn-success", "delivery.delivered"})
_CAME_BACK = frozenset({"delivery.dsn-perm-fail", "delivery.failed"})


class Sign(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log: its kind ("message-ingest.ham") and what it says."""

    at: datetime
    event: str
    text: str


@dataclass(frozen=True, slots=True)
class Way:
    """Whether mail moves in one direction; `because` is a code where it does not, or nobody knows."""

    sign: Sign
    at: datetime | None = None
    """When it last did; with NO, when it last failed."""
    because: str = ""


def receiving(lines: Sequence[Line], about: str) -> Way:
    """Say whether mail arrives at an address, or at any of a domain ("@example.org")."""
    came = _newest(line for line in lines if line.event.startswith(_CAME_IN) and _is_to(line, about))
    return Way(Sign.YES, came) if came else Way(Sign.UNKNOWN, because="quiet")


def sending(lines: Sequence[Line], about: str) -> Way:
    """Say whether mail from there reaches others; the newest answer counts."""
    ours = [line for line in lines if _is_from(line, about)]
    went = _newest(line for line in ours if line.event in _WENT_OUT)
    back = _newest(line for line in ours if line.event in _CAME_BACK)
    if back and (went is None or back > went):
        return Way(Sign.NO, back, "came_back")
    return Way(Sign.YES, went) if went else Way(Sign.UNKNOWN, because="quiet")


def _newest(lines: Iterable[Line]) -> datetime | None:
    return max((line.at for line in lines), default=None)


def _is_from(line: Line, about: str) -> bool:
    """The first envelope counts: a bounce is written with its own behind that of the message it is about."""
    found = _SENDER.search(line.text)
    return found is not None and _is_about(found.group(1), about)


def _is_to(line: Line, about: str) -> bool:
    found = _RECIPIENTS.search(line.text)
    return found is not None and any(_is_about(each, about) for each in _QUOTED.findall(found.group(1)))


def _is_about(address: str, about: str) -> bool:
    address = address.lower()
    return address.endswith(about) if about.startswith("@") else address == about
