"""What `make demo` shows: a story that is told once, and only with the simulated mail server."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from accounts import audit, mailserver
from accounts.domain.dns.records import Verdict
from accounts.domain.lifecycle import State
from accounts.domain.people import Role
from accounts.management import demo, demo_zones
from accounts.management.demo import PASSWORD
from accounts.models import Account, AuditEvent, HostFinding, MailDomain, Operation, Staff, Status
from accounts.queries import dns as dns_queries
from accounts.services import dns, mail_hosts
from stalwart_client.simulator import Simulator
from tests.commands.conftest import Call


def test_the_story_has_something_to_show_and_is_told_once(server: Simulator, call: Call) -> None:
    first = call("seed_demo", "--json").json
    again = call("seed_demo", "--json").json

    states = Counter(Account.objects.values_list("state", flat=True))
    roles = {person.role for person in Staff.objects.all() if person.check_password(PASSWORD)}
    moments = list(AuditEvent.objects.order_by("pk").values_list("at", flat=True))
    assert first == again
    assert (sum(states.values()), len(states)) == (60, len(State))
    assert roles == set(map(str, Role))
    assert Operation.objects.filter(status=Status.FAILED).count() == 1
    assert not Operation.objects.open().exists()
    assert not Account.objects.lock_unproven().exists()
    assert moments == sorted(moments)
    assert audit.verify().unbroken


@pytest.mark.django_db
def test_the_domains_publish_nearly_all_and_nobody_is_asked(
    server: Simulator, settings: Settings, tmp_path: Path, now: datetime
) -> None:
    settings.DEMO_ZONES = tmp_path
    demo.make_domains(now)
    demo_zones.publish(tmp_path)

    reports = [dns.check_domain(domain, now) for domain in MailDomain.objects.order_by("name")]

    missing = [
        (str(finding.verdict), finding.name)
        for report in reports
        for finding in report.findings
        if not finding.is_advice and finding.verdict != Verdict.OK
    ]
    assert missing == [
        ("missing", "_dmarc.shop.metrosure.app."),
        ("missing", "_smtp._tls.shop.metrosure.app."),
    ]
    assert "no name server was asked" in dns_queries.view(reports[0].domain, now).sources
    mail_hosts.check_host("mail.metrosure.test", now)
    assert not HostFinding.objects.exists()


def test_a_real_server_is_left_alone(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailserver, "is_simulated", lambda: False)

    assert call("seed_demo").code == 1
    assert not Account.objects.exists()
