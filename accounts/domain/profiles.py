"""What a profile gives a mailbox, and what a change of it would change in mailboxes that exist."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Limit(StrEnum):
    """Something that the holder of a mailbox may not do, whatever its state. Signing in is no limit: that is a lock."""

    RECEIVE = "receive"
    """Get mail: for addresses that only send."""
    CREDENTIALS = "credentials"
    """Change the password alone, or make app passwords."""
    DIRECTORY = "directory"
    """Look up who else has a mailbox."""


GIVEN = ("quota", "grace_days", "retention_days", "denials", "groups", "mail_before_start", "server_deadline")
"""What an account has from its profile, as its own copy. All else of a profile matters for new mailboxes only."""


def taken_over(own: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an account takes over of a changed profile: only what it still has as the profile gave it."""
    return {name: after[name] for name in GIVEN if after[name] != before[name] and own[name] == before[name]}
