"""The whole panel as a user meets it: one process tree started by `serve`, and a real Chromium in front of it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from stalwart_client import Credentials, StalwartClient
from stalwart_client.simulator import Simulator

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PASSWORD = "demo-metrosure"
_EXPECTED = ("status of 403", "status of 404", "status of 422", "Response Status Error Code 40")
"""Chromium and htmx report a page that answers with these as an error of the console; they are pages like others."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here, keep it in one worker, and skip it loudly where there is no Chromium."""
    missing = pytest.mark.skip(reason=f"NO CHROMIUM at {CHROMIUM}: apt-get install chromium, or set CHROMIUM")
    for item in items:
        if Path(__file__).parent not in item.path.parents:
            continue
        item.add_marker("e2e")
        item.add_marker(pytest.mark.xdist_group("e2e"))
        if not CHROMIUM.exists() and os.environ.get("CI") != "true":
            item.add_marker(missing)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the panel of these tests runs with: a folder and a port of its own."""
    return environment_of(tmp_path_factory.mktemp("panel"))


@pytest.fixture(scope="session")
def panel(environment: dict[str, str]) -> Iterator[str]:
    """Start a panel with the demo's people in it; return its address."""
    manage("migrate", "--verbosity=0", environment=environment)
    manage("seed_demo", environment=environment)
    with serving(environment) as address:
        yield address


@pytest.fixture(scope="session")
def command(environment: dict[str, str]) -> Callable[..., None]:
    """Run a command of the panel; the runner that serves it goes on beside."""

    def run(*arguments: str) -> None:
        manage(*arguments, environment=environment)

    return run


@pytest.fixture
def mail_server(environment: dict[str, str], panel: str) -> Iterator[StalwartClient]:
    """The mail server of the panel, as somebody else's program sees it."""
    state = Path(environment["DATA_DIR"]) / "stalwart-0.16.sqlite3"
    simulator = Simulator(generation="0.16", state_file=state)
    admin = Credentials(user="admin", secret="admin-secret")
    with closing(StalwartClient("http://simulator.test", admin, transport=simulator.transport())) as client:
        yield client


def environment_of(folder: Path, **settings: str) -> dict[str, str]:
    """Return what a panel of its own starts with: its data in a folder, on a port of its own."""
    port = free_port()
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("STALWART_", "DJANGO_", "OIDC_"))},
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "STALWART_URL": "simulator:0.16",
        "PANEL_ENV_FILE": os.devnull,
        "DNS_RESOLVERS": "127.0.0.1:1",
        "DJANGO_SETTINGS_MODULE": "metrosure_admin.settings",
        **settings,
    }


def manage(*command: str, environment: dict[str, str]) -> str:
    """Run a command of a panel; returns what it said."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "manage.py", *command],
        cwd=ROOT, env=environment, capture_output=True, check=False, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout.decode()


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[str]:
    """Start a panel, and end it again; gives its address."""
    address, written = environment["PUBLIC_URL"], Path(environment["DATA_DIR"]) / "serve.log"
    log = written.open("wb")
    command = [sys.executable, "manage.py", "serve"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)  # noqa: S603 - our own program
    try:
        _wait_for(f"{address}/health", process, written)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def scripted(request: pytest.FixtureRequest) -> bool:
    """Every core flow is walked twice."""
    return bool(request.param)


@pytest.fixture
def context(browser: Browser, panel: str, scripted: bool) -> Iterator[BrowserContext]:
    made = browser.new_context(base_url=panel, java_script_enabled=scripted, viewport={"width": 1280, "height": 900})
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that fails its test if the browser had anything to complain about, the content policy above all."""
    complaints: list[str] = []
    made = context.new_page()
    made.set_default_timeout(10_000)
    made.on("console", lambda message: complaints.extend(_complaint(message)))
    made.on("pageerror", lambda error: complaints.append(str(error)))
    yield made
    assert complaints == []


def sign_in(page: Page, name: str = "operator") -> None:
    page.goto("/sign-in/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", level=1).wait_for()


def _complaint(message: ConsoleMessage) -> list[str]:
    is_expected = any(words in message.text for words in _EXPECTED)
    return [message.text] if message.type in {"error", "warning"} and not is_expected else []


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(150):
        if process.poll() is not None:
            break
        try:
            if httpx.get(address, timeout=1).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    pytest.fail(f"The panel did not start: {log.read_text(encoding='utf-8')[-2000:]}")
