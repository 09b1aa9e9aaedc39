"""What mail programs are told about the server without a password (rest.md 5, jmap.md 6)."""

from __future__ import annotations

import re
from html import escape
from typing import Final

from stalwart_client.simulator.http import Request, Response, invalid, text
from stalwart_client.simulator.rest.settings import LISTENERS

_ADDRESS: Final = re.compile(r"<EMailAddress>\s*([^<>\s]+@[^<>\s]+)\s*</EMailAddress>")
_PATHS: Final = frozenset(
    {"/mail/config-v1.1.xml", "/.well-known/autoconfig/mail/config-v1.1.xml", "/.well-known/mail-v1.xml"}
)
_Server = tuple[str, str, int, str]
_STANDARD: Final[list[_Server]] = [
    ("incoming", "imap", 993, "SSL"),
    ("incoming", "pop3", 995, "SSL"),
    ("outgoing", "smtp", 465, "SSL"),
]
_LISTENING: Final[list[_Server]] = [
    ("incoming" if name == "imap" else "outgoing", "imap" if name == "imap" else "smtp", port, "STARTTLS")
    for name, port in LISTENERS
]
_SERVICES: Final = {
    "calendar": ("caldav", "cal"),
    "addressBook": ("carddav", "card"),
    "fileShare": ("webdav", "file"),
}


def is_path(path: str) -> bool:
    """Say whether a path leads here; what follows it is not looked at."""
    return any(path == one or path.startswith(f"{one}/") for one in _PATHS)


def is_autodiscover(request: Request) -> bool:
    """Say whether this is what Microsoft's mail programs ask first."""
    first, second = request.route
    return first.lower() == "autodiscover" and second.lower() == "autodiscover.xml" and request.method == "POST"


def discovered(request: Request, host: str) -> Response:
    """Return the configuration that Microsoft's mail programs want, for the address in their question."""
    found = _ADDRESS.search(request.body.decode(errors="replace"))
    if found is None:
        return invalid("Failed to parse autodiscover request")
    protocols = "".join(
        f"<Protocol><Type>{kind}</Type><Server>{host}</Server><Port>{port}</Port>"
        f"<LoginName>{escape(found[1])}</LoginName><SSL>on</SSL></Protocol>"
        for kind, port in (("IMAP", 993), ("POP3", 995), ("SMTP", 465))
    )
    account = f"<Account><AccountType>email</AccountType><Action>settings</Action>{protocols}</Account>"
    body = f'<?xml version="1.0" encoding="UTF-8"?><Autodiscover><Response>{account}</Response></Autodiscover>'
    return text(body, content_type="application/xml; charset=utf-8")


def answer(request: Request, generation: str, host: str, own_domain: str) -> Response:
    """Return the configuration for an address: 0.15 names its listeners, 0.16 the standard ports."""
    address = request.parameters.get("emailaddress", "")
    domain = address.rpartition("@")[2] or own_domain
    login = address or "%EMAILADDRESS%"
    servers = _STANDARD if generation == "0.16" else _LISTENING
    order = ("calendar", "addressBook") if generation == "0.16" else ("addressBook", "calendar")
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<clientConfig version="1.1">',
        f'\t<emailProvider id="{domain}">',
        f"\t\t<domain>{domain}</domain>",
        f"\t\t<displayName>{login if generation == '0.16' else address}</displayName>",
        f"\t\t<displayShortName>{domain}</displayShortName>",
        *(line for server in servers for line in _server(server, host, login)),
        "\t</emailProvider>",
        *(line for name in (*order, "fileShare") for line in _service(name, host, login)),
        f'\t<clientConfigUpdate url="https://autoconfig.{domain}/mail/config-v1.1.xml"></clientConfigUpdate>',
        "</clientConfig>",
    ]
    return text("\n".join(lines) + "\n", content_type="application/xml; charset=utf-8")


def _server(server: _Server, host: str, address: str) -> list[str]:
    direction, kind, port, security = server
    return [
        f'\t\t<{direction}Server type="{kind}">',
        f"\t\t\t<hostname>{host}</hostname>",
        f"\t\t\t<port>{port}</port>",
        f"\t\t\t<socketType>{security}</socketType>",
        f"\t\t\t<username>{address}</username>",
        "\t\t\t<authentication>password-cleartext</authentication>",
        f"\t\t</{direction}Server>",
    ]


def _service(name: str, host: str, address: str) -> list[str]:
    kind, path = _SERVICES[name]
    return [
        f'\t<{name} type="{kind}">',
        f"\t\t<username>{address}</username>",
        "\t\t<authentication>http-basic</authentication>",
        f"\t\t<serverURL>https://{host}/dav/{path}</serverURL>",
        f"\t</{name}>",
    ]
