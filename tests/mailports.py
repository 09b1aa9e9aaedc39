"""A mail host on loopback: every port that others come to, with certificates of a throw-away authority."""

from __future__ import annotations

import socketserver
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from accounts.domain.dns.hosts import PORTS

_GREETINGS = {
    25: (b"220-mail\r\n220 ready\r\n", b"250-mail\r\n250-PIPELINING\r\n250 STARTTLS\r\n", b"220 go\r\n"),
    587: (b"220 ready\r\n", b"250-mail\r\n250 STARTTLS\r\n", b"220 go\r\n"),
    4190: (b'"IMPLEMENTATION" "Test"\r\n"STARTTLS"\r\nOK "ready"\r\n', b"OK\r\n"),
}


@dataclass
class MailHost:
    """Where each port really is, on this machine."""

    at: dict[int, int] = field(default_factory=dict)

    def endpoint(self, _address: str, port: int) -> tuple[str, int]:
        return "127.0.0.1", self.at[port]


def certificate(
    folder: Path, *, names: tuple[str, ...], ends_at: datetime, self_signed: bool = False
) -> tuple[Path, Path]:
    """Write a certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    issuer = subject if self_signed else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A throw-away authority")])
    made = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(ends_at - timedelta(days=400))
        .not_valid_after(ends_at)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(key if self_signed else ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


@contextmanager
def mail_host(files: tuple[Path, Path], greetings: dict[int, tuple[bytes, ...]] | None = None) -> Iterator[MailHost]:
    """Listen for every port; `greetings` replaces what one says before TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    spoken = _GREETINGS | (greetings or {})
    host = MailHost()
    with ExitStack() as stack:
        for port in PORTS:
            server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _handler(spoken.get(port, ()), context))
            server.daemon_threads = True
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            host.at[port] = server.server_address[1]
        yield host


def _handler(lines: tuple[bytes, ...], context: ssl.SSLContext) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            # Who knocks goes away without a word once it has the certificate.
            with suppress(OSError):
                for number, line in enumerate(lines):
                    if number:
                        self.rfile.readline()
                    self.wfile.write(line)
                with context.wrap_socket(self.connection, server_side=True) as tls:
                    tls.recv(1)

    return Handler
