from accounts.models.account import Account, AccountQuerySet, Alias, PendingSecret
from accounts.models.audit import AuditDetail, AuditEvent, AuditHead
from accounts.models.campaign import Campaign, Profile
from accounts.models.dns import DnsCheck, DnsFinding, HostFinding
from accounts.models.domain import MailDomain
from accounts.models.notice import Notice
from accounts.models.operation import Kind, Operation, Status, Subject
from accounts.models.pulse import Pulse
from accounts.models.queue_sample import QueueSample
from accounts.models.staff import Staff
from accounts.models.wish import Topic, Wish

__all__ = [
    "Account",
    "AccountQuerySet",
    "Alias",
    "AuditDetail",
    "AuditEvent",
    "AuditHead",
    "Campaign",
    "DnsCheck",
    "DnsFinding",
    "HostFinding",
    "Kind",
    "MailDomain",
    "Notice",
    "Operation",
    "PendingSecret",
    "Profile",
    "Pulse",
    "QueueSample",
    "Staff",
    "Status",
    "Subject",
    "Topic",
    "Wish",
]
