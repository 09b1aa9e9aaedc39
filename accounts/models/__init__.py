from accounts.models.account import Account, AccountQuerySet, Alias, PendingSecret
from accounts.models.audit import AuditDetail, AuditEvent, AuditHead
from accounts.models.batch import OPEN_ROWS, Batch, BatchRow, BatchState, RowStatus
from accounts.models.campaign import Campaign, Profile
from accounts.models.dns import DnsCheck, DnsFinding, HostFinding
from accounts.models.domain import MailDomain
from accounts.models.drift import Drift
from accounts.models.factors import Authenticator, RecoveryCode, RecoverySheet
from accounts.models.identity import OidcIdentity, SpentToken, StaffSession
from accounts.models.imports import ColumnMemory, ImportFile, ImportRow
from accounts.models.notice import Notice
from accounts.models.operation import Kind, Operation, Status, Subject
from accounts.models.pulse import Pulse
from accounts.models.queue_sample import QueueSample
from accounts.models.rotation import KeyAlgorithm, KeyRotation
from accounts.models.staff import Staff
from accounts.models.token import ApiToken
from accounts.models.view import SavedView
from accounts.models.wish import Topic, Wish

__all__ = [
    "OPEN_ROWS",
    "Account",
    "AccountQuerySet",
    "Alias",
    "ApiToken",
    "AuditDetail",
    "AuditEvent",
    "AuditHead",
    "Authenticator",
    "Batch",
    "BatchRow",
    "BatchState",
    "Campaign",
    "ColumnMemory",
    "DnsCheck",
    "DnsFinding",
    "Drift",
    "HostFinding",
    "ImportFile",
    "ImportRow",
    "KeyAlgorithm",
    "KeyRotation",
    "Kind",
    "MailDomain",
    "Notice",
    "OidcIdentity",
    "Operation",
    "PendingSecret",
    "Profile",
    "Pulse",
    "QueueSample",
    "RecoveryCode",
    "RecoverySheet",
    "RowStatus",
    "SavedView",
    "SpentToken",
    "Staff",
    "StaffSession",
    "Status",
    "Subject",
    "Topic",
    "Wish",
]
