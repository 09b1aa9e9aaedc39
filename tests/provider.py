"""A company sign-in on loopback that can also lie: it signs with keys of its own whatever a test tells it to.

The honest provider in a browser is oidc-provider-mock (tests/e2e); no honest one sends what is forged here.
"""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from jwt.algorithms import RSAAlgorithm

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Page

CLIENT_ID, CLIENT_SECRET = "panel", "secret-of-the-panel"
Sign = Callable[["Provider", dict[str, Any]], object]


@cache
def key_pair(name: str) -> rsa.RSAPrivateKey:
    """Return the key of a name, the same for the whole run: making one takes long."""
    assert name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(name: str) -> bytes:
    public = key_pair(name).public_key()
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


class Provider:
    """Its people, what it was asked, and what it answers; a test changes whatever it likes."""

    def __init__(self, port: int, clock: Callable[[], datetime]) -> None:
        self.root = f"http://127.0.0.1:{port}"
        self.issuer = f"{self.root}/application/o/panel/"
        self.clock = clock
        self.people: dict[str, dict[str, Any]] = {
            "u1": {"name": "Lerato Khumalo", "preferred_username": "lerato", "email": "lerato@x.org", "groups": ["hr"]}
        }
        self.key_id = "key-1"
        self.sign: Sign = Provider.signed
        self.changed: dict[str, Any] = {}
        """Claims of the next token that are not what they should be; None leaves one out."""
        self.userinfo_sub: str | None = None
        self.down = False
        self.knows_the_way_back = True
        self.discovery: dict[str, Any] = {}
        self.keys: dict[str, Any] | None = None
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._tokens: dict[str, str] = {}

    def signed(self, claims: dict[str, Any]) -> object:
        return jwt.encode(claims, key_pair(self.key_id), algorithm="RS256", headers={"kid": self.key_id})

    def claims(self, sub: str, nonce: str | None) -> dict[str, Any]:
        now = int(self.clock().timestamp())
        honest = {
            **self.people[sub],
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": sub,
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "nonce": nonce,
            "sid": f"session-of-{sub}",
        }
        return {name: value for name, value in {**honest, **self.changed}.items() if value is not None}

    def logout_token(self, **changed: Any) -> object:
        now = int(self.clock().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "jti": secrets.token_hex(8),
            "sub": "u1",
            "sid": "session-of-u1",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
            **changed,
        }
        return self.sign(self, {name: value for name, value in claims.items() if value is not None})

    def log_in(self, request: Mapping[str, str], sub: str) -> str:
        """Let a person in at the provider's own page; returns the code."""
        code = secrets.token_hex(8)
        self._codes[code] = {**request, "sub": sub}
        return code

    def answer(self, path: str, sent: dict[str, str], bearer: str) -> tuple[int, Any]:
        self.asked.append((path, sent))
        if self.down:
            return 503, {}
        if path.endswith("/.well-known/openid-configuration"):
            return 200, self._documents()
        if path.endswith("/jwks/"):
            return 200, self.keys if self.keys is not None else {"keys": [self.public_key()]}
        if path.endswith("/authorize/"):
            return (302 if self.knows_the_way_back else 400), {}
        if path.endswith("/token/"):
            return self._exchange(sent)
        sub = self._tokens.get(bearer)
        if path.endswith("/userinfo/") and sub:
            return 200, {**self.people[sub], "sub": self.userinfo_sub or sub}
        return 404, {}

    def _documents(self) -> dict[str, Any]:
        doors = f"{self.root}/application/o"
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{doors}/authorize/",
            "token_endpoint": f"{doors}/token/",
            "userinfo_endpoint": f"{doors}/userinfo/",
            "jwks_uri": f"{self.issuer}jwks/",
            "end_session_endpoint": f"{self.issuer}end-session/",
            **self.discovery,
        }

    def public_key(self) -> dict[str, Any]:
        public = RSAAlgorithm.to_jwk(key_pair(self.key_id).public_key(), as_dict=True)
        return {**public, "kid": self.key_id, "alg": "RS256", "use": "sig"}

    def _exchange(self, sent: dict[str, str]) -> tuple[int, Any]:
        begun = self._codes.pop(sent.get("code", ""), None)
        proof = urlsafe_b64encode(sha256(sent.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        fits = (
            begun is not None
            and begun["code_challenge"] == proof
            and begun["redirect_uri"] == sent.get("redirect_uri")
            and sent.get("client_secret") == CLIENT_SECRET
        )
        if begun is None or not fits:
            return 400, {"error": "invalid_grant"}
        token = secrets.token_hex(8)
        self._tokens[token] = begun["sub"]
        id_token = self.sign(self, self.claims(begun["sub"], begun["nonce"]))
        return 200, {"access_token": token, "token_type": "Bearer", "id_token": id_token}


def begin(client: Client, **asked: str) -> dict[str, str]:
    """Press the button on the sign-in page; returns what the browser is sent to the provider with."""
    answer = client.get("/oidc/sign-in/", asked)
    assert answer.status_code == 302, answer.content.decode()
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def come_back(client: Client, **given: str) -> Page:
    return client.get("/oidc/callback/", given)


def sign_in(client: Client, provider: Provider, sub: str = "u1", **asked: str) -> Page:
    """Go to the provider and back."""
    request = begin(client, **asked)
    return come_back(client, code=provider.log_in(request, sub), state=request["state"])


@contextmanager
def running(clock: Callable[[], datetime]) -> Iterator[Provider]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.provider = Provider(server.server_port, clock)  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.provider  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        self._answer({name: values[0] for name, values in query.items()})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._answer({name: values[0] for name, values in parse_qs(body).items()})

    def _answer(self, sent: dict[str, str]) -> None:
        provider: Provider = self.server.provider  # type: ignore[attr-defined]
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        status, content = provider.answer(urlsplit(self.path).path, sent, bearer)
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
