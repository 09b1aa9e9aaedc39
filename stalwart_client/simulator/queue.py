"""The messages that wait for delivery. Nothing is ever delivered here: a message waits until somebody cancels it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from stalwart_client.simulator import ids
from stalwart_client.simulator.state import MESSAGE, QUEUE, State, stamp
from stalwart_client.simulator.tables import Doc

SCHEDULED: Final = "scheduled"
CANCELED: Final = "canceled"
FAILED: Final = "failed"
NAME: Final = "remote"
"""The virtual queue in which everything waits that goes to another server."""
LAST: Final = 2**64 - 1
_NOTIFY: Final = timedelta(days=1)
_EXPIRE: Final = timedelta(days=3)
_BACKGROUND: Final = timedelta(seconds=1)
"""How long 0.15 takes to carry out what it does to many messages at once."""


def plant(
    state: State,
    sender: str,
    recipients: Iterable[str],
    *,
    answer: str | Mapping[str, str] = "",
    created_at: datetime | None = None,
    next_try_at: datetime | None = None,
    size: int = 914,
    text: str = "",
) -> int:
    """Put a message into the queue; `answer` is what the other server said to the last try, or to which recipient."""
    created = created_at or state.clock()
    answers = {address: answer if isinstance(answer, str) else answer.get(address, "") for address in recipients}
    times = {
        "retryDue": stamp(next_try_at or created),
        "notifyDue": stamp(created + _NOTIFY),
        "expiresAt": stamp(created + _EXPIRE),
    }
    doc = {
        "sender": sender,
        "createdAt": stamp(created),
        "size": size,
        "text": text,
        "recipients": {
            address: {"status": FAILED if said else SCHEDULED, "answer": said, "retries": int(bool(said)), **times}
            for address, said in answers.items()
        },
    }
    with state.writing():
        number = state.next_snowflake()
        state.put(MESSAGE, number, doc)
    return number


def is_paused(state: State) -> bool:
    return bool((state.table(QUEUE).get(0) or {}).get("paused", False))


def pause(state: State, *, paused: bool) -> None:
    """Stop or resume delivery; only the switch is kept, as nothing is delivered anyway."""
    state.put(QUEUE, 0, {"paused": paused})


def messages(state: State) -> list[tuple[int, Doc]]:
    """Return the messages that wait, oldest first."""
    now = stamp(state.clock())
    return [(number, doc) for number, doc in state.table(MESSAGE) if doc.get("goneAt", "9") > now]


def message(state: State, number: int) -> Doc | None:
    """Return one message, None if it is not or no longer in the queue."""
    doc = state.table(MESSAGE).get(number)
    return doc if doc is not None and doc.get("goneAt", "9") > stamp(state.clock()) else None


def cancel_soon(state: State, numbers: Iterable[int]) -> None:
    """Cancel messages in the background."""
    gone_at = stamp(state.clock() + _BACKGROUND)
    for number in numbers:
        state.put(MESSAGE, number, {**state.table(MESSAGE).rows[number], "goneAt": gone_at})


def next_due(doc: Doc, which: str) -> str:
    """Return the earliest of a message's times among the recipients that still wait, empty if none does."""
    return min((one[which] for one in _pending(doc)), default="")


def next_event(doc: Doc) -> str:
    """Return when anything is next to be done for a message: a try, a note to the sender, or giving up."""
    times = (one[which] for one in _pending(doc) for which in ("retryDue", "notifyDue", "expiresAt") if one[which])
    return min(times, default="")


def blob_id(number: int) -> str:
    """Return the name under which 0.16 gives out a message's text."""
    return f"e{ids.base32(_digest(number))}"


def blob_hash(number: int) -> str:
    """Return the name under which 0.15 gives out a message's text."""
    return base64.urlsafe_b64encode(_digest(number)).decode().rstrip("=")


def text_named(state: State, name: str, name_of: Callable[[int], str]) -> bytes | None:
    """Return the text of the message with this name, made up where nobody handed one in; None if there is none."""
    for number, doc in messages(state):
        if name_of(number) == name:
            made_up = (
                f"From: <{doc['sender']}>\r\nTo: {', '.join(doc['recipients'])}\r\nSubject: Hello\r\n\r\nHello\r\n"
            )
            text = doc.get("text") or made_up
            return str(text.removesuffix("\r\n") if state.generation == "0.15" else text).encode()
    return None


def _digest(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


def _pending(doc: Doc) -> list[Doc]:
    return [one for one in doc.get("recipients", {}).values() if one["status"] != CANCELED]
