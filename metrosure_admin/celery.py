"""The Celery app of production. The database is the queue of record: Redis only wakes workers."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "metrosure_admin.settings")

app = Celery("metrosure_admin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()
app.autodiscover_tasks(["accounts"])
# One entry, in UTC: what is due at which moment is decided by our own rows, not by beat.
app.conf.beat_schedule = {"tick": {"task": "accounts.tick", "schedule": 30.0, "options": {"expires": 30}}}
