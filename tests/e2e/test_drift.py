"""Somebody works on the mail server beside the panel: the differences are found, decided, and gone."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Page, expect

from stalwart_client import Create, StalwartClient, Update, Wanted
from tests.e2e.conftest import sign_in

GB = 1024**3


def test_a_difference_is_found_and_put_right(
    page: Page, mail_server: StalwartClient, command: Callable[..., None]
) -> None:
    address = next(mailbox.address for mailbox in mail_server.walk() if mailbox.quota == GB and not mailbox.locked)
    mail_server.apply([Update(address=address, quota=5 * GB)])
    command("sync")

    sign_in(page)
    expect(page.get_by_text("Nothing was written over; you decide.")).to_be_visible()
    page.get_by_role("link", name="Differences").first.click()
    card = page.locator("li.card", has_text=address)
    expect(card).to_contain_text("5 GB")
    card.get_by_role("button", name="Put back 1 GB").click()

    expect(page.get_by_text(f"{address} is being put right.")).to_be_visible()
    for _ in range(30):
        if mail_server.mailbox(address).quota == GB:
            break
        page.wait_for_timeout(300)
    assert mail_server.mailbox(address).quota == GB


def test_what_was_there_before_is_looked_at_and_taken_in(
    page: Page, mail_server: StalwartClient, command: Callable[..., None]
) -> None:
    name = f"promo{uuid4().hex[:6]}"
    addresses = [f"{name}.{number}@metrosure.app" for number in range(2)]
    mail_server.apply([Create(wanted=Wanted(address=address, name="Promotions")) for address in addresses])
    command("sync")

    sign_in(page)
    page.goto("/drift/")
    page.get_by_role("link", name="Take in many…").click()
    page.get_by_label("Which ones").fill(f"{name}*")
    page.get_by_label("Owner").fill("Palesa Molefe")
    page.get_by_label("Last day").fill("2027-01-29")
    page.get_by_role("button", name="Look at it first").click()
    expect(page.get_by_role("heading", name="2 mailboxes would be taken in")).to_be_visible()
    page.get_by_role("button", name="Take in 2 mailboxes").click()

    expect(page.get_by_text("2 mailboxes are taken in.")).to_be_visible()
    page.goto(f"/accounts/?q={name}")
    expect(page.locator("tbody tr")).to_have_count(2)
    assert not any(mail_server.mailbox(address).locked for address in addresses)
