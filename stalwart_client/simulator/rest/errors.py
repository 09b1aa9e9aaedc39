"""Failures that 0.15 reports inside an HTTP 200 (rest.md 0.1)."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """One such failure; `content` is the whole answer."""

    def __init__(self, error: str, **content: Any) -> None:
        super().__init__(error)
        self.content = {"error": error, **content}


class Malformed(Exception):
    """The body cannot be read, which is a real 400."""


def not_found(item: str) -> ApiError:
    return ApiError("notFound", item=item)


def taken(field: str, value: str) -> ApiError:
    return ApiError("fieldAlreadyExists", field=field, value=value)


def other(details: str, reason: str | None = None) -> ApiError:
    return ApiError("other", details=details, reason=reason)
