"""What mail programs say to both servers: signing in well, badly and locked out, and handing in mail."""

from __future__ import annotations

import base64
from typing import Final

STRONG: Final = "Correct-Horse-9-battery-staple"


def plain(secret: str, login: str = "ana@%D") -> str:
    """Return what stands for SASL PLAIN, which is encoded once the trial's domain is in it."""
    return f"{{\0{login}\0{secret}}}"


def word(text: str) -> str:
    """Return what stands for one word of SASL LOGIN."""
    return f"{{{text}}}"


def encoded(line: str, domain: str) -> bytes:
    """Return a line as it is sent: the trial's domain put in, and what stands in braces at its end in base64."""
    head, brace, rest = line.replace("%D", domain).partition("{")
    inside = base64.b64encode(rest.removesuffix("}").encode()).decode() if brace else ""
    return f"{head}{inside}\r\n".encode()


_IN: Final = f"a LOGIN ana@%D {STRONG}"
IMAP: Final[list[list[str]]] = [
    ["a NOOP", "b CAPABILITY", "c LOGOUT"],
    ["a nonsense"],
    ["a"],
    [""],
    ["a LOGIN"],
    ["a LOGIN ana@%D"],
    ["a LOGIN ana@%D wrong", "b SELECT INBOX", _IN, "c SELECT INBOX"],
    [_IN, _IN],
    [_IN, "b SELECT INBOX", "c SEARCH ALL", "d LOGOUT"],
    [_IN, "b EXAMINE INBOX"],
    [_IN, "b SEARCH ALL"],
    [f'a LOGIN "ana@%D" "{STRONG}"', 'b LIST "" "*"'],
    [f"a login ANA@%D {STRONG}"],
    [f"a LOGIN info@%D {STRONG}"],
    [f"a LOGIN nobody@%D {STRONG}"],
    [f"a LOGIN locked@%D {STRONG}"],
    ["a LOGIN locked@%D wrong"],
    [f"a LOGIN mute@%D {STRONG}", "b SELECT INBOX"],
    ["a AUTHENTICATE PLAIN", plain(STRONG)],
    [f"a AUTHENTICATE PLAIN {plain(STRONG)}", "b NOOP"],
    [f"a AUTHENTICATE PLAIN {plain('wrong')}"],
    ["a AUTHENTICATE PLAIN", "!!!"],
    ["a AUTHENTICATE PLAIN", "*"],
    ["a AUTHENTICATE LOGIN"],
    ["a AUTHENTICATE"],
    ["a SELECT INBOX"],
    ['a LIST "" *'],
    ["a ID NIL"],
]
_HELLO: Final = "EHLO client.example.org"
_AUTH: Final = f"AUTH PLAIN {plain(STRONG)}"
SUBMISSION: Final[list[list[str]]] = [
    ["NOOP", "RSET", "QUIT"],
    ["EHLO"],
    [_HELLO, "VRFY ana@%D", "EXPN all"],
    ["HELO client.example.org", "QUIT"],
    ["nonsense"],
    [""],
    ["MAIL FROM:<ana@%D>"],
    [_HELLO, "MAIL FROM:<ana@%D>", "RCPT TO:<ben@%D>"],
    [_HELLO, _AUTH, "MAIL FROM:<ana@%D>", "RCPT TO:<ben@%D>", "RCPT TO:<x@elsewhere-%D>", "RSET", "QUIT"],
    [_HELLO, _AUTH, "MAIL FROM:<ana@%D>", "RCPT TO:<nobody@%D>", "RCPT TO:<ben+tag@%D>", "RCPT TO:<BEN@%D>", "RSET"],
    [_HELLO, _AUTH, "MAIL FROM:<info@%D>", "RSET", "MAIL FROM:<ben@%D>", "MAIL FROM:<>", "MAIL FROM:<x@y.test>"],
    [_HELLO, _AUTH, "MAIL FROM:<ana@%D>", "MAIL FROM:<ana@%D>"],
    [_HELLO, _AUTH, _AUTH],
    [_HELLO, _AUTH, "RCPT TO:<ben@%D>", "DATA"],
    [_HELLO, _AUTH, "MAIL FROM:<ana@%D>", "DATA"],
    [_HELLO, _AUTH, "MAIL FROM ana", "MAIL FROM:<ana@%D", "MAIL"],
    [_HELLO, f"AUTH PLAIN {plain('wrong')}", _AUTH],
    [_HELLO, "AUTH PLAIN", plain(STRONG)],
    [_HELLO, "AUTH LOGIN", word("ana@%D"), word(STRONG)],
    [_HELLO, "AUTH LOGIN", word("ana@%D"), word("wrong")],
    [_HELLO, f"AUTH PLAIN {plain(STRONG, 'locked@%D')}"],
    [_HELLO, f"AUTH PLAIN {plain('wrong', 'locked@%D')}"],
    [_HELLO, f"AUTH PLAIN {plain(STRONG, 'mute@%D')}"],
    [_HELLO, f"AUTH PLAIN {plain(STRONG, 'nobody@%D')}"],
    [_HELLO, f"AUTH PLAIN {plain(STRONG, 'ANA@%D')}"],
    [_HELLO, f"AUTH PLAIN {plain(STRONG, 'info@%D')}", "MAIL FROM:<ana@%D>"],
    [_HELLO, f"AUTH PLAIN {plain(STRONG, 'ana')}"],
    [_HELLO, "AUTH PLAIN !!!"],
    [_HELLO, "AUTH CRAM-MD5"],
    [_HELLO, "AUTH"],
    ["AUTH PLAIN x"],
]
