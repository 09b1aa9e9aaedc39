"""What `make demo` shows: a story that is told once, and only with the simulated mail server."""

from __future__ import annotations

from collections import Counter

import pytest

from accounts import audit, mailserver
from accounts.domain.lifecycle import State
from accounts.domain.people import Role
from accounts.management.demo import PASSWORD
from accounts.models import Account, AuditEvent, Operation, Staff, Status
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


def test_a_real_server_is_left_alone(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailserver, "is_simulated", lambda: False)

    assert call("seed_demo").code == 1
    assert not Account.objects.exists()
