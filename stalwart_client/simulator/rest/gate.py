"""Who is let in to 0.15 at all, how often, and who is turned away for ever (rest.md 1.3, 1.4 and 7.1)."""

from __future__ import annotations

from contextlib import AbstractContextManager

from stalwart_client.simulator import http, networks
from stalwart_client.simulator.http import Denied, Dropped, Request, Response
from stalwart_client.simulator.limits import Limits
from stalwart_client.simulator.rest import network
from stalwart_client.simulator.rest.access import CHALLENGES, Caller
from stalwart_client.simulator.state import State


class Gate:
    """Stands before everything else and looks at addresses, not at what is asked for."""

    def __init__(self, state: State, limits: Limits, *, exempt_loopback: bool) -> None:
        self._state = state
        self._limits = limits
        self._exempt_loopback = exempt_loopback

    def admission(self, caller: Caller) -> AbstractContextManager[None]:
        """Count a request against its account's budgets while it runs."""
        with self._state.reading():
            rate, at_once = network.rate(self._state, "account"), network.in_force(self._state)["at_once"]
        unlimited = "unlimited-requests" in caller.permissions
        return self._limits.account(str(caller.number), rate=rate, unlimited=unlimited, at_once=at_once)

    def forget_failures(self) -> None:
        """Forget the failed sign-ins of the day."""
        self._limits.forget_failures()

    def let_in(self, request: Request) -> Request:
        """Turn away who is blocked, and return the request as a trusted proxy says it came (rest.md 1.3).

        :raises Denied: with 403 if the proxy says that it comes from a blocked address
        :raises Dropped: if it comes from one without a proxy
        """
        with self._state.reading():
            if network.is_blocked(self._state, request.remote):
                raise Dropped
            told = networks.forwarded(request) if network.in_force(self._state)["forwarded"] else None
            if told is not None and network.is_blocked(self._state, told.remote):
                raise Denied(http.blocked())
        return told or request

    def is_allowed(self, request: Request) -> bool:
        """Say whether an address is exempt from the budget of the anonymous and from bans."""
        if request.is_local and self._exempt_loopback:
            return True
        with self._state.reading():
            return networks.contains(network.in_force(self._state)["allowed"], request.remote)

    def count_anonymous(self, request: Request) -> None:
        if not self.is_allowed(request):
            with self._state.reading():
                rate = network.rate(self._state, "anonymous")
            self._limits.anonymous(request.remote, rate)

    def refusal(self, request: Request, denied: Denied) -> Response:
        """Count a failed sign-in; the one that is too many bans its address, for ever (rest.md 1.4)."""
        if denied.response.status == 401 and not request.path.startswith("/api"):
            denied.response = http.unauthorized(*CHALLENGES)
        if not denied.login or self.is_allowed(request):
            return denied.response
        with self._state.reading():
            rate = network.rate(self._state, "failures")
        if not self._limits.failed(request.remote, denied.login, rate):
            return denied.response
        with self._state.writing():
            network.block(self._state, request.remote)
        return http.too_many_logins()

    def ban_scanners(self, request: Request) -> None:
        """Ban who asks for what only scanners ask for; this one is still told that it is not there."""
        with self._state.reading():
            scanned = networks.is_scanned(request.path, network.in_force(self._state)["scanned"])
        if scanned and not self.is_allowed(request):
            with self._state.writing():
                network.block(self._state, request.remote)
