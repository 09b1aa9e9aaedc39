"""A client for the Stalwart mail server, which speaks to both generations of its management interface.

    client = StalwartClient("https://mail.example.org", Credentials(token="…"))
    client.ensure_domain("example.org")
    client.apply([Create(wanted=Wanted(address="ana@example.org"), secret="$argon2id$…")])

What can go wrong is drawn in `_errors`, the vocabulary is in `_types`, the contract in `_driver`.
"""

from stalwart_client._client import StalwartClient
from stalwart_client._delivery import Delivery, Listener
from stalwart_client._domain_types import (
    DkimAlgorithm,
    DkimKey,
    DkimRotation,
    DkimStage,
    DnsRecord,
    MailDomain,
)
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
from stalwart_client._jmap_key import KEY_HOLDER
from stalwart_client._mail_types import (
    BlockedAddress,
    DeliveryStatus,
    Group,
    LogLine,
    MailingList,
    QueuedMessage,
    QueuedRecipient,
    QueuePage,
)
from stalwart_client._server_types import Capabilities, Credentials, Generation, PanelKey, ServerFacts
from stalwart_client._topics import AppPasswords, Blocked, DkimKeys, Groups, Log, MailingLists, Queue
from stalwart_client._types import (
    DEFAULT_LOCALE,
    UNSET,
    AppPassword,
    Change,
    Create,
    Denial,
    Destroy,
    Mailbox,
    NewAppPassword,
    Outcome,
    Unset,
    Update,
    Wanted,
    difference,
)

__all__ = [
    "DEFAULT_LOCALE",
    "KEY_HOLDER",
    "UNSET",
    "AlreadyExists",
    "AppPassword",
    "AppPasswords",
    "Blocked",
    "BlockedAddress",
    "Busy",
    "Capabilities",
    "Change",
    "Create",
    "Credentials",
    "Delivery",
    "DeliveryStatus",
    "Denial",
    "Destroy",
    "DkimAlgorithm",
    "DkimKey",
    "DkimKeys",
    "DkimRotation",
    "DkimStage",
    "DnsRecord",
    "Driver",
    "Generation",
    "Group",
    "Groups",
    "InUse",
    "Invalid",
    "Listener",
    "Log",
    "LogLine",
    "MailDomain",
    "Mailbox",
    "MailingList",
    "MailingLists",
    "NewAppPassword",
    "NotFound",
    "NotPermitted",
    "Outcome",
    "PanelKey",
    "Queue",
    "QueuePage",
    "QueuedMessage",
    "QueuedRecipient",
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
