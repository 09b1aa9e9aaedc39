"""What another mail server said, or what kept ours from asking it: read into a reason that can be put in words.

The codes are those of RFC 5321 (three digits) and RFC 3463, 7372, 7505 and 8616 (the enhanced ones). Where a code
says little, as 5.7.1 does, the words beside it decide; what nobody knows is told as unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

LONGEST = 2000
"""More of an answer than this is not shown: the other side writes what it likes."""


class Reason(StrEnum):
    NOT_TRIED = "not_tried"
    NO_MAILBOX = "no_mailbox"
    MAILBOX_OFF = "mailbox_off"
    MAILBOX_FULL = "mailbox_full"
    MOVED = "moved"
    ADDRESS = "address"
    SENDER_ADDRESS = "sender_address"
    TAKES_NO_MAIL = "takes_no_mail"
    TOO_LARGE = "too_large"
    GREYLISTED = "greylisted"
    LATER = "later"
    BUSY = "busy"
    NO_ROOM = "no_room"
    TOO_MUCH = "too_much"
    POLICY = "policy"
    SPF = "spf"
    DKIM = "dkim"
    DMARC = "dmarc"
    REVERSE_NAME = "reverse_name"
    BLOCK_LIST = "block_list"
    SPAM = "spam"
    RELAY = "relay"
    SIGN_IN = "sign_in"
    WANTS_TLS = "wants_tls"
    TLS = "tls"
    TLS_POLICY = "tls_policy"
    NO_DOMAIN = "no_domain"
    DNS = "dns"
    CONNECTION_REFUSED = "connection_refused"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    BROKE = "broke"
    LOOP = "loop"
    EXPIRED = "expired"
    CONTENT = "content"
    PROTOCOL = "protocol"
    OUR_LIMIT = "our_limit"
    CANCELLED = "cancelled"
    TAKEN = "taken"
    UNKNOWN_LATER = "unknown_later"
    """A refusal for now that nothing else is known of."""
    UNKNOWN_REFUSAL = "unknown_refusal"
    """A refusal for good that nothing else is known of."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and what it comes to; `code` and `enhanced` are empty where it has none."""

    reason: Reason
    code: str = ""
    enhanced: str = ""


def read(text: str) -> Answer:
    """Return what an answer comes to."""
    said = " ".join(text[:LONGEST].split())
    if not said:
        return Answer(Reason.NOT_TRIED)
    found = _CODE.search(said)
    code = found[1] if found else ""
    enhanced = _enhanced(said, code)
    if code or enhanced:
        return Answer(_of_server(said, code, enhanced), code, enhanced)
    return Answer(_matching(_NETWORK, said) or _matching(_WORDS, said) or Reason.UNKNOWN)


def printable(text: str) -> str:
    """Return an answer as it may be shown: not endless, and without what a terminal or a page would obey."""
    shown = "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text[:LONGEST])
    return shown + " …" if len(text) > LONGEST else shown


def _enhanced(said: str, code: str) -> str:
    """Return the enhanced code; numbers of another class than the code's are versions or addresses."""
    found = [".".join(match.groups()) for match in _ENHANCED.finditer(said)]
    return next((each for each in found if not code or each[0] == code[0]), "")


def _of_server(said: str, code: str, enhanced: str) -> Reason:
    kind = (code or enhanced)[0]
    if kind == "2":
        return Reason.TAKEN
    subject = enhanced[2:]
    return (
        _EXACT.get(subject)
        or _matching(_WORDS, said)
        or _VAGUE.get(f"{kind}.{subject}")
        or _CODES.get(code)
        or (Reason.UNKNOWN_LATER if kind == "4" else Reason.UNKNOWN_REFUSAL)
    )


def _matching(patterns: tuple[tuple[re.Pattern[str], Reason], ...], said: str) -> Reason | None:
    return next((reason for pattern, reason in patterns if pattern.search(said)), None)


def _patterns(*pairs: tuple[str, Reason]) -> tuple[tuple[re.Pattern[str], Reason], ...]:
    return tuple((re.compile(pattern, re.IGNORECASE | re.ASCII), reason) for pattern, reason in pairs)


