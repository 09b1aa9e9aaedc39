"""axe-core on every page, light and wide, dark and narrow (WCAG 2.2 AA and its best practices)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from stalwart_client import Create, StalwartClient, Wanted
from tests.e2e.conftest import sign_in
from tests.e2e.pages import ELSEWHERE, NO_PAGE, PAGES, paths
from tests.web.doors import DOORS

AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size", "aria-hidden-focus"]
"""What can be right in one theme and width and wrong in another; all the rest is asked once."""


def test_every_address_is_in_the_table_of_pages() -> None:
    known = PAGES.keys() | ELSEWHERE.keys() | NO_PAGE

    assert known - {"not found"} == set().union(*DOORS.values())


@pytest.mark.parametrize(
    ("theme", "width", "rules"),
    [pytest.param("light", 1280, TAGS, id="light, wide"), pytest.param("dark", 390, LOOKS, id="dark, phone")],
)
@pytest.mark.timeout(600)
def test_no_page_has_a_fault(
    theme: str,
    width: int,
    rules: list[str],
    browser: Browser,
    panel: str,
    mail_server: StalwartClient,
    command: Callable[..., None],
) -> None:
    context = browser.new_context(base_url=panel, viewport={"width": width, "height": 900}, reduced_motion="reduce")
    context.add_cookies([{"name": "theme", "value": theme, "url": panel}])
    page = context.new_page()
    mail_server.apply([Create(wanted=Wanted(address=f"stranger.{width}@metrosure.app", name="Promotions"))])
    command("sync")

    faults = {"/sign-in/": _faults(page, "/sign-in/", rules)}
    sign_in(page, "admin")
    every = [path for _, path in paths(page)]
    faults |= {path: _faults(page, path, rules) for path in every}
    faults["a question"] = _faults_of_question(page)
    faults["other dates"] = _faults_of_dates(page)
    context.close()

    assert len(every) == sum(map(len, PAGES.values()))
    assert {path: found for path, found in faults.items() if found} == {}


def _faults(page: Page, path: str, rules: list[str]) -> list[str]:
    page.goto(path)
    too_wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*axe(page, rules), *([f"{too_wide} px wider than the screen"] if too_wide > 0 else [])]


def _faults_of_question(page: Page) -> list[str]:
    page.goto("/accounts/?state=active")
    page.locator("tbody a.who").first.click()
    page.get_by_role("link", name="Suspend…").click()
    page.get_by_role("button", name="Suspend", exact=True).click()
    page.locator("dialog [aria-invalid=true]").wait_for()
    return axe(page)


def _faults_of_dates(page: Page) -> list[str]:
    page.goto("/campaigns/")
    page.get_by_role("link", name="Bank branch checks").click()
    page.get_by_role("link", name="Change…").click()
    page.get_by_label("Last day").fill("2027-01-29")
    page.get_by_role("button", name="Change the campaign").click()
    page.get_by_role("heading", name="Nobody goes by these dates yet").wait_for()
    return axe(page)


def axe(page: Page, rules: Sequence[str] = TAGS) -> list[str]:
    page.evaluate(AXE)
    options = {"runOnly": list(rules), "resultTypes": ["violations"]}
    result = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{fault['id']}: {node['target']} {node['any'][0]['message'] if node['any'] else ''}"
        for fault in result["violations"]
        for node in fault["nodes"]
    ]
