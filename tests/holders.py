"""A holder at the door of a mailbox: can this password read mail, and if not, what does the server say."""

from __future__ import annotations

from enum import Enum

import httpx

from stalwart_client.simulator import Simulator

_MAIL = "urn:ietf:params:jmap:mail"


class Door(Enum):
    OPEN = "open"
    LOCKED = "the password is right, and signing in is denied"
    WRONG_PASSWORD = "the password is wrong"
    NO_MAIL = "signs in, and may not read mail"


def door(server: Simulator, address: str, password: str) -> Door:
    """Try a password at the server's own door, as a mail program would."""
    with httpx.Client(transport=server.transport(), base_url="http://mail.test", auth=(address, password)) as holder:
        session = holder.get("/jmap/session")
        if session.status_code != 200:
            return {401: Door.WRONG_PASSWORD, 403: Door.LOCKED}[session.status_code]
        read = holder.post("/jmap", json=_read_mail(session.json()["primaryAccounts"].get(_MAIL)))
        answer = read.json()["methodResponses"][0] if read.status_code == 200 else ["error"]
        return Door.OPEN if answer[0] == "Mailbox/get" else Door.NO_MAIL


def _read_mail(account_id: str | None) -> dict[str, object]:
    """Ask for the folders, the sign of real access; 0.16 wants the account named."""
    arguments = {"accountId": account_id, "ids": None}
    return {"using": ["urn:ietf:params:jmap:core", _MAIL], "methodCalls": [["Mailbox/get", arguments, "0"]]}
