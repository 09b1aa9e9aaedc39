"""What can be done about each topic; both generations offer all of it, or say why not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from stalwart_client._domain_types import DkimAlgorithm, DkimKey, DkimRotation
from stalwart_client._mail_types import (
    BlockedAddress,
    Group,
    LogLine,
    MailingList,
    QueuedMessage,
    QueuePage,
)
from stalwart_client._types import UNSET, AppPassword, NewAppPassword, Unset


class AppPasswords(Protocol):
    """Second doors of a mailbox, for devices; each opens it as the password does."""

    def of(self, address: str) -> tuple[AppPassword, ...]:
        """Return those of a mailbox; on 0.16 its API keys too, as they are doors as well.

        :raises NotFound: if there is no such mailbox
        """
        ...

    def create(self, address: str, name: str, *, expires_at: datetime | Unset | None = UNSET) -> NewAppPassword:
        """Make one for the holder of a mailbox; without another wish it ends when the mailbox does.

        :raises Invalid: if there is no name, or the server's number of them (0.16: 5) is used up
        :raises NotFound: if there is no such mailbox
        :raises NotPermitted: on 0.16 without the right to act for others (`impersonate`)
        :raises Unsupported: if it should end and the server cannot do that (0.15)
        """
        ...

    def revoke(self, address: str, app_password: AppPassword) -> None:
        """Close this door and no other. One that is not there counts as done.

        :raises NotFound: if there is no such mailbox
        """
        ...


class Groups(Protocol):
    """Mailboxes that several people share."""

    def all(self) -> list[Group]:
        """Return every group."""
        ...

    def at(self, address: str) -> Group:
        """Return the group at an address.

        :raises NotFound: if there is none
        """
        ...

    def create(self, address: str, *, name: str = "", members: Iterable[str] = ()) -> Group:
        """Make a group of mailboxes that exist.

        :raises AlreadyExists: if the address is taken
        :raises NotFound: if there is no such domain or member
        """
        ...

    def change(
        self, address: str, *, name: str | Unset = UNSET, add: Iterable[str] = (), remove: Iterable[str] = ()
    ) -> None:
        """Change its name and its members; adding one twice or removing a stranger changes nothing.

        :raises NotFound: if there is no such group, or no mailbox to add
        """
        ...

    def delete(self, address: str) -> None:
        """Delete a group and its mail, for ever. One that is not there counts as done.

        :raises InUse: if it has members; they are in `used_by`
        """
        ...


class MailingLists(Protocol):
    """Addresses that hand their mail on."""

    def all(self) -> list[MailingList]:
        """Return every list."""
        ...

    def at(self, address: str) -> MailingList:
        """Return the list at an address.

        :raises NotFound: if there is none
        """
        ...

    def create(self, address: str, *, name: str = "", members: Iterable[str] = ()) -> MailingList:
        """Make a list; its members may be anywhere.

        :raises AlreadyExists: if the address is taken
        :raises Invalid: if a member is no address; `subject` says which
        :raises NotFound: if there is no such domain
        """
        ...

    def change(
        self, address: str, *, name: str | Unset = UNSET, add: Iterable[str] = (), remove: Iterable[str] = ()
    ) -> None:
        """Change its name and its members; adding one twice or removing a stranger changes nothing.

        :raises Invalid: if a new member is no address
        :raises NotFound: if there is no such list
        """
        ...

    def delete(self, address: str) -> None:
        """Delete a list. One that is not there counts as done."""
        ...


class DkimKeys(Protocol):
    """The keys that sign the mail of a domain. A change: `rotate`, publish the record, `activate`, wait, `delete`."""

    def keys(self, domain: str) -> list[DkimKey]:
        """Return the keys of a domain."""
        ...

    def create(self, domain: str, algorithm: DkimAlgorithm, *, selector: str = "") -> DkimKey:
        """Make a domain's first key of an algorithm; it signs at once.

        :raises AlreadyExists: if one signs already (then rotate), or the selector is taken
        """
        ...

    def rotate(self, domain: str, algorithm: DkimAlgorithm, *, selector: str = "") -> DkimKey:
        """Make the next key; it does not sign until its record is published and it is activated.

        :raises AlreadyExists: if the selector is taken
        """
        ...

    def activate(self, domain: str, selector: str) -> None:
        """Let a key sign from now on, and no other key of its algorithm; their records have to stay a while.

        :raises NotFound: if there is no such key
        :raises NotPermitted: on 0.15 without `settings-list` and `settings-update`: keys change places there
        """
        ...

    def retire(self, domain: str, selector: str) -> None:
        """Let a key sign no more; its record has to stay a while.

        :raises NotFound: if there is no such key
        """
        ...

    def delete(self, domain: str, selector: str) -> None:
        """Delete a key, also one that signs. One that is not there counts as done."""
        ...

    def rotation(self, domain: str) -> DkimRotation | None:
        """Return how the server changes keys by itself, None where it does not."""
        ...

    def set_rotation(self, domain: str, rotation: DkimRotation | None) -> None:
        """Let the server change keys by itself, or not; `by_itself` is the server's to say and is passed over.

        :raises Unsupported: on 0.15, which never does
        """
        ...


class Queue(Protocol):
    """Messages on their way out."""

    def messages(
        self, *, text: str = "", sender: str = "", recipient: str = "", page: int = 1, limit: int = 50
    ) -> QueuePage:
        """Return a page (from 1) of those whose sender or recipients contain a text (`text`: either).

        The oldest first on 0.15, those that are tried next first on 0.16.
        """
        ...

    def message(self, message_id: str) -> QueuedMessage:
        """Return one message.

        :raises NotFound: if it is not (any more) in the queue
        """
        ...

    def some(self, message_ids: Iterable[str]) -> list[QueuedMessage]:
        """Return those of these messages that are still in the queue."""
        ...

    def retry(self, message_id: str, *, recipient: str = "") -> None:
        """Try a message now; naming a recipient also brings a failed delivery back.

        :raises NotFound: if the message or recipient is not in the queue
        :raises Unsupported: on 0.15 in all but one of its queues: it says yes there, and does nothing
        """
        ...

    def reschedule(self, message_id: str, at: datetime, *, recipient: str = "") -> None:
        """Try a message at another time.

        :raises NotFound: if the message or recipient is not in the queue
        :raises Unsupported: as for `retry`
        """
        ...

    def cancel(self, message_id: str, *, recipient: str = "") -> None:
        """Take a message out of the queue, or give up on one recipient; the sender is not told.

        A message that is not there counts as done.

        :raises NotFound: if the recipient is not in the queue
        :raises Unsupported: as for `retry`, with a recipient; a whole message can always be cancelled
        """
        ...

    def retry_many(self, message_ids: Iterable[str]) -> None:
        """Try messages now; those that are not there (any more) count as done.

        :raises Unsupported: as for `retry`
        """
        ...

    def cancel_many(self, message_ids: Iterable[str]) -> None:
        """Take messages out of the queue, as `cancel` does."""
        ...


class Log(Protocol):
    """What the server writes down."""

    def lines(self, address: str, *, limit: int = 100) -> list[LogLine]:
        """Return the newest lines about an address, the newest first.

        Lines with raw traffic are left out: they hold passwords.

        :raises Unsupported: if the server keeps no log that can be read; the message says why
        """
        ...


class Blocked(Protocol):
    """IP addresses that the server does not talk to."""

    def all(self) -> list[BlockedAddress]:
        """Return every blocked address and network."""
        ...

    def block(self, address: str) -> None:
        """Block an IP address or network; connections that are open stay open. Doing it twice changes nothing.

        :raises Invalid: if it is none
        """
        ...

    def release(self, address: str) -> None:
        """Let an address in again, and forget what was counted against it. One that is in counts as done.

        :raises Invalid: if it is none
        """
        ...
