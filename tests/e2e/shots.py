"""Takes pictures of every page, so that a designer can look at them: light and dark, desktop and phone.

    python -m tests.e2e.shots http://localhost:8000 [folder] [part of a name]

wants a running panel with the demo's people in it (`make demo`).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.pages import paths

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
    for name, path in list(paths(page)):
        page.goto(path)
        _take(page, folder, f"{name}-{theme}-{size}", only)
    context.close()


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
