"""Waiting mail in the browser: read an answer, cancel with a reason, find it in the log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from stalwart_client.simulator import Simulator
from tests.e2e.conftest import sign_in


@pytest.fixture
def planted(tmp_path_factory: pytest.TempPathFactory, panel: str) -> str:
    """Two messages in the panel's own mail server that no other test looks for."""
    (state,) = Path(tmp_path_factory.getbasetemp()).glob("panel[0-9]*/stalwart-0.16.sqlite3")
    server, name = Simulator(generation="0.16", state_file=state), f"e2e-{datetime.now(UTC):%H%M%S%f}"
    for number in range(2):
        server.plant_message(
            f"{name}@metrosure.app",
            [f"p{number}@example.org"],
            answer="550 5.1.1 <script>No such user</script>",
            next_try_at=datetime.now(UTC) + timedelta(hours=1),
        )
    return name


def test_waiting_mail_is_read_and_cancelled(page: Page, planted: str, scripted: bool) -> None:
    sign_in(page, "admin")
    page.get_by_role("link", name="Waiting mail").first.click()
    box = page.get_by_label("Sender or recipient")
    box.fill(planted)
    if not scripted:
        box.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_text("The other side says the mailbox does not exist").first.click()
    expect(page.get_by_text("550 5.1.1 <script>No such user</script>").first).to_be_visible()

    page.locator("tbody tr", has_text="p0@example.org").get_by_role("checkbox").check()
    page.get_by_role("button", name="Cancel…").click()
    expect(page.get_by_role("heading", name="Cancel 1 message?")).to_be_visible()
    page.get_by_role("button", name="Cancel 1 message").click()
    expect(page.get_by_text("Write one sentence.").first).to_be_visible()
    page.get_by_label("Reason").fill("The address was mistyped")
    page.get_by_role("button", name="Cancel 1 message").click()
    expect(page.get_by_text("1 message is being cancelled.")).to_be_visible()

    page.goto(f"/queue/?q={planted}")
    page.locator("tbody a.who").last.click()
    expect(page.get_by_role("heading", name="Recipients")).to_be_visible()
    page.get_by_role("link", name="Cancel…").click()
    page.get_by_label("Reason").fill("So was this one")
    page.get_by_role("button", name="Cancel 1 message").click()
    expect(page.get_by_text("1 message is being cancelled.")).to_be_visible()
    _gone(page, planted)

    page.goto("/audit/?action=mail_cancelled")
    expect(page.locator(".events")).to_contain_text("cancelled a waiting message to p0@example.org")
    expect(page.locator(".events")).to_contain_text("The address was mistyped")


def _gone(page: Page, planted: str) -> None:
    """Wait until the job runner has cancelled both."""
    for _ in range(20):
        page.goto(f"/queue/?q={planted}")
        if page.get_by_text("No waiting message is like that").count():
            break
        page.wait_for_timeout(500)
    expect(page.get_by_text("No waiting message is like that")).to_be_visible()
