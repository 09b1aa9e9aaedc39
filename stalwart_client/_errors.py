"""What can go wrong between us and a Stalwart server.

StalwartError
├── Unreachable        no connection, time-out, 502-504                        retryable
├── Busy               429, too many at once, a write conflict; retry_after    retryable
├── Unexpected         an answer that does not fit: a proxy's page, our bug
├── Refused
│   ├── WrongCredentials   401: who we say we are is not accepted
│   └── NotPermitted       403, forbidden: accepted, but not allowed to do this
├── NotFound           no such mailbox, domain, key or message
├── AlreadyExists      the address or name is taken
├── InUse              something else still points at it; used_by says what
├── Invalid            the server rejected a value that we sent
└── Unsupported        this server, generation or edition cannot do it

Every error says what happened in one safe sentence (`str(error)`), what a person should do (`advice`),
whether the same call may work later (`retryable`), the property or item it is about (`subject`), and the server's
own word for it (`said`). None of them carries a raw answer: Stalwart's answers can hold secrets (a DKIM error
quotes the private key, a 400 quotes the request with its passwords; rest.md 0.1, jmap.md 2.5).
"""

from __future__ import annotations

from typing import ClassVar, Self


class StalwartError(Exception):
    """The root; `code` is stable and can be stored or translated.

    `subject` names what the error is about in our words (an address, a domain, "quota"), or is empty.
    `said` is a status or a kind of error ("403 Forbidden", "objectIsLinked"), one of those that Stalwart is known
    to send and never a text that it put together; empty where it was not the server that found out.
    """

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False
    advice: ClassVar[str] = ""

    def __init__(self, message: str, *, subject: str = "") -> None:
        super().__init__(message)
        self.subject = subject
        self.said = ""

    def having_said(self, word: str) -> Self:
        """Note the server's own word for it."""
        self.said = word
        return self


class Unreachable(StalwartError):
    code = "unreachable"
    retryable = True
    advice = "Nothing is lost. Check that the mail server runs and that its address is right; we keep trying."


class Busy(StalwartError):
    """The server asks us to wait; `retry_after` is in seconds, None where the server does not say (0.15)."""

    code = "busy"
    retryable = True
    advice = "Nothing is lost. We try again by ourselves; give the panel's key the right to unlimited requests."

    def __init__(self, message: str, *, subject: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, subject=subject)
        self.retry_after = retry_after


class Unexpected(StalwartError):
    code = "unexpected"
    advice = "Check that the address leads to Stalwart itself and not to a proxy's own page."


class Refused(StalwartError):
    code = "refused"
    advice = "Check what the panel signs in with, and what that may do."


class WrongCredentials(Refused):
    code = "wrong_credentials"
    advice = "Set the right STALWART_TOKEN, or STALWART_USER and STALWART_PASSWORD. Repeated failures ban an address."


class NotPermitted(Refused):
    code = "not_permitted"
    advice = "The panel's key was accepted but may not do this: give it the missing permission."


class NotFound(StalwartError):
    code = "not_found"
    advice = "Look again: it was deleted or renamed, or never was."


class AlreadyExists(StalwartError):
    code = "already_exists"
    advice = "Choose another address, or take the existing mailbox in."


class InUse(StalwartError):
    """`used_by` names what stands in the way: addresses, and words for what has none; it can be long."""

    code = "in_use"
    advice = "Move or delete what still uses it first."

    def __init__(self, message: str, *, subject: str = "", used_by: tuple[str, ...] = ()) -> None:
        super().__init__(message, subject=subject)
        self.used_by = used_by


class Invalid(StalwartError):
    code = "invalid"
    advice = "Correct the value and send it again."


class Unsupported(StalwartError):
    """The message says why, and by what other way it can be had, if there is one."""

    code = "unsupported"
    advice = "Nothing was changed. A newer version or another edition of the mail server may offer it."
