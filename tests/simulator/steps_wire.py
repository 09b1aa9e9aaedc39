"""Odd requests byte by byte: methods, versions, lengths, encodings, paths and names that no client should send."""

from __future__ import annotations

import base64
import json
from typing import Final

HEALTH: Final = b"GET /healthz/live HTTP/1.1\r\nHost: x\r\n\r\n"


def basic(pair: str | bytes) -> str:
    raw = pair if isinstance(pair, bytes) else pair.encode()
    return f"Basic {base64.b64encode(raw).decode()}"


def request(
    method: str, path: str | bytes, body: bytes | None = None, auth: str = "{admin}", version: str = "1.1", **more: str
) -> bytes:
    """Return a request's bytes; `{admin}` in it stands for the administrator's credentials."""
    target = path if isinstance(path, bytes) else path.encode()
    lines = [method.encode() + b" " + target + f" HTTP/{version}".encode(), b"Host: x"]
    if auth:
        lines.append(f"Authorization: {auth}".encode())
    if body is not None:
        more.setdefault("content_length", str(len(body)))
    lines += [f"{name.replace('_', '-')}: {value}".encode() for name, value in more.items()]
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


_JMAP: Final = json.dumps({"using": [], "methodCalls": [["x:Role/get", {"ids": []}, "0"]]}).encode()
_DOMAIN: Final = json.dumps({"type": "domain", "name": "wire.test"}).encode()
_METHODS: Final = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "FOO", "get", "POST")
_PATHS: Final = (
    "/",
    "/api",
    "/api/principal",
    "/api/principal/wire.test",
    "/api/nothing",
    "/api/account",
    "/jmap",
    "/jmap/",
    "/jmap/session",
    "/jmap/nothing",
    "/healthz/live",
    "/healthz",
    "/.well-known/jmap",
    "/.well-known/nothing",
    "/nothing",
    "/nothing/",
    "/nothing/at/all",
    "/nothing.html",
    "/robots.txt",
    "/auth/nothing",
    "/metrics",
    "/metrics/prometheus",
    "/dav",
    "/login",
    "/account",
    "/form",
    "/calendar",
    "/autodiscover/autodiscover.xml",
    "/mail",
)
_ODD_PATHS: Final = (
    "//api/principal",
    "/api//principal",
    "/./api/principal",
    "/api/../api/principal",
    "/%61pi/principal",
    "/api/%70rincipal",
    "/api/principal/",
    "/api/principal//",
    "/api/principal?",
    "/api/principal/%2e%2e",
    "/api/principal/..",
    "/api/principal/%zz",
    "/api/principal/%",
    "/api/principal/%ff%fe",
    "/api/principal/%C3%A9@x.test",
    "/api/principal/a%2Fb",
    "/api/principal/a+b@x.test",
    "/api/principal/a%2Bb@x.test",
    "/api/principal/a b",
    "/api/principal/;x",
    "/api/principal/x?fields=name&fields",
    "/api/principal?types=domain&limit=1&page=1&filter=wire&&&",
    "/api/principal?types=domain&filter=%zz",
    "/api/principal?types=domain&filter=%ff",
    "/api/principal?types=domain&filter=a+b",
    "/api/principal?types=domain;limit=1&filter=wire",
    "/API/principal",
    "/Api/Principal",
    "/jmap//",
    "/jmap/?x=1",
    "/jmap/session?x=1",
    "/JMAP/session",
    "/healthz/live/",
    "/healthz/live/more",
    "/healthz/live?x",
    "http://x/healthz/live",
    "http://x/api/principal/nobody",
    "*",
    "/healthz/live#part",
)
_SIGN_INS: Final = (
    "basic " + basic("admin:wrong")[6:],
    "BASIC " + basic("admin:wrong")[6:],
    "Basic  {pair}",
    "Basic\t{pair}",
    "basic {pair}",
    "Basic {pair} ",
    "Basic {pair}=",
    "Basic {unpadded}",
    "Basic {pair} x",
    "Basic",
    "Basic ",
    "",
    " ",
    "{pair}",
    "Token {pair}",
    basic(":"),
    basic("admin"),
    basic("admin:"),
    basic(":admin"),
    basic(b"\xff\xfe:x"),
    basic("ADMIN:wrong"),
    basic("ünï:ünï"),
    "Bearer {pair}",
    "Bearer",
    "Bearer api_{pair}",
    "Bearer api_" + basic("admin:wrong")[6:],
    "Bearer API_",
    "Bearer API_AAAAAAAA",
)


