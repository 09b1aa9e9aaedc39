from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.domain.dns.names import bare
from accounts.domain.dns.records import Purpose, Record, Wanted
from accounts.domain.dns.wanted import mail_hosts
from accounts.models.domain import MailDomain


class DnsCheck(models.Model):
    """The newest look at what a domain publishes, and the wish for another one."""

    domain = models.OneToOneField(MailDomain, on_delete=models.CASCADE, related_name="dns")
    asked_at = models.DateTimeField(null=True, blank=True)
    """When somebody asked for a look that has not been taken yet."""
    started_at = models.DateTimeField(null=True, blank=True)
    """When a worker began; one that died is followed by another."""
    checked_at = models.DateTimeField(null=True, blank=True)
    zone = models.CharField(max_length=255, blank=True)
    """The zone that the domain is in."""
    wanted = models.JSONField(default=list)
    """What should be published, as last known; it outlives the mail server's absence."""
    own_answered = models.BooleanField(default=False)
    """The zone's own name servers said something."""
    resolver_answered = models.BooleanField(default=False)
    error_code = models.CharField(max_length=40, blank=True)
    """Why the mail server did not say what should be published, at the last look."""

    class Meta:
        indexes = [models.Index(fields=["checked_at"], name="dns_check_oldest")]

    def __str__(self) -> str:
        return str(self.domain)

    @property
    def records(self) -> list[Wanted]:
        """What should be published, as last known."""
        return [
            Wanted(record=Record(*record), purpose=Purpose(purpose), is_advice=is_advice, any_content=any_content)
            for record, purpose, is_advice, any_content in self.wanted
        ]

    @property
    def hosts(self) -> list[str]:
        """The hosts that take the domain's mail, without the dot at their ends."""
        return [bare(host) for host in mail_hosts(self.records)]


class DnsFinding(models.Model):
    """One record: what it should be, what it is, since when, and what it was before."""

    domain = models.ForeignKey(MailDomain, on_delete=models.CASCADE, related_name="dns_findings")
    key = models.CharField(max_length=320)
    """The same from one check to the next."""
    position = models.PositiveIntegerField()
    type = models.CharField(max_length=10)
    name = models.CharField(max_length=255)
    expected = models.TextField(null=True)  # noqa: DJ001 - None is a record that should not be there
    found = models.JSONField(default=list)
    verdict = models.CharField(max_length=10)
    settled = models.CharField(max_length=10, blank=True)
    """The last verdict that was more than unknown: silence is no change."""
    purpose = models.CharField(max_length=20)
    is_advice = models.BooleanField(default=False)
    hints = models.JSONField(default=list)
    since = models.DateTimeField()
    """When the verdict, or what is published, last changed."""
    was = models.JSONField(null=True, blank=True)
    """What was published before that; None if nothing has changed yet."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["domain", "key"], name="one_finding_per_record")]

    def __str__(self) -> str:
        return f"{self.type} {self.name}: {self.verdict}"


class HostFinding(models.Model):
    """What others meet at a mail host: a name in reverse, a block list, a port, a certificate."""

    host = models.CharField(max_length=255)
    check_name = models.CharField(max_length=20)
    name = models.CharField(max_length=300)
    """The address, the list or the port that it is about."""
    verdict = models.CharField(max_length=10)
    settled = models.CharField(max_length=10, blank=True)
    found = models.TextField(blank=True)
    hint = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    """Of a certificate: its end and the digest of its key."""
    since = models.DateTimeField()
    checked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["host", "check_name", "name"], name="one_finding_per_host_check"),
            models.CheckConstraint(condition=~Q(host=""), name="host_finding_has_a_host"),
        ]

    def __str__(self) -> str:
        return f"{self.host} {self.check_name} {self.name}: {self.verdict}"
