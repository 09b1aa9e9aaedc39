"""Takes pictures of every page, so that a designer can look at them: light and dark, desktop and phone.

    python tests/e2e/shots.py http://localhost:8000 [folder] [part of a name]

wants a running panel with the demo's people in it (`make demo`).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
PASSWORD = os.environ.get("DEMO_PASSWORD", "demo-metrosure")


def main(base: str, folder: Path, only: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for theme in ("light", "dark"):
            for size in SIZES:
                _shoot(browser, base, folder, theme, size, only)
        browser.close()


def _shoot(browser: Browser, base: str, folder: Path, theme: str, size: str, only: str) -> None:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, base_url=base)
    context.add_cookies([{"name": "theme", "value": theme, "url": base}])
    page = context.new_page()
    page.goto("/sign-in/")
    _take(page, folder, f"sign-in-{theme}-{size}", only)
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    for name, path in _paths(page).items():
        page.goto(path)
        _take(page, folder, f"{name}-{theme}-{size}", only)
    context.close()


def _paths(page: Page) -> dict[str, str]:
    """Return every page; of the accounts the first of each state."""
    paths = {
        "dashboard": "/",
        "accounts": "/accounts/",
        "accounts-all": "/accounts/?state=all&sort=state",
        "accounts-none": "/accounts/?q=thandeka",
        "new": "/accounts/new/",
        "campaigns": "/campaigns/",
        "campaign-new": "/campaigns/new/",
        "profiles": "/campaigns/profiles/",
        "profile-new": "/campaigns/profiles/new/",
        "log": "/audit/",
        "drift": "/drift/",
        "drift-take-in": "/drift/take-in/",
        "changes": "/changes/",
        "log-export": "/audit/export/",
        "staff": "/staff/",
        "staff-new": "/staff/new/",
        "staff-roles": "/staff/roles/",
        "staff-person": "/staff/1/",
        "staff-role": "/staff/2/role/",
        "staff-limits": "/staff/2/limits/",
        "staff-shut-out": "/staff/2/deactivate/",
        "settings": "/settings/",
        "domains": "/domains/",
        "domain-new": "/domains/new/",
        "dns": "/domains/1/dns/",
        "queue": "/queue/",
        "queue-none": "/queue/?q=nobody",
        "queue-retry-all": "/queue/retry/all/",
        "own-password": "/password/",
        "second-factor": "/second-factor/",
        "tokens": "/tokens/",
        "token-new": "/tokens/new/",
        "step-up": "/step-up/",
        "not-found": "/nowhere/",
    }
    page.goto("/queue/?q=callcentre.example")
    message = page.locator("tbody a.who").first.get_attribute("href") or ""
    paths["message"] = message
    paths["message-cancel"] = f"/queue/cancel/?id={message.rstrip('/').rpartition('/')[2]}"
    for name, path in (("campaign", "/campaigns/"), ("profile", "/campaigns/profiles/")):
        page.goto(path)
        first = page.locator("tbody tr a.who").first
        if first.count():
            one = first.get_attribute("href") or ""
            paths |= {name: one, f"{name}-edit": f"{one}edit/"}
    for state in ("scheduled", "active", "suspended", "ended", "closed", "purged"):
        page.goto(f"/accounts/?state={state}")
        first = page.locator("tbody tr a.who").first
        if first.count():
            account = first.get_attribute("href") or ""
            paths[f"account-{state}"] = account
            moves = {"active": ("edit", "extend", "suspend", "end", "hold", "password"), "ended": ("reinstate",)}
            paths |= {f"move-{move}": f"{account}{move}/" for move in moves.get(state, ())}
    return paths


def _take(page: Page, folder: Path, name: str, only: str) -> None:
    if only in name:
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"{name}.png", full_page=True)


if __name__ == "__main__":
    main(
        sys.argv[1],
        Path(sys.argv[2] if len(sys.argv) > 2 else "test-results/shots"),
        sys.argv[3] if len(sys.argv) > 3 else "",
    )
