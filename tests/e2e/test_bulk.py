"""Many mailboxes at once in a browser, with script and without."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import sign_in
from tests.e2e.test_accessibility import axe


def _tick(page: Page, *places: int) -> None:
    for place in places:
        page.locator('input[name="pick"]').nth(place).check()


def _button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def _over(page: Page, *, scripted: bool) -> None:
    """Wait until the job is over; without script the person looks again."""
    for _ in range(30):
        if "All is done, and read back from the mail server." in page.locator("#job").inner_text():
            break
        if not scripted:
            page.get_by_role("link", name="Look again").click()
        page.wait_for_timeout(500)
    expect(page.locator("#job")).to_contain_text("All is done, and read back from the mail server.")


def test_extending_the_ticked_ones(page: Page, scripted: bool) -> None:
    sign_in(page)
    page.goto("/accounts/?state=active&sort=name&size=25")
    _tick(page, 0, 1)
    if scripted:
        # Ticks are kept while the list is paged.
        page.get_by_role("link", name=re.compile("^After")).click()
        expect(page.locator("#before")).to_have_attribute("href", re.compile("before="))
        _tick(page, 0)
        expect(page.locator("#bulk")).to_contain_text("3 mailboxes ticked")
    _button(page, "Extend…")
    number = 3 if scripted else 2
    expect(page.get_by_role("heading", name=f"Until when do {number} mailboxes stay open?")).to_be_visible()
    _button(page, "Show the plan")
    expect(page.get_by_text("Choose a day, or give a number of days: one of the two.")).to_be_visible()
    page.get_by_label("Or longer by so many days").fill("7")
    _button(page, "Show the plan")
    expect(page.get_by_text(f"{number} get another last day.")).to_be_visible()
    assert axe(page) == [] if scripted else True
    _button(page, f"Extend {number} mailboxes")
    _over(page, scripted=scripted)

    expect(page.locator("tbody .state")).to_have_text(["Done, read back"] * number)
    assert axe(page) == [] if scripted else True


def test_all_that_match_and_the_number_that_the_brake_wants(page: Page, scripted: bool) -> None:
    sign_in(page)
    page.goto("/accounts/?state=active&sort=name")
    if scripted:
        page.get_by_label("Tick all on this page").check()
    page.get_by_label("that match").check()
    _button(page, "Suspend…")
    page.get_by_label("Reason").fill("A test that nobody starts")
    _button(page, "Show the plan")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Suspend")
    page.goto("/accounts/?state=active&sort=name")
    if scripted:
        _tick(page, 0)
    page.get_by_label("that match").check()
    _button(page, "End…")
    page.get_by_label("Reason").fill("A test that types the wrong number")
    _button(page, "Show the plan")
    page.get_by_label("the number of mailboxes").fill("1")
    page.get_by_role("button", name=re.compile("^End .* mailboxes")).click()

    expect(page.get_by_text("Nothing has happened yet.").first).to_be_visible()
    expect(page.locator(".cell-say")).to_contain_text("the number that stands on this page")


@pytest.mark.parametrize("kind", ["CSV", "Excel (.xlsx)"])
def test_taking_the_list_away_and_keeping_a_view(page: Page, kind: str) -> None:
    sign_in(page, "auditor")
    page.goto("/accounts/?state=closed")
    page.locator("#export summary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name=kind).click()
    page.locator("#export summary").click()
    assert re.fullmatch(r"mailboxes-[\d-]+\.(csv|xlsx)", download.value.suggested_filename)

    page.get_by_role("link", name="Save this view").click()
    page.get_by_label("Name of the view").fill(f"Closed {kind}")
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#views [aria-current]").last).to_contain_text(f"Closed {kind}")
    page.get_by_role("link", name="Change the view").click()
    page.get_by_role("button", name="Delete the view").click()
    expect(page.get_by_text("No mailbox was touched.")).to_be_visible()
