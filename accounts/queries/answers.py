"""What another mail server said, in a sentence that people understand, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain import answers
from accounts.domain.answers import Reason

_BY_ITSELF = gettext_lazy("Nothing to do: it is tried again by itself.")
_ASK_SENDER = gettext_lazy("Ask the sender to check the address, and cancel this one.")
_ASK_RECIPIENT = gettext_lazy("Only the other side can change that. Reach the person another way.")
_OWN_DNS = gettext_lazy("An administrator looks at the DNS records of the sender's domain.")
_THEIRS = gettext_lazy("It is on their side. It is tried again by itself.")

_SAID: dict[Reason, tuple[Promise, Promise | str]] = {
    Reason.NOT_TRIED: (gettext_lazy("Not tried yet"), ""),
    Reason.NO_MAILBOX: (gettext_lazy("The other side says the mailbox does not exist"), _ASK_SENDER),
    Reason.MAILBOX_OFF: (gettext_lazy("The other side says the mailbox is switched off"), _ASK_RECIPIENT),
    Reason.MAILBOX_FULL: (gettext_lazy("The other side says the mailbox is full"), _ASK_RECIPIENT),
    Reason.MOVED: (gettext_lazy("The other side says the mailbox has moved to another address"), _ASK_SENDER),
    Reason.ADDRESS: (gettext_lazy("The other side says the address is not valid"), _ASK_SENDER),
    Reason.SENDER_ADDRESS: (gettext_lazy("The other side does not accept the sender's address or domain"), _OWN_DNS),
    Reason.TAKES_NO_MAIL: (gettext_lazy("The other side's domain takes no mail"), _ASK_SENDER),
    Reason.TOO_LARGE: (
        gettext_lazy("The message is too large for the other side"),
        gettext_lazy("Ask the sender to send it smaller, and cancel this one."),
    ),
    Reason.GREYLISTED: (
        gettext_lazy("The other side does not know our mail server yet and takes mail at a later try"),
        _BY_ITSELF,
    ),
    Reason.LATER: (gettext_lazy("The other side asks for a later try"), _BY_ITSELF),
    Reason.BUSY: (gettext_lazy("The other side is busy and asks for a later try"), _BY_ITSELF),
    Reason.NO_ROOM: (gettext_lazy("The other side has no room for more mail at the moment"), _BY_ITSELF),
    Reason.TOO_MUCH: (
        gettext_lazy("The other side says it gets too much mail from us at once"),
        gettext_lazy("It is tried again by itself. Do not hurry it: each try counts."),
    ),
    Reason.POLICY: (
        gettext_lazy("The other side refuses it by a rule of its own"),
        gettext_lazy("Its own words below may say which. The sender or their administrator asks the other side."),
    ),
    Reason.SPF: (gettext_lazy("The other side says our mail server may not send for this domain (SPF)"), _OWN_DNS),
    Reason.DKIM: (gettext_lazy("The other side says the signature is missing or wrong (DKIM)"), _OWN_DNS),
    Reason.DMARC: (
        gettext_lazy("The other side cannot tell that the mail is really from this domain (DMARC)"),
        _OWN_DNS,
    ),
    Reason.REVERSE_NAME: (
        gettext_lazy("The other side finds no name for our mail server's address (PTR)"),
        gettext_lazy("Whoever owns the address, mostly the hosting company, sets its name."),
    ),
    Reason.BLOCK_LIST: (
        gettext_lazy("The other side says our mail server's address is on a block list"),
        gettext_lazy("Its own words below mostly name the list and where to be taken off it."),
    ),
    Reason.SPAM: (
        gettext_lazy("The other side takes it for unwanted mail"),
        gettext_lazy("Look at what was sent before trying again."),
    ),
    Reason.RELAY: (
        gettext_lazy("The other side says it is not in charge of this address"),
        gettext_lazy("The recipient's domain points to a wrong mail server. Only its owner can change that."),
    ),
    Reason.SIGN_IN: (
        gettext_lazy("The next mail server wants ours to sign in"),
        gettext_lazy("An administrator checks the relay that the mail server sends through."),
    ),
    Reason.WANTS_TLS: (gettext_lazy("The other side only takes encrypted mail"), _THEIRS),
    Reason.TLS: (gettext_lazy("No encrypted connection to the other side came about"), _THEIRS),
    Reason.TLS_POLICY: (
        gettext_lazy("The other side's encryption is not as its own rules ask for (MTA-STS, DANE)"),
        _THEIRS,
    ),
    Reason.NO_DOMAIN: (gettext_lazy("There is no mail server for the recipient's domain"), _ASK_SENDER),
    Reason.DNS: (
        gettext_lazy("The name servers did not say where the recipient's mail goes"),
        gettext_lazy("It is tried again by itself. If it concerns many domains, look at our own resolver."),
    ),
    Reason.CONNECTION_REFUSED: (gettext_lazy("The other side's mail server does not take connections"), _THEIRS),
    Reason.UNREACHABLE: (
        gettext_lazy("The other side's mail server cannot be reached"),
        gettext_lazy("It is tried again by itself. If it concerns many domains, look at our own network and port 25."),
    ),
    Reason.TIMED_OUT: (
        gettext_lazy("The other side did not answer in time"),
        gettext_lazy("It is tried again by itself. If it concerns many domains, look at our own network and port 25."),
    ),
    Reason.BROKE: (gettext_lazy("The connection to the other side broke"), _BY_ITSELF),
    Reason.LOOP: (
        gettext_lazy("The message goes round in circles"),
        gettext_lazy("A forwarding leads back to where it came from. Cancel it, and look at the forwarding."),
    ),
    Reason.EXPIRED: (gettext_lazy("It could not be delivered in the time allowed"), ""),
    Reason.CONTENT: (gettext_lazy("The other side cannot take the message in this form"), ""),
    Reason.PROTOCOL: (gettext_lazy("The other side did not understand our mail server"), ""),
    Reason.OUR_LIMIT: (gettext_lazy("Our own mail server slows down what it sends there"), _BY_ITSELF),
    Reason.CANCELLED: (gettext_lazy("Somebody cancelled it"), ""),
    Reason.TAKEN: (gettext_lazy("The other side took it"), ""),
    Reason.UNKNOWN_LATER: (gettext_lazy("The other side does not take it for now, and nobody knows why"), _BY_ITSELF),
    Reason.UNKNOWN_REFUSAL: (gettext_lazy("The other side refuses it, and nobody knows why"), ""),
    Reason.UNKNOWN: (gettext_lazy("An answer that this panel does not know"), ""),
}


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: what it means, what to do, and the other side's own words, made safe to show."""

    reason: Reason
    words: str
    hint: str
    raw: str


def said(answer: str, tries: int = 0) -> Said:
    """Return an answer in words; what was tried and left no answer is not called untried."""
    if tries and not answer.strip():
        return Said(Reason.UNKNOWN, _("Tried, and the mail server does not say what came of it"), "", "")
    reason = answers.read(answer).reason
    words, hint = _SAID[reason]
    return Said(reason, str(words), str(hint), answers.printable(answer).strip())


def words(reason: Reason) -> str:
    return str(_SAID[reason][0])
