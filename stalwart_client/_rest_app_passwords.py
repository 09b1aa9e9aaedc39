"""App passwords of 0.15 (rest.md 1.2): texts among the secrets of a mailbox, made here as the server makes none."""

from __future__ import annotations

from datetime import datetime

from stalwart_client import _rest_principal as principals
from stalwart_client._errors import AlreadyExists, Invalid, NotFound
from stalwart_client._rest_call import Rest, principal_path
from stalwart_client._types import UNSET, AppPassword, NewAppPassword, Unset


class RestAppPasswords:
    """Makes, lists and ends the second doors of mailboxes."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def of(self, address: str) -> tuple[AppPassword, ...]:
        """Return the app passwords of a mailbox."""
        return principals.mailbox(self._principal(address)).app_passwords

    def create(self, address: str, name: str, *, expires_at: datetime | Unset | None = UNSET) -> NewAppPassword:
        """Make one with a name of its own: by the name it is found again."""
        if isinstance(expires_at, datetime):
            raise principals.no_deadlines()
        if not name:
            raise Invalid("An app password needs a name.", subject="name")
        if any(each.name == name for each in self.of(address)):
            raise AlreadyExists("The mailbox has an app password with this name.", subject=name)
        made, secret, text = principals.new_app_password(name)
        self._step(address, "addItem", text)
        return NewAppPassword(made, secret)

    def revoke(self, address: str, app_password: AppPassword) -> None:
        """End it; the server removes all that begin with what it is given, so it is given the whole."""
        text = principals.app_password_at(self._principal(address), app_password)
        if text is not None:
            self._step(address, "removeItem", text)

    def _principal(self, address: str) -> principals.Principal:
        found = self._rest.principal(address.lower(), "individual")
        if found is None:
            raise NotFound("The mail server has no such mailbox.", subject=address)
        return found

    def _step(self, address: str, action: str, text: str) -> None:
        step = {"action": action, "field": "secrets", "value": text}
        self._rest.call("PATCH", principal_path(address.lower()), body=[step], idempotent=True)
