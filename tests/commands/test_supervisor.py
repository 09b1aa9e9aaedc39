"""The supervisor of `serve`: small, and patient with a child that keeps dying."""

from __future__ import annotations

import subprocess
import sys

import pytest

from metrosure_admin.supervisor import Child

DIES = (sys.executable, "-c", "raise SystemExit(3)")


@pytest.fixture
def child() -> Child:
    return Child("The child", DIES)


def test_a_child_that_keeps_dying_waits_longer_each_time(child: Child, capfd: pytest.CaptureFixture[str]) -> None:
    waits, now = [], 0.0
    for _ in range(6):
        child.keep_going(now)
        assert child.process
        child.process.wait()
        child.keep_going(now)
        waits.append(child.wait)
        now = child.start_at

    assert waits == [2, 4, 8, 16, 30, 30]
    assert "The child ended with 3; it starts again in 2 s." in capfd.readouterr().err


def test_it_is_not_started_before_its_wait_is_over(child: Child) -> None:
    child.keep_going(0)
    assert child.process
    child.process.wait()
    child.keep_going(0)

    child.keep_going(child.start_at - 0.1)

    assert child.process is None


def test_a_child_that_had_lived_starts_again_soon(child: Child) -> None:
    child.keep_going(0)
    assert child.process
    child.process.wait()

    child.keep_going(3600)

    assert child.start_at == 3601


def test_it_costs_no_django() -> None:
    code = "import sys, metrosure_admin.supervisor; sys.exit('django' in sys.modules)"

    assert subprocess.run((sys.executable, "-c", code), check=False).returncode == 0  # noqa: S603


def test_it_imports_no_django() -> None:
    code = "import sys, metrosure_admin.supervisor; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)  # noqa: S603

    ours_and_theirs = set(done.stdout.split()) - sys.stdlib_module_names
    assert "metrosure_admin" in ours_and_theirs
    assert ours_and_theirs & {"django", "celery", "gunicorn", "accounts", "environ", "httpx"} == set()
