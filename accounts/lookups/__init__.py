"""Asking the world: name servers, block lists and ports, each within seconds; silence is an answer of its own."""

from accounts.lookups.door import asker, host_looker, is_demo, use
from accounts.lookups.host import HostLooker, HostSeen
from accounts.lookups.resolver import Asker, Look, Server

__all__ = ["Asker", "HostLooker", "HostSeen", "Look", "Server", "asker", "host_looker", "is_demo", "use"]
