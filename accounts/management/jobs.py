"""Carrying a job out in the process of a command, so that what the command reports has happened."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from accounts.models import Batch
from accounts.services import batch_work

_PAUSE = 0.2


def carry_out(batch: Batch, clock: Callable[[], datetime]) -> None:
    """Work until every row of this job is settled; a runner beside us may have taken some of them."""
    while Batch.objects.under_way().filter(pk=batch.pk).exists():
        if not batch_work.work(clock):
            time.sleep(_PAUSE)
