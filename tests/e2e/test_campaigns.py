"""A campaign from its first mailbox to its end, with script and without."""

from __future__ import annotations

from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.e2e.conftest import sign_in


def test_a_campaign_takes_its_people_along(page: Page, scripted: bool) -> None:
    name = f"Spring audit {uuid4().hex[:6]}"
    person = f"Ana {uuid4().hex[:6].translate(str.maketrans('0123456789', 'ghijklmnop')).title()}"
    sign_in(page)
    page.get_by_role("link", name="Campaigns", exact=True).click()
    page.get_by_role("link", name="New campaign").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Owner").fill("lead@metrosure.app")
    page.get_by_label("Last day").fill("2027-01-29")
    page.get_by_role("button", name="Make the campaign").click()

    page.get_by_role("link", name="New mailbox in it").click()
    page.get_by_label("Name", exact=True).fill(person)
    page.get_by_role("button", name="Open the mailbox").click()
    page.get_by_role("heading", name=person).wait_for()
    page.get_by_role("navigation", name="Where you are").get_by_role("link", name=name).click()
    expect(page.get_by_text("1 of 1")).to_be_visible()

    page.get_by_role("link", name="Change…").click()
    page.get_by_label("Last day").fill("2027-02-12")
    page.get_by_role("button", name="Change the campaign").click()
    expect(page.get_by_role("heading", name="1 mailbox goes by these dates")).to_be_visible()
    page.get_by_role("button", name="Change the dates, move 1").click()
    _until(page, "All is done, and read back from the mail server.", scripted=scripted)
    expect(page.get_by_role("row", name=person)).to_contain_text("Fri 12 Feb 2027")

    page.get_by_role("link", name="Campaigns", exact=True).first.click()
    page.get_by_role("link", name=name).click()
    expect(page.get_by_text("1 moved, 0 not")).to_be_visible()
    page.get_by_role("link", name="End the campaign…").click()
    page.get_by_label("Reason").fill("The client left")
    page.get_by_label("Type 1, the number of mailboxes").fill("1")
    page.get_by_role("button", name="End 1 mailbox").click()
    _until(page, "All is done, and read back from the mail server.", scripted=scripted)


def test_a_profile_asks_before_it_takes_anybody_along(page: Page) -> None:
    sign_in(page, "admin")
    page.goto("/campaigns/profiles/")
    page.get_by_role("link", name="Mystery shopper").click()
    page.get_by_role("link", name="Change the profile").click()
    page.get_by_label("Kept after that, in days").fill("45")
    page.get_by_role("button", name="Change the profile").click()

    expect(page.get_by_role("heading", name="mailboxes that exist meant too?")).to_be_visible()
    expect(page.get_by_role("row", name="Amahle Zwane")).to_contain_text("45 days")
    page.get_by_role("link", name="Leave it as it is").click()
    expect(page.get_by_text("then kept 60 days")).to_be_visible()


def _until(page: Page, words: str, *, scripted: bool) -> None:
    """Wait until the page says so; without script the person loads it again."""
    for _ in range(20):
        if page.get_by_text(words).count():
            break
        if not scripted:
            page.reload()
        page.wait_for_timeout(700)
    expect(page.get_by_text(words)).to_be_visible()
