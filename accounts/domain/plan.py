"""The brake: how much a computed plan may shut before a person has looked again and typed the number.

It is for what somebody *computed* (a filter, a roster, provisioning), never for a single account, and it never holds
back an account whose agreed term is over.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

MOST = 10
LARGEST_SHARE = 0.2


def number_to_type(ends: Iterable[datetime], *, scope: int | None, now: datetime, purges: int = 0) -> int | None:
    """Return the number that a person has to type before a plan goes on; None where it needs nobody.

    `ends` are the agreed ends of the accounts that the plan would end; `scope` is how many accounts it was computed
    over, None where a person chose each of them. Who leaves for ever (`purges`) counts whatever the term was.
    """
    number = sum(ends_at > now for ends_at in ends) + purges
    is_large_share = scope is not None and number > LARGEST_SHARE * scope
    return number if number > MOST or is_large_share else None
