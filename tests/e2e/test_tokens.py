"""An API token from its making to its end, with script and without."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from playwright.sync_api import Page, expect

from tests.e2e.conftest import sign_in


def test_a_token_is_made_used_and_revoked(page: Page, panel: str, command: Callable[..., None], scripted: bool) -> None:
    label = "Monitoring with script" if scripted else "Monitoring by hand"
    sign_in(page, "auditor")
    page.locator("summary.person").click()
    page.get_by_role("link", name="API tokens").click()
    page.get_by_role("link", name="token").first.click()
    page.get_by_label("What it is for").fill(label)
    page.get_by_label("Look at waiting mail").check()
    page.get_by_role("button", name="Make the token").click()
    token = page.locator("#token").inner_text().strip()
    asks = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{panel}/health/detailed", headers=asks).json()["components"]

    page.get_by_role("link", name="I have it").click()
    expect(page.locator("li", has_text=label)).to_contain_text("last used just now from 127.0.0.1")
    page.get_by_role("link", name=f"Revoke… {label}").click()
    command("token", "revoke", token)
    page.get_by_role("button", name="Revoke it").click()

    # Somebody else was quicker: the answer is a page, also to what was asked inside of a dialog.
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    assert httpx.get(f"{panel}/health/detailed", headers=asks).status_code == 401
