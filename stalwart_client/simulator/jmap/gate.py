"""Who is let in to 0.16 at all, how often, and who is turned away (jmap.md 2.5 and 2.6)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta

from stalwart_client.simulator import http, networks
from stalwart_client.simulator.http import Denied, Dropped, Request, Response
from stalwart_client.simulator.jmap import access, actions
from stalwart_client.simulator.jmap.access import Caller
from stalwart_client.simulator.jmap.types import TYPES
from stalwart_client.simulator.limits import Limits, Rate
from stalwart_client.simulator.state import State, stamp


class Gate:
    """Stands before everything else and looks at addresses, not at what is asked for."""

    def __init__(self, state: State, limits: Limits, *, exempt_loopback: bool) -> None:
        self._state = state
        self._limits = limits
        self._exempt_loopback = exempt_loopback

    def admission(self, request: Request, caller: Caller) -> AbstractContextManager[None]:
        """Count a request against its account's budgets; that of a minute is not for addresses that are exempt."""
        with self._state.reading():
            at_once = access.in_force(self._state, "Jmap")["maxConcurrentRequests"]
        return self._limits.account(
            caller.account,
            rate=None if self.is_allowed(request) else self._rate("Http", "rateLimitAuthenticated"),
            unlimited=caller.has("unlimitedRequests"),
            at_once=at_once,
        )

    def _rate(self, setting: str, name: str) -> Rate | None:
        """Return a budget in force, None where it is switched off."""
        with self._state.reading():
            found = access.in_force(self._state, setting)[name]
        return Rate(found["count"], max(found["period"] // 1000, 1)) if found else None

    def let_in(self, request: Request) -> Request:
        """Turn away who is blocked, and return the request as a trusted proxy says it came (jmap.md 2.5).

        :raises Denied: with 403 if the proxy says that it comes from a blocked address
        :raises Dropped: if it comes from one without a proxy
        """
        with self._state.reading():
            trusts = access.in_force(self._state, "Http")["useXForwarded"]
            told = networks.forwarded(request) if trusts else None
            is_blocked = self._is_blocked(told or request)
        if is_blocked and not self.is_allowed(told or request):
            if told is None:
                raise Dropped
            raise Denied(http.blocked())
        return told or request

    def _is_blocked(self, request: Request) -> bool:
        return networks.contains(actions.in_force(self._state, "BlockedIp"), request.remote)

    def is_allowed(self, request: Request) -> bool:
        """Say whether an address is exempt from bans and from every budget but that of requests at once."""
        if request.is_local and self._exempt_loopback:
            return True
        with self._state.reading():
            return networks.contains(actions.in_force(self._state, "AllowedIp"), request.remote)

    def count_anonymous(self, request: Request) -> None:
        if not self.is_allowed(request):
            self._limits.anonymous(request.remote, self._rate("Http", "rateLimitAnonymous"))

    def refusal(self, request: Request, denied: Denied) -> Response:
        """Count a failed sign-in; the one that is too many bans its address (jmap.md 2.6)."""
        if not denied.login or self.is_allowed(request):
            return denied.response
        if not self._limits.failed(request.remote, denied.login, self._rate("Security", "authBanRate")):
            return denied.response
        self._ban(request.remote, "authFailure", "authBanPeriod")
        return http.too_many_logins()

    def ban_scanners(self, request: Request) -> None:
        """Ban who asks for what only scanners ask for; this one is still told that it is not there."""
        with self._state.reading():
            scanned = networks.is_scanned(request.path, access.in_force(self._state, "Security")["scanBanPaths"])
        if scanned and not self.is_allowed(request):
            self._ban(request.remote, "portScanning", "scanBanPeriod")

    def _ban(self, address: str, reason: str, period: str) -> None:
        """Block an address at once, for as long as x:Security says or for ever."""
        with self._state.writing():
            now = self._state.clock()
            length = access.in_force(self._state, "Security")[period]
            until = None if length is None else stamp(now + timedelta(milliseconds=length))
            if not self._state.table("BlockedIp").find("address", address):
                doc = TYPES["BlockedIp"].default()
                doc |= {"address": address, "reason": reason, "createdAt": stamp(now), "expiresAt": until}
                self._state.put("BlockedIp", self._state.next_snowflake(), doc)
            actions.put_in_force(self._state, "BlockedIp", address, until)
