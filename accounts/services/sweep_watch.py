"""The watch over the sweep: whoever notices that it stays away tells the administrators, once."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import Notice, Pulse
from accounts.queries import words
from accounts.queries.pulses import SWEEP_LATE
from accounts.services.notices import raise_notice, settle_notice

KEY = "sweep-late"


def look(now: datetime) -> bool:
    """Say whether the sweep is late, and tell it or settle it.

    The sweep cannot tell of its own death: the tick asks after the jobs, whatever became of them, and so does the
    web server whenever somebody reads the panel's health. Nothing is written while all is as it was.
    """
    last = Pulse.objects.filter(name="sweep").values_list("at", flat=True).first()
    late = last is not None and now - last > SWEEP_LATE
    told = Notice.objects.filter(key=KEY, settled_at=None).exists()
    if late and last and not told:
        _tell(last, now)
    if told and not late:
        settle_notice(KEY, now)
    return late


def _tell(last: datetime, now: datetime) -> None:
    raise_notice(
        "sweep_late",
        key=KEY,
        title=_("The sweep, which ends mailboxes on their day, does not run"),
        text=_(
            "It last ran at %(at)s. Until it runs again no account starts or ends. Look whether the job runner, or "
            "Celery's worker and beat, are up; “doctor” says what is wrong."
        )
        % {"at": words.moment_words(last, now)},
        path="/",
        now=now,
    )
