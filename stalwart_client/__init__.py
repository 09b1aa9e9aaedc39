"""A client for the Stalwart mail server, which speaks to both generations of its management interface.

    client = StalwartClient("https://mail.example.org", Credentials(token="…"))
    client.ensure_domain("example.org")
    client.apply([Create(wanted=Wanted(address="ana@example.org"), secret="$argon2id$…")])

What can go wrong is drawn in `_errors`, the vocabulary is in `_types`, the contract in `_driver`.
"""

from stalwart_client._client import StalwartClient
from stalwart_client._driver import Driver
from stalwart_client._errors import (
    AlreadyExists,
    Busy,
    InUse,
    Invalid,
    NotFound,
    NotPermitted,
    Refused,
    StalwartError,
    Unexpected,
    Unreachable,
    Unsupported,
    WrongCredentials,
)
from stalwart_client._http import Timeouts
from stalwart_client._types import (
    UNSET,
    AppPassword,
    Capabilities,
    Change,
    Create,
    Credentials,
    Denial,
    Destroy,
    Generation,
    Mailbox,
    MailDomain,
    Outcome,
    ServerFacts,
    Unset,
    Update,
    Wanted,
    difference,
)

__all__ = [
    "UNSET",
    "AlreadyExists",
    "AppPassword",
    "Busy",
    "Capabilities",
    "Change",
    "Create",
    "Credentials",
    "Denial",
    "Destroy",
    "Driver",
    "Generation",
    "InUse",
    "Invalid",
    "MailDomain",
    "Mailbox",
    "NotFound",
    "NotPermitted",
    "Outcome",
    "Refused",
    "ServerFacts",
    "StalwartClient",
    "StalwartError",
    "Timeouts",
    "Unexpected",
    "Unreachable",
    "Unset",
    "Unsupported",
    "Update",
    "Wanted",
    "WrongCredentials",
    "difference",
]