_CODE = re.compile(r"(?:^|Code: |: |said: |<)([245][0-9][0-9])(?=[ ,-]|$)", re.ASCII)
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\d|\.\d)", re.ASCII)

_EXACT: dict[str, Reason] = {
    "1.1": Reason.NO_MAILBOX,
    "1.2": Reason.NO_DOMAIN,
    "1.3": Reason.ADDRESS,
    "1.6": Reason.MOVED,
    "1.7": Reason.SENDER_ADDRESS,
    "1.8": Reason.SENDER_ADDRESS,
    "1.10": Reason.TAKES_NO_MAIL,
    "2.1": Reason.MAILBOX_OFF,
    "2.2": Reason.MAILBOX_FULL,
    "2.3": Reason.TOO_LARGE,
    "3.1": Reason.NO_ROOM,
    "3.4": Reason.TOO_LARGE,
    "4.3": Reason.DNS,
    "4.5": Reason.BUSY,
    "4.6": Reason.LOOP,
    "4.7": Reason.EXPIRED,
    "5.3": Reason.TOO_MUCH,
    "5.6": Reason.TOO_LARGE,
    "7.8": Reason.SIGN_IN,
    "7.10": Reason.WANTS_TLS,
    "7.11": Reason.WANTS_TLS,
    "7.20": Reason.DKIM,
    "7.21": Reason.DKIM,
    "7.22": Reason.DKIM,
    "7.23": Reason.SPF,
    "7.24": Reason.SPF,
    "7.25": Reason.REVERSE_NAME,
    "7.26": Reason.DMARC,
    "7.27": Reason.SENDER_ADDRESS,
    "7.28": Reason.TOO_MUCH,
    "7.30": Reason.WANTS_TLS,
}
"""Enhanced codes, without their class, that mean one thing whatever is written beside them."""

_VAGUE: dict[str, Reason] = {
    "4.2.0": Reason.LATER,
    "4.3.0": Reason.BUSY,
    "4.3.2": Reason.BUSY,
    "4.3.5": Reason.BUSY,
    "4.4.0": Reason.UNREACHABLE,
    "4.4.1": Reason.UNREACHABLE,
    "4.4.2": Reason.BROKE,
    "4.4.4": Reason.DNS,
    "4.7.0": Reason.LATER,
    "4.7.1": Reason.LATER,
    "5.1.0": Reason.ADDRESS,
    "5.1.4": Reason.ADDRESS,
    "5.2.0": Reason.MAILBOX_OFF,
    "5.3.2": Reason.TAKES_NO_MAIL,
    "5.4.1": Reason.UNREACHABLE,
    "5.4.4": Reason.NO_DOMAIN,
    "5.5.0": Reason.PROTOCOL,
    "5.5.1": Reason.PROTOCOL,
    "5.5.2": Reason.PROTOCOL,
    "5.5.4": Reason.PROTOCOL,
    "5.6.0": Reason.CONTENT,
    "5.6.1": Reason.CONTENT,
    "5.6.3": Reason.CONTENT,
    "5.6.7": Reason.CONTENT,
    "5.7.0": Reason.POLICY,
    "5.7.1": Reason.POLICY,
    "5.7.2": Reason.POLICY,
    "5.7.7": Reason.CONTENT,
    "5.7.9": Reason.SIGN_IN,
}
"""Enhanced codes that the words beside them may make more of."""

_CODES: dict[str, Reason] = {
    "421": Reason.BUSY,
    "450": Reason.LATER,
    "451": Reason.LATER,
    "452": Reason.NO_ROOM,
    "454": Reason.TLS,
    "500": Reason.PROTOCOL,
    "501": Reason.PROTOCOL,
    "502": Reason.PROTOCOL,
    "503": Reason.PROTOCOL,
    "504": Reason.PROTOCOL,
    "521": Reason.TAKES_NO_MAIL,
    "523": Reason.TOO_LARGE,
    "530": Reason.SIGN_IN,
    "535": Reason.SIGN_IN,
    "551": Reason.MOVED,
    "552": Reason.TOO_LARGE,
    "553": Reason.ADDRESS,
    "556": Reason.TAKES_NO_MAIL,
}

