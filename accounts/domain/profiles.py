"""What a profile gives a mailbox, and what a change of it would change in mailboxes that exist."""

from __future__ import annotations

from enum import StrEnum


class Limit(StrEnum):
    """Something that the holder of a mailbox may not do, whatever its state. Signing in is no limit: that is a lock."""

    RECEIVE = "receive"
    """Get mail: for addresses that only send."""
    CREDENTIALS = "credentials"
    """Change the password alone, or make app passwords."""
    DIRECTORY = "directory"
    """Look up who else has a mailbox."""
