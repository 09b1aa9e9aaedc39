"""Knocking at a port: does it open, and which certificate does it show, with STARTTLS where the protocol has it."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import Sequence
from contextlib import suppress

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from accounts.domain.dns.hosts import STARTTLS, Certificate, Port
from accounts.domain.dns.names import bare

_LINES = 40
_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class NoTls(Exception):
    """The port speaks, and offers no encryption; the message says what it said."""


async def knock(number: int, host: str, endpoint: tuple[str, int], limit: float) -> Port:
    """Return what a port does, within so many seconds."""
    streams: _Streams | None = None
    try:
        async with asyncio.timeout(limit):
            streams = await asyncio.open_connection(*endpoint)
            certificate = await _certificate(number, host, streams)
    except (OSError, TimeoutError, EOFError, ValueError, NoTls) as error:
        return Port(number=number, is_open=streams is not None, error=_words(error))
    else:
        return Port(number=number, is_open=True, certificate=certificate)
    finally:
        if streams:
            # We have what we came for; a farewell would only wait for the other side.
            streams[1].transport.abort()


async def _certificate(number: int, host: str, streams: _Streams) -> Certificate:
    if number in STARTTLS:
        await _ask_for_tls(number, streams)
    writer = streams[1]
    await writer.start_tls(_any_certificate(), server_hostname=bare(host))
    tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
    raw = tls.getpeercert(binary_form=True)
    if raw is None:
        raise NoTls("It shows no certificate.")
    return read_certificate(raw)


def _any_certificate() -> ssl.SSLContext:
    """Take whatever is shown: whether it is right is for the rules to say, and nothing is sent through."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _ask_for_tls(number: int, streams: _Streams) -> None:
    if number == 4190:
        await _sieve(streams)
    else:
        await _smtp(streams)


async def _smtp(streams: _Streams) -> None:
    """RFC 3207."""
    await _expect(streams, b"220")
    capabilities = await _say(streams, b"EHLO panel.invalid\r\n", b"250")
    if not any(line[4:].upper() == b"STARTTLS" for line in capabilities):
        raise NoTls("It does not offer STARTTLS.")
    await _say(streams, b"STARTTLS\r\n", b"220")


async def _sieve(streams: _Streams) -> None:
    """RFC 5804 2.2: the server lists what it can before anybody speaks."""
    offered = await _until_ok(streams[0])
    if not any(line.upper().startswith(b'"STARTTLS"') for line in offered):
        raise NoTls("It does not offer STARTTLS.")
    streams[1].write(b"STARTTLS\r\n")
    await _until_ok(streams[0])


async def _until_ok(reader: asyncio.StreamReader) -> Sequence[bytes]:
    lines: list[bytes] = []
    while len(lines) < _LINES:
        line = await reader.readline()
        if line.upper().startswith(b"OK"):
            return lines
        if not line or line.upper().startswith((b"NO", b"BYE")):
            break
        lines.append(line)
    raise NoTls("It does not speak as a ManageSieve server does.")


async def _say(streams: _Streams, command: bytes, code: bytes) -> Sequence[bytes]:
    streams[1].write(command)
    return await _expect(streams, code)


async def _expect(streams: _Streams, code: bytes) -> Sequence[bytes]:
    """Read a reply of SMTP, which may have several lines."""
    lines: list[bytes] = []
    while len(lines) < _LINES:
        line = (await streams[0].readline()).rstrip()
        lines.append(line)
        if not line.startswith(code):
            break
        if line[3:4] != b"-":
            return lines
    raise NoTls(f"It answers: {lines[-1].decode(errors='replace')[:120]}")


def read_certificate(raw: bytes) -> Certificate:
    """Return what a certificate says of itself.

    :raises ValueError: if it cannot be read
    """
    given = x509.load_der_x509_certificate(raw)
    names: list[str] = []
    with suppress(x509.ExtensionNotFound):
        alternatives = given.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = alternatives.get_values_for_type(x509.DNSName)
    public = given.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Certificate(
        names=tuple(names),
        ends_at=given.not_valid_after_utc,
        issuer=given.issuer.rfc4514_string()[:200],
        is_self_signed=given.issuer == given.subject,
        key_digest=hashlib.sha256(public).hexdigest(),
    )


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "It did not answer in time."
    if isinstance(error, ConnectionRefusedError):
        return "The connection was refused."
    return str(error)[:200] or type(error).__name__
