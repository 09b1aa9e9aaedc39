"""Which address and scheme a request really came by: what a proxy of ours says, and nobody else."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from metrosure_admin.middleware import Handler

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")


def client_address(get_response: Handler) -> Handler:
    """Write the client's own address where everything looks for it; from strangers, believe no header."""

    def handle(request: HttpRequest) -> HttpResponse:
        sender = request.META.get("REMOTE_ADDR", "")
        if is_trusted(sender):
            request.META["REMOTE_ADDR"] = _client(request.META.get("HTTP_X_FORWARDED_FOR", ""), sender)
        else:
            for name in _FORWARDED:
                request.META.pop(name, None)
        return get_response(request)

    return handle


def is_trusted(address: str) -> bool:
    """Say whether this is one of our proxies; what is no address is nobody's."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    # A listener on both kinds of network shows an IPv4 sender as ::ffff:10.0.0.5.
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(parsed in network for network in settings.TRUSTED_PROXIES)


def _client(forwarded: str, sender: str) -> str:
    """Walk the list from its end: the first that is no proxy of ours is who came; further left anything may stand."""
    for hop in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        try:
            ip_address(hop)
        except ValueError:
            return sender
        sender = hop
        if not is_trusted(hop):
            return hop
    return sender