_WORDS = _patterns(
    (r"\bgr[ae]y-?list|\bpostgrey\b", Reason.GREYLISTED),
    (
        r"relay(ing)? (access )?(is )?(denied|not permitted|prohibited)|unable to relay|not allowed to relay",
        Reason.RELAY,
    ),
    (
        r"\bptr\b|reverse (dns|host ?name|lookup|mapping)|\brdns\b|client host rejected: cannot find your",
        Reason.REVERSE_NAME,
    ),
    (
        r"spamhaus|spamcop|barracuda|sorbs|\b[dr]n?s?bl\b|\bblock(ed)? ?list|\bblack ?list|\bdeny ?list|\bs3140\b",
        Reason.BLOCK_LIST,
    ),
    (r"\bdmarc\b", Reason.DMARC),
    (r"\bspf\b|sender policy framework", Reason.SPF),
    (r"\bdkim\b", Reason.DKIM),
    (r"quota|mailbox (is )?(too )?full|over (its|the) (storage|size) limit|out of storage", Reason.MAILBOX_FULL),
    (
        (
            r"(user|mailbox|recipient|account|address)( \S+)?( is)? (unknown|not found|unavailable|does ?n[o']t exist)"
            r"|(no|unknown|invalid) (such )?(user|mailbox|recipient|local recipient)|unrouteable address"
            r"|recipient address rejected: access denied|does not (exist|have an account) here"
        ),
        Reason.NO_MAILBOX,
    ),
    (r"(account|mailbox)( \S+)?( is| has been)? (disabled|inactive|suspended|deactivated)", Reason.MAILBOX_OFF),
    (r"too (large|big)|size limit|exceeds (the )?(maximum|fixed) .*size", Reason.TOO_LARGE),
    (r"must issue a? ?starttls|requires? (tls|encryption)|encryption (is )?required", Reason.WANTS_TLS),
    (r"too many (hops|received)|\bloops?\b", Reason.LOOP),
    (r"too many|rate.?limit|throttl|exceeded .*(rate|limit)|frequency limit", Reason.TOO_MUCH),
    (r"authenticat(ion|e) (is )?required", Reason.SIGN_IN),
    (r"\bspam|unsolicited|\bjunk\b|virus|malware|phishing|reputation", Reason.SPAM),
    (r"insufficient (system )?(storage|resources|disk)", Reason.NO_ROOM),
    (r"sender address (rejected|verification)|sender domain|domain of sender", Reason.SENDER_ADDRESS),
    (r"timed? ?-?out", Reason.TIMED_OUT),
    (r"temporar(y|ily) .*(unavailable|overloaded)|try (again|later)|come back later|shutting down", Reason.BUSY),
)
"""What servers write, the more telling first."""

_NETWORK = _patterns(
    (r"delivery cancell?ed", Reason.CANCELLED),
    (r"^rate limited|concurrency limited|too many concurrent connections to remote", Reason.OUR_LIMIT),
    (r"mta-?sts|\bdane\b|\btlsa\b", Reason.TLS_POLICY),
    (r"\btls\b|\bssl\b|certificate|handshake", Reason.TLS),
    (r"null mx|does not accept mail", Reason.TAKES_NO_MAIL),
    (r"nxdomain|no records? found|record not found|no such (domain|host)|name or service not known", Reason.NO_DOMAIN),
    (r"connection refused|refused the connection", Reason.CONNECTION_REFUSED),
    (r"timed? ?-?out|deadline has elapsed", Reason.TIMED_OUT),
    (r"\bdns\b|resolv|servfail|name server|lookup", Reason.DNS),
    (r"(network|host|destination)( is)? unreachable|no route to host|cannot assign requested", Reason.UNREACHABLE),
    (r"connection (was )?(reset|closed|aborted|lost)|broken pipe|unexpected (eof|end)|\beof\b", Reason.BROKE),
    (r"message expired|delivery time expired", Reason.EXPIRED),
    (r"connection (to .* )?(failed|error)|could not connect|unable to connect", Reason.UNREACHABLE),
)
"""What our own mail server writes where nobody answered with a code."""
