"""Signing in by a company's provider, in a real browser and with a real provider on loopback.

The provider is oidc-provider-mock: it needs nothing but Python (npm's oidc-provider wants Node 22), has a page to sign
in at, an end of its sessions, and people whose claims change while it runs. It checks no PKCE, so what the browser
carries there is looked at here; `tests/provider.py` checks the verifier, and sends what no honest provider would.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.conftest import environment_of, free_port, manage, serving
from tests.e2e.test_accessibility import axe

LERATO = {"name": "Lerato Khumalo", "preferred_username": "lerato", "email": "lerato@x.org", "groups": ["hr"]}
AGE = """
from datetime import datetime, timedelta
from django.contrib.sessions.models import Session
from django.contrib.sessions.backends.db import SessionStore
for session in Session.objects.all():
    data = session.get_decoded()
    for name in {names}:
        if data.get(name):
            data[name] = (datetime.fromisoformat(data[name]) - timedelta(minutes={minutes})).isoformat()
    Session.objects.filter(pk=session.pk).update(session_data=SessionStore().encode(data))
"""


@dataclass(slots=True)
class Company:
    """The provider: a process that can be ended and started again, which gives it another key."""

    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "-p", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
        transport = httpx.HTTPTransport(retries=8)
        with httpx.Client(transport=transport, timeout=10) as client:
            client.get(f"{self.address}/.well-known/openid-configuration").raise_for_status()
        self.knows()

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=10)
            self.process = None

    def knows(self, **changed: object) -> None:
        httpx.put(f"{self.address}/users/u1", json={**LERATO, **changed}).raise_for_status()


@pytest.fixture(scope="module")
def company() -> Iterator[Company]:
    made = Company(free_port())
    yield made
    made.stop()


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, company: Company) -> dict[str, str]:
    return environment_of(
        tmp_path_factory.mktemp("company"),
        OIDC_ISSUER=company.address, OIDC_CLIENT_ID="panel", OIDC_CLIENT_SECRET="secret",
        OIDC_ROLES="hr=operator,mail-admins=admin",
    )  # fmt: skip


@pytest.fixture(scope="module")
def address(environment: dict[str, str]) -> Iterator[str]:
    with serving(environment) as started:
        yield started


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page that fails its test where the content policy stops anything."""
    complaints: list[str] = []
    context = browser.new_context(base_url=address)
    made = context.new_page()
    made.set_default_timeout(10_000)
    made.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    yield made
    context.close()
    assert complaints == []


def _to_the_company(page: Page) -> None:
    page.goto("/sign-in/")
    page.get_by_role("link", name="Continue with Metrosure sign-in").click()


def _as_lerato(page: Page) -> None:
    page.get_by_placeholder("sub").fill("u1")
    page.get_by_role("button", name="Authorize").click()


def _is_bound_to_the_browser(address: str) -> None:
    carried = parse_qs(urlsplit(address).query)
    assert carried["code_challenge_method"] == ["S256"]
    assert len(carried["code_challenge"][0]) == 43
    assert carried["nonce"][0] != carried["state"][0]


def _still_signed_in(route: Route) -> None:
    """Stand in for a provider that has a session of this person: it answers with a code at once, and shows no page."""
    begun = route.fetch(max_redirects=0)
    address = begun.headers["location"]
    assert "prompt=none" in address
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    said = httpx.post(address.replace("prompt=none", ""), headers=form, content="sub=u1")
    route.fulfill(status=302, headers={"location": said.headers["location"]})


def _age(environment: dict[str, str], minutes: int, *names: str) -> None:
    manage("shell", "-v", "0", "-c", AGE.format(names=json.dumps(names), minutes=minutes), environment=environment)


def _role(page: Page) -> str:
    page.goto("/")
    page.locator("summary.person").click()
    return page.locator(".menu-say").inner_text()


@pytest.mark.timeout(300)
def test_a_day_with_the_company_sign_in(page: Page, company: Company, environment: dict[str, str]) -> None:
    """One long walk: a panel and a provider take seconds to start."""
    _to_the_company(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("The company sign-in does not answer")

    company.start()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    _to_the_company(page)
    _is_bound_to_the_browser(next(url for url in asked if "/oauth2/authorize" in url))
    _as_lerato(page)
    expect(page).to_have_url(f"{environment['PUBLIC_URL']}/")
    assert _role(page) == "HR operator"

    # Stale, when htmx asks for a part of a page: the whole page goes to the provider, and is back without a word.
    page.goto("/accounts/?state=all")
    _age(environment, 16, "checked_at")
    page.route("**/oidc/sign-in/?ask=check*", _still_signed_in)
    with page.expect_navigation(url="**/accounts/?state=all"):
        page.evaluate("() => void htmx.ajax('GET', '/accounts/?q=ana', '#main')")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mailboxes")
    page.unroute("**/oidc/sign-in/?ask=check*")

    # The provider's own session is over, of which this one keeps none: so is ours.
    page.goto("/accounts/")
    _age(environment, 16, "checked_at")
    page.evaluate("() => void htmx.ajax('GET', '/accounts/?q=ana', '#main')")
    expect(page.get_by_text("The company sign-in has ended. Sign in again to go on.")).to_be_visible()
    page.get_by_role("link", name="Continue with Metrosure sign-in").click()
    _as_lerato(page)
    expect(page).to_have_url(re.compile(r"/accounts/"))

    # Another role, and another key: the next sign-in takes both over.
    company.stop()
    company.start()
    company.knows(groups=["mail-admins"])
    page.goto("/")
    page.locator("summary.person").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()
    expect(page.get_by_role("link", name="Continue with Metrosure sign-in")).to_be_visible()
    _to_the_company(page)
    _as_lerato(page)
    expect(page).to_have_url(f"{environment['PUBLIC_URL']}/")
    assert _role(page) == "Administrator"

    _age(environment, 31, "seen_at")
    page.goto("/accounts/")
    expect(page.get_by_text("nothing was done here for half an hour")).to_be_visible()

    company.knows(groups=["canteen"])
    _to_the_company(page)
    _as_lerato(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("You have no role in this panel")
    assert axe(page) == []
    _to_the_company(page)
    page.get_by_role("button", name="Deny").click()
    # This provider forgets the state when somebody says no, so its answer belongs to no sign-in.
    expect(page.get_by_role("heading", level=1)).to_have_text("This sign-in was not begun here")


def test_the_emergency_key_beside_it(page: Page, environment: dict[str, str]) -> None:
    made = manage("staff", "create", "riaan", "--role", "admin", "--emergency", "--json", environment=environment)
    once, own = json.loads(made)["password"], "seven grey ponies by the lake"
    page.goto("/sign-in/")
    page.locator("summary", has_text="Emergency key").click()
    assert axe(page) == []
    page.get_by_label("Name").fill("riaan")
    page.get_by_label("Password").fill(once)
    page.get_by_role("button", name="Sign in with the emergency key").click()
    page.get_by_label("Password you have now").fill(once)
    page.get_by_label("New password", exact=True).fill(own)
    page.get_by_label("New password again").fill(own)
    page.get_by_role("button", name="Change the password").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Set up the second factor")
    assert page.locator(".qr svg").bounding_box() is not None
    assert axe(page) == []
