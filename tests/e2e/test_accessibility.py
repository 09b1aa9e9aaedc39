"""axe-core on every page, light and wide, dark and narrow (WCAG 2.2 AA and its best practices)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import sign_in

AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PATHS = [
    "/",
    "/accounts/",
    "/accounts/?state=all&sort=state&size=25",
    "/accounts/?q=nobody",
    "/accounts/new/",
    "/campaigns/",
    "/campaigns/?show=all",
    "/campaigns/new/",
    "/campaigns/profiles/",
    "/campaigns/profiles/new/",
    "/audit/",
    "/drift/",
    "/drift/take-in/",
    "/changes/",
    "/audit/export/",
    "/staff/",
    "/staff/new/",
    "/staff/roles/",
    "/staff/1/",
    "/staff/2/role/",
    "/staff/2/limits/",
    "/staff/2/deactivate/",
    "/settings/",
    "/domains/",
    "/domains/new/",
    "/domains/1/dns/",
    "/queue/",
    "/queue/?q=nobody",
    "/queue/retry/all/",
    "/password/",
    "/second-factor/",
    "/tokens/",
    "/tokens/new/",
    "/step-up/",
    "/nowhere/",
]
STATES = ["scheduled", "active", "suspended", "ended", "closed", "purged"]
MOVES = {"active": ["edit", "extend", "suspend", "end", "hold", "password"], "ended": ["reinstate"]}


@pytest.mark.parametrize(
    ("theme", "width"), [pytest.param("light", 1280, id="light, wide"), pytest.param("dark", 390, id="dark, phone")]
)
@pytest.mark.timeout(600)
def test_no_page_has_a_fault(theme: str, width: int, browser: Browser, panel: str) -> None:
    context = browser.new_context(base_url=panel, viewport={"width": width, "height": 900}, reduced_motion="reduce")
    context.add_cookies([{"name": "theme", "value": theme, "url": panel}])
    page = context.new_page()

    faults = {"/sign-in/": _faults(page, "/sign-in/")}
    sign_in(page, "admin")
    found = [*_of_accounts(page), *_of_campaigns(page), *_of_domains(page), *_of_queue(page)]
    faults |= {path: _faults(page, path) for path in [*PATHS, *found]}
    faults["a question"] = _faults_of_question(page)
    faults["other dates"] = _faults_of_dates(page)
    context.close()

    assert {path: found for path, found in faults.items() if found} == {}


def _of_accounts(page: Page) -> list[str]:
    """Return the page of one account in each state, with its questions."""
    paths = []
    for state in STATES:
        page.goto(f"/accounts/?state={state}")
        path = page.locator("tbody a.who").first.get_attribute("href") or ""
        paths += [path, *(f"{path}{move}/" for move in MOVES.get(state, []))]
    return paths


def _of_domains(page: Page) -> list[str]:
    """Return the page of a domain with a new key on its way, and its questions."""
    page.goto("/domains/")
    domain = page.locator("tbody a.who").first.get_attribute("href") or ""
    page.goto(f"{domain}keys/new/")
    if page.get_by_role("button", name="Make the new key").count():
        page.get_by_role("button", name="Make the new key").click()
        page.wait_for_timeout(2500)
    questions = ("describe", "catch-all", "delete", "keys/new", "keys/policy", "keys/compromised")
    return [domain, *(f"{domain}{question}/" for question in questions)]


def _of_queue(page: Page) -> list[str]:
    """Return the page of one waiting message, and the question whether to cancel it."""
    page.goto("/queue/?q=callcentre.example")
    path = page.locator("tbody a.who").first.get_attribute("href") or ""
    return [path, f"/queue/cancel/?id={path.rstrip('/').rpartition('/')[2]}"]


def _of_campaigns(page: Page) -> list[str]:
    """Return the page of one campaign and of its profile, with their questions."""
    page.goto("/campaigns/")
    campaign = page.get_by_role("link", name="Summer store visits").get_attribute("href") or ""
    page.goto("/campaigns/profiles/")
    profile = page.get_by_role("link", name="Mystery shopper").get_attribute("href") or ""
    return [campaign, f"{campaign}edit/", f"{campaign}end/", profile, f"{profile}edit/"]


def _faults(page: Page, path: str) -> list[str]:
    page.goto(path)
    return axe(page)


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


def axe(page: Page) -> list[str]:
    page.evaluate(AXE)
    result = page.evaluate("tags => axe.run(document, {runOnly: tags})", TAGS)
    return [
        f"{fault['id']}: {node['target']} {node['any'][0]['message'] if node['any'] else ''}"
        for fault in result["violations"]
        for node in fault["nodes"]
    ]
