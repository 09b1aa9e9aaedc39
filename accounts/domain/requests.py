"""On which request the program works right now: it ties log lines, audit events and operations together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("request_id", default="")


def current_request() -> str:
    """Return the id of the request that is being answered or carried out, empty if it is nobody's."""
    return _current.get()


@contextmanager
def on_request(request_id: str) -> Iterator[None]:
    """Work for this request; what was before comes back afterwards."""
    before = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(before)
