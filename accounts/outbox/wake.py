"""Telling a worker that there is something to do."""

from __future__ import annotations

from django.conf import settings


def wake(task: str) -> None:
    """Send a task by its name. Losing this loses nothing: the next tick finds the rows; embedded, the runner polls."""
    if settings.EMBEDDED:
        return
    # Imported here: an embedded panel never loads Celery.
    from celery import current_app  # noqa: PLC0415
    from kombu.exceptions import OperationalError  # noqa: PLC0415

    try:
        current_app.send_task(task, ignore_result=True, retry=False)
    except OperationalError:
        # The broker is away. The change is safe in the database, and the answer must not wait for Redis.
        return
