"""The outbox: record what should be true, carry it out once, retry by name (design.md, section 4)."""

from accounts.outbox.domains import users as users_of
from accounts.outbox.keys import look_at_keys, refresh_keys
from accounts.outbox.listing import sync
from accounts.outbox.locks import check_locks
from accounts.outbox.record import RUN_OPERATIONS, record, record_many, supersede
from accounts.outbox.server import look_at_server, refresh_domains
from accounts.outbox.wake import wake
from accounts.outbox.wishes import walk_queue
from accounts.outbox.work import execute, work

__all__ = [
    "RUN_OPERATIONS",
    "check_locks",
    "execute",
    "look_at_keys",
    "look_at_server",
    "record",
    "record_many",
    "refresh_domains",
    "refresh_keys",
    "supersede",
    "sync",
    "users_of",
    "wake",
    "walk_queue",
    "work",
]
