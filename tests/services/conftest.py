"""Two places for tests about reach, and an actor who reaches one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from accounts.domain.people import Actor
from tests.reach import Places, places


@pytest.fixture
def there(now: datetime, db: None) -> Places:
    return places(now)


@pytest.fixture
def limited(there: Places, hr: Actor) -> Callable[[str], Actor]:
    return lambda limit: replace(hr, reach=there.reach(limit).held_by(hr.name))
