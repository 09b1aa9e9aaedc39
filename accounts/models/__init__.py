from accounts.models.account import Account, AccountQuerySet, Alias, PendingSecret
from accounts.models.audit import AuditDetail, AuditEvent, AuditHead
from accounts.models.campaign import Campaign, Profile
from accounts.models.domain import MailDomain
from accounts.models.factors import Authenticator, RecoveryCode, RecoverySheet
from accounts.models.identity import OidcIdentity, SpentToken, StaffSession
from accounts.models.notice import Notice
from accounts.models.operation import Kind, Operation, Status, Subject
from accounts.models.pulse import Pulse
from accounts.models.staff import Staff
from accounts.models.wish import Topic, Wish

__all__ = [
    "Account",
    "AccountQuerySet",
    "Alias",
    "AuditDetail",
    "AuditEvent",
    "AuditHead",
    "Authenticator",
    "Campaign",
    "Kind",
    "MailDomain",
    "Notice",
    "OidcIdentity",
    "Operation",
    "PendingSecret",
    "Profile",
    "Pulse",
    "RecoveryCode",
    "RecoverySheet",
    "SpentToken",
    "Staff",
    "StaffSession",
    "Status",
    "Subject",
    "Topic",
    "Wish",
]
