"""What HR staff do all day, from the sign-in to the log, with script and without."""

from __future__ import annotations

import re
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.e2e.conftest import sign_in

PROOF = "#proof"


def _open(page: Page, name: str) -> None:
    """Open a mailbox of thirty days in the form."""
    page.get_by_role("link", name="New mailbox").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Owner").fill("Palesa Molefe")
    page.get_by_label("Last day").fill("2027-01-29")
    page.get_by_role("button", name="Open the mailbox").click()
    page.get_by_role("heading", name=name).wait_for()


def _proven(page: Page, words: str, *, scripted: bool) -> None:
    """Wait until the line of proof is green; without script the person loads the page again."""
    for _ in range(20):
        proof = page.locator(PROOF)
        if words in proof.inner_text():
            break
        if not scripted:
            page.reload()
        page.wait_for_timeout(700)
    expect(page.locator(PROOF)).to_contain_text(words)
    expect(page.locator(PROOF)).to_have_class(re.compile("is-good"))


def test_the_life_of_a_mailbox(page: Page, scripted: bool) -> None:
    name = f"Nomsa {uuid4().hex[:6].translate(str.maketrans('0123456789', 'ghijklmnop')).title()}"
    sign_in(page)

    _open(page, name)
    expect(page.get_by_text("is being set up.")).to_be_visible()
    _proven(page, "Open, as it should be.", scripted=scripted)

    page.get_by_role("button", name="+7 d Fri 5 Feb 2027").click()
    expect(page.get_by_text(f"The last day of {name} is Fri 5 Feb 2027 now.")).to_be_visible()

    page.get_by_role("link", name="Suspend…").click()
    page.get_by_role("button", name="Suspend", exact=True).click()
    expect(page.get_by_text("Write one sentence.").first).to_be_visible()
    page.get_by_label("Reason").fill("Phone lost")
    page.get_by_role("button", name="Suspend", exact=True).click()
    expect(page.get_by_text("The lock is on its way.")).to_be_visible()
    _proven(page, "Locked, as it should be.", scripted=scripted)

    page.get_by_role("link", name="Reinstate…").click()
    page.get_by_role("button", name="Reinstate", exact=True).click()
    expect(page.get_by_text(f"{name} is reinstated until Fri 5 Feb 2027.")).to_be_visible()
    _proven(page, "Open, as it should be.", scripted=scripted)

    page.get_by_role("link", name="End now…").click()
    page.get_by_role("button", name="End it now").click()
    expect(page.get_by_text(f"{name} has ended.")).to_be_visible()
    _proven(page, "Locked, as it should be.", scripted=scripted)

    page.get_by_role("link", name="Log").click()
    expect(page.locator(".events")).to_contain_text("operator ended it")
    expect(page.locator(".events")).to_contain_text("Phone lost")


def test_a_new_password_is_shown_once(page: Page) -> None:
    sign_in(page)
    page.goto("/accounts/?look=ending")
    page.locator("tbody a.who").first.click()
    page.get_by_role("link", name="New password…").click()
    page.get_by_role("button", name="Make a new password").click()
    password = page.locator("#password").inner_text()
    page.get_by_role("link", name="I have it, go to the mailbox").click()

    expect(page.get_by_text("made a new password").first).to_be_visible()
    assert len(password) >= 16
    assert password not in page.content()


def test_searching_sorting_and_paging_the_list(page: Page, scripted: bool) -> None:
    sign_in(page)
    page.goto("/accounts/?state=all&size=25")
    page.get_by_role("link", name="After").click()
    expect(page.locator("#before")).to_have_attribute("href", re.compile("before="))
    page.get_by_role("link", name="Name").click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Name")
    box = page.get_by_label("Search in this list")
    box.fill("visits desk")
    if not scripted:
        box.press("Enter")

    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("change failed")
    assert re.search(r"q=visits(\+|%20)desk.*sort=name", page.url)
    if scripted:
        expect(page.locator("#said")).to_have_text("1 mailbox")
        expect(box).to_be_focused()
        page.go_back()
        expect(page.locator("tbody tr")).not_to_have_count(1)


def test_an_auditor_reads_and_changes_nothing(page: Page) -> None:
    sign_in(page, "auditor")
    page.goto("/accounts/")
    page.locator("tbody a.who").first.click()

    expect(page.get_by_text("What happened")).to_be_visible()
    expect(page.get_by_role("link", name="Suspend…")).to_have_count(0)
    expect(page.get_by_role("link", name="New mailbox")).to_have_count(0)


def test_light_and_dark(page: Page) -> None:
    page.goto("/sign-in/")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")

    page.reload()

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_signing_out(page: Page) -> None:
    sign_in(page)
    page.locator("summary.person").click()
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("heading", name="Sign in to Mail Admin")).to_be_visible()
