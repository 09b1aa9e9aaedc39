"""The panel without a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import sign_in


@pytest.fixture
def scripted() -> bool:
    """Single keys need script."""
    return True


def test_single_keys_and_how_to_switch_them_off(page: Page) -> None:
    sign_in(page)

    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("n?")
    expect(page.locator("#q")).to_have_value("n?")

    page.locator("#main").focus()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.get_by_role("button", name="Switch single keys off").click()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    page.reload()
    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("New mailbox")


def test_n_opens_a_new_mailbox_from_everywhere(page: Page) -> None:
    sign_in(page)
    page.goto("/audit/")

    page.keyboard.press("n")

    expect(page.get_by_role("heading", level=1)).to_have_text("New mailbox")


def test_the_first_tab_leads_past_the_side_bar(page: Page) -> None:
    sign_in(page)

    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#main")).to_be_focused()


def test_a_question_takes_the_focus_and_gives_it_back(page: Page) -> None:
    sign_in(page)
    page.goto("/accounts/?state=active")
    page.locator("tbody a.who").first.click()
    page.get_by_role("link", name="Suspend…").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Reason")).to_be_focused()

    page.keyboard.press("Escape")

    expect(page.locator("dialog")).to_be_hidden()
    expect(page.get_by_role("link", name="Suspend…")).to_be_focused()


def test_mistakes_take_the_focus(page: Page) -> None:
    sign_in(page)
    page.goto("/accounts/new/")

    page.get_by_role("button", name="Open the mailbox").click()

    expect(page.locator("#wrong")).to_be_focused()
    page.locator("#wrong").get_by_role("link", name="Owner").click()
    expect(page.get_by_label("Owner")).to_be_focused()


def test_paging_keeps_the_focus_where_it_was(page: Page) -> None:
    sign_in(page)
    page.goto("/accounts/?state=all&size=25")
    page.locator("#after").focus()
    page.keyboard.press("Enter")

    page.wait_for_url("**after=**")
    expect(page.locator("#after")).to_be_focused()
