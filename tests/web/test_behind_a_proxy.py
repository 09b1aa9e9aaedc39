"""Which address and scheme a request is taken to have come by: our proxies are believed, nobody else."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.domain.people import Role
from accounts.models import AuditDetail, Staff, StaffSession
from tests.web.conftest import PASSWORD

pytestmark = pytest.mark.django_db
PROXY = "10.0.0.2"
FORM = {"username": "operator.khumalo", "password": PASSWORD}


@pytest.fixture(autouse=True)
def proxies(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = (ip_network("10.0.0.0/29"), ip_network("fd00::/64"))


@pytest.mark.parametrize(
    ("sender", "forwarded", "client"),
    [
        pytest.param(PROXY, "196.25.1.7", "196.25.1.7", id="our proxy"),
        pytest.param("fd00::5", "2001:db8::7", "2001:db8::7", id="our proxy by IPv6"),
        pytest.param(f"::ffff:{PROXY}", "196.25.1.7", "196.25.1.7", id="our proxy, IPv4 in IPv6"),
        pytest.param(PROXY, "1.1.1.1, 196.25.1.7", "196.25.1.7", id="a forged beginning"),
        pytest.param(PROXY, "196.25.1.7, 10.0.0.3", "196.25.1.7", id="two proxies of ours"),
        pytest.param(PROXY, "10.0.0.4, 10.0.0.3", "10.0.0.4", id="from a proxy itself"),
        pytest.param(PROXY, "1.1.1.1, nonsense", PROXY, id="nonsense"),
        pytest.param(PROXY, "", PROXY, id="no header"),
        pytest.param("196.25.9.9", "1.1.1.1", "196.25.9.9", id="a stranger"),
        pytest.param("10.0.0.9", "1.1.1.1", "10.0.0.9", id="a neighbour of our proxy"),
        pytest.param("", "1.1.1.1", "", id="a socket"),
    ],
)
def test_the_log_and_the_session_name_the_right_address(
    sender: str, forwarded: str, client: str, staff: Callable[[Role], Staff]
) -> None:
    staff(Role.OPERATOR)

    answer = Client(REMOTE_ADDR=sender).post("/sign-in/", FORM, headers={"x-forwarded-for": forwarded})

    assert answer.status_code == 302
    assert AuditDetail.objects.get().client == client
    assert StaffSession.objects.get().address == client


def test_wrong_passwords_of_one_client_shut_no_other_behind_the_proxy(staff: Callable[[Role], Staff]) -> None:
    staff(Role.OPERATOR)
    browser = Client(REMOTE_ADDR=PROXY)
    for _ in range(6):
        browser.post("/sign-in/", {**FORM, "password": "wrong"}, headers={"x-forwarded-for": "196.25.1.7"})

    shut, other = (browser.post("/sign-in/", FORM, headers={"x-forwarded-for": ip}) for ip in ("196.25.1.7", "1.1.1.1"))

    assert (shut.status_code, other.status_code) == (429, 302)


@pytest.mark.parametrize(
    ("sender", "status"), [pytest.param(PROXY, 200, id="our proxy"), pytest.param("196.25.9.9", 301, id="a stranger")]
)
def test_only_our_proxy_says_that_it_was_https(sender: str, status: int, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

    answer = Client(REMOTE_ADDR=sender).get("/sign-in/", headers={"x-forwarded-proto": "https"})

    assert answer.status_code == status


def test_the_host_is_never_taken_from_a_header() -> None:
    page = Client(REMOTE_ADDR=PROXY).get("/", headers={"x-forwarded-host": "evil.example"})

    assert page["Location"] == "/sign-in/?next=/"


def test_an_unknown_host_gets_no_page_and_still_the_policy() -> None:
    answer = Client(headers={"host": "evil.example"}).get("/sign-in/")

    assert answer.status_code == 400
    assert "The panel cannot read this request" in answer.content.decode()
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "camera=()" in answer["Permissions-Policy"]


def test_so_does_one_that_came_by_plain_http(settings: Settings) -> None:
    """Django looks at the host name before anything else then, to know where https is."""
    settings.SECURE_SSL_REDIRECT = True

    answer = Client(headers={"host": "evil.example"}).get("/sign-in/")

    assert (answer.status_code, answer["X-Frame-Options"]) == (400, "DENY")
    assert "default-src 'none'" in answer["Content-Security-Policy"]
