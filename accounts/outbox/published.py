"""What the name servers of a zone themselves say of a record: not a cache of anybody's, which may be a day old."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from accounts import lookups
from accounts.domain.dns.records import Question
from accounts.domain.rotation import Unknown

Look = Callable[[str], "list[str] | Unknown"]


@dataclass
class _Kept:
    look: Look | None = None


_kept = _Kept()


def use(look: Look | None) -> None:
    """Put this behind the door, for tests; None asks the world again."""
    _kept.look = look


def published(name: str) -> list[str] | Unknown:
    """Return the texts at a name as the zone's own servers have them; whoever is silent says nothing."""
    if _kept.look:
        return _kept.look(name)
    question = Question(name, "TXT")
    seen = lookups.asker().look(name).ask([question])[question]
    # Where the name is an alias, the servers of another zone have the text.
    answer = seen.public if seen.own.alias and not seen.own.values else seen.own
    return list(answer.values) if answer.is_known else Unknown(str(answer.outcome))
