"""The only sender: short time-outs, no redirects (one would carry the client's secret along), and no long answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
from django.conf import settings

from accounts.provider.errors import ProviderAway, ProviderWrong, TokenRefused

LONGEST = 256 * 1024
"""Bytes of an answer; Authentik's are below 10 KB."""


def read(url: str, *, token: str = "") -> dict[str, Any]:
    """Return the JSON object at an address."""
    return _object(url, *_send("GET", url, headers={"Authorization": f"Bearer {token}"} if token else {}))


def send_form(url: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the provider answers to a form.

    :raises TokenRefused: if it says that the form is wrong, such as a code that was used before
    """
    status, body = _send("POST", url, data=dict(values))
    if 400 <= status < 500:
        raise TokenRefused(f"The provider refused the code: {_error(body)}")
    return _object(url, status, body)


def _send(method: str, url: str, **given: Any) -> tuple[int, bytes]:
    timeout = settings.OIDC_TIMEOUT.total_seconds()
    try:
        with (
            httpx.Client(timeout=timeout, follow_redirects=False) as client,
            client.stream(method, url, **given) as answer,
        ):
            body = b""
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > LONGEST:
                    raise ProviderWrong(f"The answer of {_where(url)} is longer than {LONGEST // 1024} KB.")
            return answer.status_code, body
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise ProviderAway(f"{_where(url)} does not answer: {type(error).__name__}") from error


def _object(url: str, status: int, body: bytes) -> dict[str, Any]:
    if status >= 500:
        raise ProviderAway(f"{_where(url)} answers with {status}.")
    if status != 200:
        raise ProviderWrong(f"{_where(url)} answers with {status}.")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProviderWrong(f"The answer of {_where(url)} is no JSON.") from error
    if not isinstance(found, dict):
        raise ProviderWrong(f"The answer of {_where(url)} is no JSON object.")
    return found


def _error(body: bytes) -> str:
    """Return the error's name (RFC 6749, 5.2): letters only, as anything could stand there."""
    try:
        name = str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return "unknown"
    return "".join(character for character in name if character.isalnum() or character == "_")[:60]


def _where(url: str) -> str:
    return url.partition("?")[0][:200]