def _on_both(*asked: bytes) -> list[bytes]:
    """Ask twice on one connection where the first answer leaves it open."""
    return [one + HEALTH for one in asked]


BOTH: Final = [
    *_on_both(*(request(method, path) for method in _METHODS for path in _PATHS)),
    *_on_both(*(request("GET", path) for path in (*_PATHS, *_ODD_PATHS))),
    *_on_both(*(request("GET", path, auth="") for path in (*_PATHS, *_ODD_PATHS))),
    *_on_both(
        *(
            request("GET", path, auth=auth)
            for path in ("/api/principal/nobody", "/api/account", "/jmap/session")
            for auth in _SIGN_INS
        )
    ),
    *_on_both(
        request("GET", "/healthz/live", version="1.0"),
        request("GET", "/healthz/live", version="1.0", connection="keep-alive"),
        request("GET", "/healthz/live", version="1.2"),
        request("GET", "/healthz/live", version="2.0"),
        request("GET", "/healthz/live", connection="close"),
        request("GET", "/healthz/live", connection="Close"),
        request("GET", "/healthz/live", connection="keep-alive, close"),
        request("GET", "/healthz/live", b"surprise"),
        request("GET", "/healthz/live", b"", content_length="0"),
        b"\r\n" + request("GET", "/healthz/live"),
        b"\r\n\r\n" + request("GET", "/healthz/live"),
        b"GET /healthz/live HTTP/1.1\r\n\r\n",
        b"GET /healthz/live HTTP/1.1\nHost: x\n\n",
        b"GET /healthz/live HTTP/1.1\r\nHost x\r\n\r\n",
        b"GET /healthz/live HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET /healthz/live HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
        b"GET /healthz/live\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET  /healthz/live HTTP/1.1\r\nHost: x\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40 + b"\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /healthz/live HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"GET /healthz/live HTTP/1.1\r\nHost: x\r\n"
        + b"".join(b"X-%d: y\r\n" % place for place in range(120))
        + b"\r\n",
        b"GET /healthz/live?" + b"y" * 60_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz/live?" + b"y" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /api/principal/ünï HTTP/1.1\r\nHost: x\r\nAuthorization: {admin}\r\n\r\n".encode(),
        request("POST", "/jmap", _JMAP),
        request("POST", "/jmap", _JMAP, content_type="application/json"),
        request("POST", "/jmap", _JMAP, content_type="APPLICATION/JSON ; x=y"),
        request("POST", "/jmap", _JMAP, content_type="text/plain"),
        request("POST", "/jmap", _JMAP, content_type="application/jmap+json"),
        request("POST", "/jmap", _JMAP, content_type=""),
        request("POST", "/jmap", b""),
        request("POST", "/jmap", None),
        request("POST", "/jmap", b"{"),
        request("POST", "/jmap", b"null"),
        request("POST", "/jmap", b"[1"),
        request("POST", "/jmap", b"\xff\xfe"),
        request("POST", "/jmap", b"\xef\xbb\xbf" + _JMAP),
        request("POST", "/jmap", _JMAP + b" trailing"),
        request("POST", "/jmap", b" \n" + _JMAP + b"\n"),
        request("POST", "/jmap", _JMAP, auth=""),
        request("POST", "/jmap", _JMAP, content_type="text/plain", auth=""),
        request("POST", "/jmap", _JMAP, content_length="x"),
        request("POST", "/jmap", _JMAP, content_length="-1"),
        request("POST", "/jmap", _JMAP, content_length=f"{len(_JMAP)}, {len(_JMAP)}"),
        request("POST", "/jmap", _JMAP, content_length="+5"),
        request("POST", "/jmap", _JMAP, Content_Length=str(len(_JMAP)), content_length=str(len(_JMAP))),
        request("POST", "/jmap", _JMAP, Content_Length="3", content_length=str(len(_JMAP))),
        request(
            "POST",
            "/jmap",
            b"%x\r\n%s\r\n0\r\n\r\n" % (len(_JMAP), _JMAP),
            content_length="",
            transfer_encoding="chunked",
        ).replace(b"content-length: \r\n", b""),
        request(
            "POST",
            "/jmap",
            b"%x;ext=1\r\n%s\r\n0\r\nX: y\r\n\r\n" % (len(_JMAP), _JMAP),
            content_length="",
            transfer_encoding="Chunked",
        ).replace(b"content-length: \r\n", b""),
        request("POST", "/jmap", b"zz\r\n", content_length="", transfer_encoding="chunked").replace(
            b"content-length: \r\n", b""
        ),
        request("POST", "/jmap", b"0\r\n\r\n", content_length="", transfer_encoding="chunked").replace(
            b"content-length: \r\n", b""
        ),
        request("POST", "/jmap", b"0\r\n\r\n", content_length="", transfer_encoding="gzip").replace(
            b"content-length: \r\n", b""
        ),
        request("POST", "/jmap", b"%x\r\n%s\r\n0\r\n\r\n" % (len(_JMAP), _JMAP), transfer_encoding="chunked"),
        request("POST", "/jmap", _JMAP, expect="100-continue"),
        request("POST", "/jmap", _JMAP, expect="something"),
        request("POST", "/jmap", b"x" * 1_100_000),
        request("POST", "/jmap", b" " * 10_000_001),
        request("POST", "/api/principal", b"x" * 1_048_577),
        request("POST", "/api/principal", b"x" * 1_048_576),
        request("POST", "/api/principal", _DOMAIN + b" " * 1_048_576),
        request("POST", "/api/principal", b""),
        request("POST", "/api/principal", None),
        request("POST", "/api/principal", b"{"),
        request("POST", "/api/principal", b"null"),
        request("POST", "/api/principal", b"[]"),
        request("POST", "/api/principal", b"\xff\xfe"),
        request("POST", "/api/principal", b"\xef\xbb\xbf" + _DOMAIN),
        request("POST", "/api/principal", _DOMAIN + b" trailing"),
        request("POST", "/api/principal", b'{"type":"domain","name":"wire.test","name":"wire2.test"}'),
        request("POST", "/api/principal", b'{"type":"domain","name":"\\ud83d"}'),
        request("POST", "/api/principal", b'{"type":"domain","name":"wire.test",}'),
        request("POST", "/api/principal", b'{"type":"domain","name":NaN}'),
        request("POST", "/api/principal", b'{"type":"individual","name":"wire.test","quota":1e3}'),
        request("POST", "/api/principal", b'{"type":"individual","name":"wire.test","quota":1.0}'),
        request("POST", "/api/principal", _DOMAIN, content_type="text/plain"),
        request("DELETE", "/api/principal/wire.test"),
        request("PATCH", "/api/principal/wire.test", b"{"),
        request("DELETE", "/api/principal/wire.test", b"surprise"),
    ),
    request("GET", "/healthz/live") * 5,
    request("GET", "/api/nothing", auth="") * 3,
    request("POST", "/jmap", b"{") + request("POST", "/jmap", _JMAP) + HEALTH,
]
"""The same for both generations; each knows which paths are its own."""
