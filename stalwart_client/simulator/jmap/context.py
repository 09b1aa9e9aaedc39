"""What one JMAP request carries from call to call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from stalwart_client.simulator import ids
from stalwart_client.simulator.jmap.access import Caller
from stalwart_client.simulator.jmap.errors import MethodError, forbidden
from stalwart_client.simulator.state import State
from stalwart_client.simulator.tables import Doc


@dataclass
class Context:
    """One request of one caller."""

    state: State
    caller: Caller
    refuse_item: Callable[[], Mapping[str, Any] | None] = lambda: None
    created: dict[str, str] = field(default_factory=dict)
    """The ids of what this request created, by the names it gave."""

    def needs(self, permission: str) -> None:
        """Let pass only who has this permission.

        :raises MethodError: forbidden
        """
        if not self.caller.has(permission):
            raise forbidden()

    def account(self, arguments: Doc) -> str:
        """Return the account that a call is about: the one it names, or the caller's own.

        An id that cannot be read counts as none, as the largest does, so that the call silently lands on the caller
        (jmap.md 2.3).

        :raises MethodError: forbidden, if it is another's and the caller may not impersonate
        """
        wanted = arguments.get("accountId")
        wanted = ids.cleaned(wanted)
        if wanted in (None, ids.NONE):
            return self.caller.account
        if wanted != self.caller.account and not self.caller.has("impersonate") and not self._is_member(str(wanted)):
            raise forbidden(f"You are not an owner of account {wanted}")
        return str(wanted)

    def _is_member(self, group: str) -> bool:
        doc = self.state.table("Account").get(ids.decode(self.caller.account) or 0)
        return doc is not None and group in doc.get("memberGroupIds", ())


Method: TypeAlias = Callable[[Context, Doc], Doc]


def too_large() -> MethodError:
    words = "The number of ids requested by the client exceeds the maximum number the server is willing to process"
    return MethodError("requestTooLarge", f"{words} in a single method call.")
