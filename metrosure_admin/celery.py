"""The Celery app of production. The database is the queue of record: Redis only wakes workers."""

from __future__ import annotations

import os
from pathlib import Path

from celery import Celery
from celery.signals import after_task_publish, heartbeat_sent
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "metrosure_admin.settings")

app = Celery("metrosure_admin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()
app.autodiscover_tasks(["accounts"])
# One entry, in UTC: what is due at which moment is decided by our own rows, not by beat.
app.conf.beat_schedule = {"tick": {"task": "accounts.tick", "schedule": 30.0, "options": {"expires": 30}}}


@heartbeat_sent.connect
@after_task_publish.connect
def still_alive(**_: object) -> None:
    """Leave a mark where a health check looks: a worker sends heartbeats all the time, beat its entry."""
    if settings.HEARTBEAT_FILE:
        Path(settings.HEARTBEAT_FILE).touch()
