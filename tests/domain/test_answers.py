"""What other mail servers say, as they really say it, comes to a reason that can be told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.answers import LONGEST, Reason, printable, read


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.NOT_TRIED),
        ("  \n", Reason.NOT_TRIED),
        ("550 5.1.1 <ben@example.org>: Recipient address rejected: User unknown in virtual table", Reason.NO_MAILBOX),
        ("550-5.1.1 The email account that you tried to reach does not exist. gsmtp", Reason.NO_MAILBOX),
        ("550 No such user here", Reason.NO_MAILBOX),
        ("550 5.4.1 Recipient address rejected: Access denied. [AM1]", Reason.NO_MAILBOX),
        ("550 5.7.1 <x@y.example>: unknown user", Reason.NO_MAILBOX),
        ("Code: 550, Enhanced code: 5.1.1, Message: No such mailbox", Reason.NO_MAILBOX),
        (
            "Unexpected response from 'mx.example.org': Code: 452, Enhanced code: 4.2.2, Message: full",
            Reason.MAILBOX_FULL,
        ),
        ("552 5.2.2 Mailbox size limit exceeded", Reason.MAILBOX_FULL),
        ("452 The mailbox is over quota", Reason.MAILBOX_FULL),
        ("550 5.2.1 The email account that you tried to reach is disabled", Reason.MAILBOX_OFF),
        ("550 Account has been suspended", Reason.MAILBOX_OFF),
        ("551 User moved to another place", Reason.MOVED),
        ("553 5.1.3 The address is not a valid RFC 5321 address", Reason.ADDRESS),
        ("550 5.1.8 Sender address rejected: Domain not found", Reason.SENDER_ADDRESS),
        ("556 5.1.10 Recipient address has null MX", Reason.TAKES_NO_MAIL),
        ("552 5.3.4 Message size exceeds fixed limit", Reason.TOO_LARGE),
        ("550 Message too large", Reason.TOO_LARGE),
        ("451 4.7.1 Greylisting in action, please come back later", Reason.GREYLISTED),
        (
            "450 4.2.0 <b@example.org>: Recipient address rejected: Greylisted, see http://postgrey.example",
            Reason.GREYLISTED,
        ),
        ("451 4.7.1 Try again later", Reason.BUSY),
        ("451 4.7.1 Not yet", Reason.LATER),
        ("450 Please wait", Reason.LATER),
        ("421 4.3.2 Service shutting down", Reason.BUSY),
        ("421 mx1 closing", Reason.BUSY),
        ("452 4.3.1 Insufficient system storage", Reason.NO_ROOM),
        ("421 4.7.28 Our system has detected an unusual rate of unsolicited mail", Reason.TOO_MUCH),
        ("450 4.7.0 Too many connections from your address", Reason.TOO_MUCH),
        ("452 4.5.3 Too many recipients", Reason.TOO_MUCH),
        ("550 5.7.1 Message rejected due to local policy", Reason.POLICY),
        ("550 5.7.0 Local policy violation", Reason.POLICY),
        ("550 5.7.23 The message was rejected because of SPF policy", Reason.SPF),
        ("550 5.7.1 SPF check failed for 203.0.113.9", Reason.SPF),
        ("550 5.7.20 No passing DKIM signature found", Reason.DKIM),
        ("550-5.7.26 unauthenticated: SPF did not pass, DKIM did not pass", Reason.DMARC),
        ("550 5.7.1 Unauthenticated email is not accepted due to domain's DMARC policy", Reason.DMARC),
        ("550 5.7.25 no PTR record", Reason.REVERSE_NAME),
        ("450 4.7.1 Client host rejected: cannot find your hostname, [203.0.113.9]", Reason.REVERSE_NAME),
        ("554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using zen.spamhaus.org", Reason.BLOCK_LIST),
        ("550 5.7.1 part of their network is on our block list (S3140)", Reason.BLOCK_LIST),
        ("554 5.7.1 Message rejected as spam", Reason.SPAM),
        ("554 5.7.1 <x@y.example>: Relay access denied", Reason.RELAY),
        ("530 5.7.0 Authentication required", Reason.SIGN_IN),
        ("535 5.7.8 bad credentials", Reason.SIGN_IN),
        ("530 5.7.0 Must issue a STARTTLS command first", Reason.WANTS_TLS),
        ("454 4.7.0 TLS not available due to local problem", Reason.LATER),
        ("454 no", Reason.TLS),
        ("TLS error from 'mx.example.org': invalid peer certificate: Expired", Reason.TLS),
        ("MTA-STS auth failed: policy not found", Reason.TLS_POLICY),
        ("DANE failed to authenticate 'mx.example.org': no TLSA", Reason.TLS_POLICY),
        ("DNS lookup failed: record not found for MX", Reason.NO_DOMAIN),
        ("DNS lookup failed: no records found for Query", Reason.NO_DOMAIN),
        ("DNS lookup failed: proto error: SERVFAIL", Reason.DNS),
        ("DNS lookup failed: request timed out", Reason.TIMED_OUT),
        ("Connection to 'mx.example.org' failed: Connection refused (os error 111)", Reason.CONNECTION_REFUSED),
        ("Connection to 'mx.example.org' failed: Network is unreachable", Reason.UNREACHABLE),
        ("Connection to 'mx.example.org' failed: Timed out", Reason.TIMED_OUT),
        ("Connection to 'mx.example.org' failed: Connection reset by peer", Reason.BROKE),
        ("Connection to 'mx.example.org' failed: something", Reason.UNREACHABLE),
        ("421 4.4.2 mx.example.org Error: timeout exceeded", Reason.TIMED_OUT),
        ("421 4.4.2 Connection dropped", Reason.BROKE),
        ("554 5.4.6 Too many hops", Reason.LOOP),
        ("Message expired without any delivery attempts made", Reason.EXPIRED),
        ("550 5.6.7 non-ASCII addresses not permitted", Reason.CONTENT),
        ("502 5.5.1 Command not implemented", Reason.PROTOCOL),
        ("Rate limited", Reason.OUR_LIMIT),
        ("Too many concurrent connections to remote server", Reason.OUR_LIMIT),
        ("Delivery canceled.", Reason.CANCELLED),
        ("250 2.0.0 OK queued", Reason.TAKEN),
        ("450 4.9.9 Xyzzy", Reason.LATER),
        ("455 Xyzzy", Reason.UNKNOWN_LATER),
        ("599 Xyzzy", Reason.UNKNOWN_REFUSAL),
        ("Xyzzy", Reason.UNKNOWN),
    ],
)
def test_answers(text: str, reason: Reason) -> None:
    assert read(text).reason == reason


@pytest.mark.parametrize(
    ("text", "code", "enhanced"),
    [
        ("550 5.1.1 no", "550", "5.1.1"),
        ("550-5.1.1 no", "550", "5.1.1"),
        ("Code: 550, Enhanced code: 5.1.1, Message: no", "550", "5.1.1"),
        ("host mx[198.51.100.4] said: 451 4.7.1 later", "451", "4.7.1"),
        pytest.param("550 rejected 5.4.8.9 by Exim 4.97.1", "550", "", id="an address and a version"),
        pytest.param("connected to port 587 of 5.4.8.9", "", "", id="a port is no code"),
        pytest.param("5.1.1 no such user.", "", "5.1.1", id="an enhanced code alone"),
        pytest.param("550 see section 5.1.1.", "550", "5.1.1", id="at the end of a sentence"),
    ],
)
def test_codes_are_found(text: str, code: str, enhanced: str) -> None:
    answer = read(text)

    assert (answer.code, answer.enhanced) == (code, enhanced)


@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    answer = read(text)

    assert answer.reason in Reason
    assert (answer.reason is Reason.NOT_TRIED) == (not text.strip())


@given(st.sampled_from("45"), st.integers(0, 99), st.integers(0, 9), st.integers(0, 99), st.text(max_size=60))
def test_a_refusal_is_never_told_as_taken_or_not_tried(
    kind: str, rest: int, subject: int, detail: int, text: str
) -> None:
    answer = read(f"{kind}{rest:02} {kind}.{subject}.{detail} {text}")

    assert answer.code == f"{kind}{rest:02}"
    assert answer.reason not in {Reason.TAKEN, Reason.NOT_TRIED, Reason.UNKNOWN}


@given(st.text(max_size=3 * LONGEST))
def test_what_is_shown_is_short_and_harmless(text: str) -> None:
    shown = printable(text)

    assert len(shown) <= LONGEST + 2
    assert all(letter.isprintable() or letter == "\n" for letter in shown)
