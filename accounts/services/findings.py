"""What a check of the doctor's says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

NOT_REACHED = "Look whether it runs, whether STALWART_URL is right, and whether a firewall is in between."
"""What to do about a mail server that does not answer."""


class Verdict(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    verdict: Verdict
    found: str
    advice: str = ""
