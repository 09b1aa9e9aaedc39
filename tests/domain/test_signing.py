"""Roles from groups, names from claims, the times of a session, recovery codes and devices."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain import recovery, sessions
from accounts.domain.devices import device_of
from accounts.domain.people import OUTBOX, PROVIDER, STRANGER, SWEEP, Role
from accounts.domain.sessions import Standing
from accounts.domain.signing import Claims, names_for, role_for
from tests.conftest import NOW

MAPPING = {"mail-admins": "admin", "hr": "operator", "audit": "auditor"}
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        ([], None),
        (["staff"], None),
        (["HR"], None),
        (["audit"], Role.AUDITOR),
        (["audit", "hr"], Role.OPERATOR),
        (["mail-admins", "audit", "staff"], Role.ADMIN),
    ],
)
def test_the_highest_mapped_group_gives_the_role(groups: list[str], role: Role | None) -> None:
    assert role_for(groups, MAPPING) is role


@given(username=st.text(), email=st.text(), subject=st.text(min_size=1))
def test_no_claim_makes_a_name_like_a_part_of_the_program(username: str, email: str, subject: str) -> None:
    names = names_for(Claims(issuer="i", subject=subject, username=username, email=email))

    assert names
    for name in names:
        assert 0 < len(name) <= 150
        assert not set(" :\n\t") & set(name)
        assert name not in {SWEEP.name, OUTBOX.name, PROVIDER, STRANGER}


def test_two_people_never_share_their_last_name_to_be() -> None:
    names = {names_for(Claims(issuer="i", subject=subject, username="lerato"))[-1] for subject in ("u1", "u2")}

    assert len(names) == 2


@pytest.mark.parametrize(
    ("signed_in", "seen", "checked", "expected"),
    [
        pytest.param(0, 0, None, Standing.GOOD, id="just now"),
        pytest.param(29, 29, None, Standing.GOOD, id="idle for 29 minutes"),
        pytest.param(30, 30, None, Standing.IDLE, id="idle for 30 minutes"),
        pytest.param(479, 1, None, Standing.GOOD, id="a minute before eight hours"),
        pytest.param(480, 0, 0, Standing.OVER, id="eight hours"),
        pytest.param(60, 1, 14, Standing.GOOD, id="asked 14 minutes ago"),
        pytest.param(60, 1, 15, Standing.STALE, id="asked 15 minutes ago"),
        pytest.param(60, 31, 15, Standing.IDLE, id="idle counts before asking"),
    ],
)
def test_how_a_session_stands(signed_in: int, seen: int, checked: int | None, expected: Standing) -> None:
    found = sessions.standing(
        signed_in_at=NOW - signed_in * MINUTE,
        seen_at=NOW - seen * MINUTE,
        checked_at=None if checked is None else NOW - checked * MINUTE,
        now=NOW,
    )

    assert found is expected


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        (None, False),
        (NOW, True),
        (NOW - 9 * MINUTE, True),
        (NOW - 10 * MINUTE, False),
        (NOW + MINUTE, True),
        (NOW + 2 * MINUTE, False),
    ],
)
def test_a_proof_counts_for_ten_minutes(at: datetime | None, counts: bool) -> None:
    assert sessions.is_confirmed(at, NOW) is counts


def test_recovery_codes_are_ten_and_of_eighty_bits() -> None:
    codes = recovery.generate()

    assert len(set(codes)) == 10
    assert all(len(recovery.tidy(code)) == 16 for code in codes)
    assert not set("".join(codes)) & set("IO01")


@pytest.mark.parametrize("typed", ["abcd efgh jklm npqr", "ABCDEFGHJKLMNPQR", " abcd-EFGH_jklm.npqr "])
def test_a_recovery_code_can_be_typed_in_many_ways(typed: str) -> None:
    assert recovery.digest(typed) == recovery.digest("ABCD-EFGH-JKLM-NPQR")
    assert recovery.looks_like_one(typed)


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_a_device_is_told_in_two_words(agent: str, device: str) -> None:
    assert device_of(agent) == device
