"""How log lines are written: as text or as one JSON object each, with the id of the request, without secrets."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

from accounts.domain.requests import current_request

ACCESS = ("method", "path", "status", "ms", "user")
"""What the line of a request has beside its sentence."""
_ADDRESS = re.compile(r"[^\s@/\"'<>(),;:=]*(?:@|%40)[^\s@/\"'<>(),;:=]+", re.IGNORECASE)
_SECRETS = frozenset({"token", "key", "code"})
"""Parts of a path that open something."""
_LONG = 20
"""A part of an unknown path that is as long as this may be a secret with a slip in it."""


def told_path(request: HttpRequest) -> str:
    """Return the path of a request as a log may keep it: one line, no query, no secrets, no e-mail addresses."""
    path, match = _ADDRESS.sub("…", request.path), request.resolver_match
    if match is None:
        path = "/".join("…" if len(part) >= _LONG else part for part in path.split("/"))
    else:
        for name in _SECRETS & match.kwargs.keys():
            path = path.replace(str(match.kwargs[name]), "…")
    # A line break in a path would begin a line of its own, with whatever a stranger wants it to say.
    return "".join(character if character.isprintable() else "…" for character in path)


class Line(logging.Formatter):
    """Text: time, level, request, logger, message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(request_id)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.request_id = current_request() or "-"
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        record.message = said(record)
        return super().formatMessage(record)


class JsonLine(logging.Formatter):
    """One JSON object a record, on one line whatever the record holds."""

    def format(self, record: logging.LogRecord) -> str:
        content: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": said(record),
            "request_id": current_request() or None,
        }
        content |= {name: vars(record)[name] for name in ACCESS if name in vars(record)}
        if record.exc_info:
            content["exception"] = self.formatException(record.exc_info)
        return json.dumps(content, default=str, ensure_ascii=False)


def said(record: logging.LogRecord) -> str:
    """Return the message without what a log must not keep: addresses up to INFO, secrets of a path always."""
    message = record.getMessage()
    request = vars(record).get("request")
    if isinstance(request, HttpRequest):
        message = message.replace(request.path, told_path(request))
    return message if record.levelno > logging.INFO else _ADDRESS.sub("…", message)


def configuration(form: str, level: str) -> Mapping[str, Any]:
    """Return Django's LOGGING for `text` or `json`."""
    formatter = {"text": "metrosure_admin.logs.Line", "json": "metrosure_admin.logs.JsonLine"}[form]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # httpx writes every URL at INFO, and a URL of 0.15 holds an address.
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
            # Wrong host names from scanners are no news.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            # The line of the request says that a page was not found or not allowed.
            "django.request": {"level": "ERROR"},
            # Django's own handler would write errors a second time, in a form of its own.
            "django": {"handlers": [], "propagate": True},
        },
    }
