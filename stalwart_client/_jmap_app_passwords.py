"""App passwords of 0.16: credentials of an account, made and removed in the holder's name (jmap.md 4.4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from stalwart_client import _jmap_account as accounts
from stalwart_client._answers import fitting
from stalwart_client._errors import Invalid, NotFound, StalwartError
from stalwart_client._jmap_call import Jmap
from stalwart_client._jmap_links import Links
from stalwart_client._jmap_lookup import Accounts
from stalwart_client._jmap_values import written
from stalwart_client._types import UNSET, AppPassword, Mailbox, NewAppPassword, Unset


class JmapAppPasswords:
    """Makes, lists and ends the second doors of mailboxes."""

    def __init__(self, jmap: Jmap, found: Accounts) -> None:
        self._jmap = jmap
        self._accounts = found

    def of(self, address: str) -> tuple[AppPassword, ...]:
        """Return app passwords and API keys: both are doors."""
        return self._mailbox(address).app_passwords

    def create(self, address: str, name: str, *, expires_at: datetime | Unset | None = UNSET) -> NewAppPassword:
        """Make one; the server makes the secret."""
        if not name:
            raise Invalid("An app password needs a name.", subject="name")
        holder = self._mailbox(address)
        deadline = holder.deadline if isinstance(expires_at, Unset) else expires_at
        body = {"description": name, "expiresAt": written(deadline)}
        made = self._set(holder.id, {"create": {"new": body}})
        with fitting("a new app password"):
            ident, secret = str(made["id"]), str(made["secret"])
        ends_at = deadline.replace(microsecond=0) if deadline else None
        shown = next((each for each in self.of(address) if each.id == ident), None)
        return NewAppPassword(shown or AppPassword(name, ident, expires_at=ends_at), secret)

    def revoke(self, address: str, app_password: AppPassword) -> None:
        """End it; the server gives its id to the next one, so name and moment have to be the same."""
        holder = self._mailbox(address)
        if not any(_is_same(each, app_password) for each in holder.app_passwords):
            return
        try:
            self._set(holder.id, {"destroy": [app_password.id]})
        except NotFound:
            return

    def _mailbox(self, address: str) -> Mailbox:
        return accounts.mailbox(self._accounts.one(address), Links())

    def _set(self, account_id: str, change: dict[str, Any]) -> Any:
        """Change the app passwords of one account.

        Its id comes from the server: with one that it cannot read, the change would be our own account's.
        """
        (result,) = self._jmap.set("x:AppPassword", change, account_id=account_id).values()
        if isinstance(result, StalwartError):
            raise result
        return result


def _is_same(one: AppPassword, other: AppPassword) -> bool:
    return (one.id, one.name, one.created_at) == (other.id, other.name, other.created_at)
