"""No exception of another library, no raw answer and no secret comes out of the client."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable, Iterator

import httpx
import pytest

from stalwart_client import (
    AppPassword,
    Create,
    Credentials,
    DkimAlgorithm,
    Driver,
    StalwartClient,
    StalwartError,
    Unexpected,
    Update,
    Wanted,
    WrongCredentials,
)
from stalwart_client._jmap import JmapDriver
from stalwart_client._rest import RestDriver
from tests.stalwart_client.answers import ADMIN, HASH, Player, data, methods, problem, recorded

SECRETS = ("admin-secret", HASH, "YWRtaW46YWRtaW4tc2VjcmV0", "s3cret", "PRIVATE KEY")

FOREIGN = [
    httpx.CloseError("x"),
    httpx.ConnectError("x"),
    httpx.ConnectTimeout("x"),
    httpx.DecodingError("x"),
    httpx.InvalidURL("x"),
    httpx.LocalProtocolError("x"),
    httpx.PoolTimeout("x"),
    httpx.ProxyError("x"),
    httpx.ReadError("x"),
    httpx.ReadTimeout("x"),
    httpx.RemoteProtocolError("x"),
    httpx.TooManyRedirects("x"),
    httpx.UnsupportedProtocol("x"),
    httpx.WriteError("x"),
    httpx.WriteTimeout("x"),
]


@pytest.mark.parametrize("foreign", FOREIGN, ids=lambda error: type(error).__name__)
def test_errors_of_httpx_become_ours(foreign: Exception) -> None:
    with Player(foreign).sender() as sender, pytest.raises(StalwartError) as caught:
        sender.send("GET", "/", idempotent=True)

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(httpx.Response(200, html="<html>s3cret</html>"), id="a page"),
        pytest.param(httpx.Response(200, text=""), id="nothing"),
        pytest.param(httpx.Response(200, content=b"\xff\xfe{}"), id="bytes that are no text"),
        pytest.param(httpx.Response(200, text="[" * 100_000), id="a JSON bomb"),
        pytest.param(httpx.Response(200, json=["s3cret"]), id="a list"),
        pytest.param(httpx.Response(200, json="s3cret"), id="a text"),
        pytest.param(httpx.Response(204), id="no content"),
        pytest.param(httpx.Response(302, headers={"location": "https://elsewhere/"}), id="a redirect"),
        pytest.param(httpx.Response(401, html="<html>s3cret</html>"), id="a proxy's own sign-in"),
        pytest.param(httpx.Response(403, html="<html>s3cret</html>"), id="a firewall's page"),
        pytest.param(httpx.Response(404, json={"detail": "s3cret"}), id="another program's 404"),
    ],
)
def test_what_is_not_stalwart_s_is_unexpected(answer: httpx.Response) -> None:
    with Player(answer).sender() as sender, pytest.raises(Unexpected) as caught:
        sender.send("GET", "/", idempotent=True)

    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="empty"),
        pytest.param({"data": None}, id="no data"),
        pytest.param({"data": {"items": "s3cret", "total": 1}}, id="text for a list"),
        pytest.param({"data": {"items": [{"name": "a@b.test", "emails": "s3cret"}], "total": 1}}, id="text inside"),
        pytest.param({"data": {"items": [None], "total": 1}}, id="null in a list"),
        pytest.param({"error": {"s3cret": 1}}, id="an error that is no text"),
        pytest.param({"error": "fieldAlreadyExists"}, id="an error without its field"),
        pytest.param({"error": "s3cret"}, id="an unknown error"),
    ],
)
def test_wrong_shapes_of_rest_are_unexpected(body: dict[str, object]) -> None:
    with Player(httpx.Response(200, json=body)).sender() as sender, pytest.raises(Unexpected) as caught:
        list(RestDriver(sender).walk())

    assert "s3cret" not in str(caught.value) + caught.value.said


def test_a_moment_that_no_calendar_has_is_unexpected() -> None:
    message = {
        "id": 1,
        "return_path": "ana@example.org",
        "recipients": [],
        "created": "0001-01-01T00:00:00+05:00",
        "size": 1,
    }

    with Player(data(message)).sender() as sender, pytest.raises(Unexpected):
        RestDriver(sender).queue.message("1")


SESSION = recorded("jmap-0.16.18", "session as admin")
QUERY = ["x:Account/query", {"ids": ["b"]}, "0"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(httpx.Response(200, json={}), id="empty"),
        pytest.param(httpx.Response(200, json={"methodResponses": "s3cret"}), id="text for a list"),
        pytest.param(methods(), id="no responses"),
        pytest.param(methods(QUERY), id="one response for two calls"),
        pytest.param(methods(["x:Domain/query", {"ids": []}, "0"], ["x:Account/get", {}, "1"]), id="another method"),
        pytest.param(methods(["error", {}, "0"], ["error", {}, "1"]), id="an error without a type"),
        pytest.param(methods(["error", {"type": "s3cret"}, "0"], ["error", {}, "1"]), id="an unknown error"),
        pytest.param(methods(QUERY, ["x:Account/get", {"list": [{"id": "b"}], "notFound": []}, "1"]), id="no address"),
        pytest.param(methods(QUERY, ["x:Account/get", {"list": [], "notFound": []}, "1"]), id="ids passed over"),
    ],
)
def test_wrong_shapes_of_jmap_are_unexpected(answer: httpx.Response) -> None:
    with Player(SESSION, answer).sender() as sender, pytest.raises(Unexpected) as caught:
        list(JmapDriver(sender).walk())

    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "ftp://mail.test",
        "http://mail.test:x",
        "http://admin:s3cret@mail.test",
        "http://mail..test",
        f"http://{'m' * 64}.test",
    ],
)
def test_an_address_that_cannot_be_used_is_unexpected(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    with pytest.raises(Unexpected) as caught:
        StalwartClient(url, ADMIN).facts()

    assert "s3cret" not in str(caught.value) + caplog.text


NO_TEXT = "\ud800"
"""A surrogate alone, which a file name or an argument of the shell can bring; UTF-8 has no bytes for it."""


@pytest.mark.parametrize("kind", [RestDriver, JmapDriver], ids=["0.15", "0.16"])
@pytest.mark.parametrize(
    "ask",
    [
        lambda driver: driver.mailboxes_at([f"{NO_TEXT}@example.org"]),
        lambda driver: driver.domain(f"{NO_TEXT}.org"),
        lambda driver: driver.queue.messages(text=NO_TEXT),
        lambda driver: driver.queue.message(NO_TEXT),
        lambda driver: driver.log.lines(NO_TEXT),
        lambda driver: driver.dns_records(f"{NO_TEXT}.org"),
        lambda driver: driver.dkim.delete(f"{NO_TEXT}.org", NO_TEXT),
        lambda driver: driver.groups.at(f"{NO_TEXT}@example.org"),
    ],
    ids=range(8),
)
def test_text_that_cannot_be_sent_is_our_error(
    kind: type[RestDriver | JmapDriver], ask: Callable[[Driver], object]
) -> None:
    with Player(SESSION, data({"items": [], "total": 0})).sender() as sender, pytest.raises(StalwartError):
        ask(kind(sender))


def test_credentials_that_are_no_text_are_only_refused() -> None:
    player = Player(problem(401))

    with player.sender(Credentials(user=NO_TEXT, secret=NO_TEXT)) as sender, pytest.raises(WrongCredentials):
        sender.send("GET", "/", idempotent=True)


def test_a_token_with_a_line_break_is_unexpected() -> None:
    with pytest.raises(StalwartError):
        StalwartClient("http://127.0.0.1:1", Credentials(token="a\nb"), sleep=lambda _: None).facts()


@pytest.mark.parametrize(
    "answer",
    [
        recorded("rest-0.15.5", "get individual"),
        recorded("rest-0.15.5", "dkim ed25519 again"),
        problem(400, type="urn:ietf:params:jmap:error:notRequest", detail=f"…{HASH}…"),
        httpx.Response(200, html=HASH),
        httpx.Response(503, html=HASH),
    ],
    ids=["a mailbox", "a DKIM key that exists", "a quoted request", "a page", "a page of a proxy"],
)
def test_no_secret_is_logged_or_told(answer: httpx.Response, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    with Player(answer).sender() as sender:
        driver = RestDriver(sender)
        create = Create(wanted=Wanted(address="ana@example.org"), secret=HASH)
        outcomes = driver.apply([create, Update(address="ana@example.org", secret=HASH)])
        told = repr(outcomes) + "".join(tracebacks(outcome.error for outcome in outcomes))
        try:
            told += repr(driver.mailboxes_at(["ana@example.org"]))
        except StalwartError as error:
            told += "".join(tracebacks([error]))

    assert not [secret for secret in SECRETS if secret in told + caplog.text]


def tracebacks(errors: Iterable[StalwartError | None]) -> Iterator[str]:
    for error in errors:
        if error is not None:
            yield from traceback.format_exception(error)


TOPICS: list[Callable[[Driver], object]] = [
    lambda driver: driver.facts(),
    lambda driver: driver.mailboxes_at(["ana@example.org"]),
    lambda driver: list(driver.domains()),
    lambda driver: driver.domain("example.org"),
    lambda driver: driver.describe_domain("example.org", "x"),
    lambda driver: driver.delete_domain("example.org"),
    lambda driver: driver.dns_records("example.org"),
    lambda driver: driver.delivery(),
    lambda driver: driver.create_panel_key("panel", app_passwords=False),
    lambda driver: driver.panel_key("panel"),
    lambda driver: driver.app_passwords.create("ana@example.org", "Phone"),
    lambda driver: driver.app_passwords.revoke("ana@example.org", AppPassword("Phone")),
    lambda driver: driver.groups.all(),
    lambda driver: driver.groups.at("staff@example.org"),
    lambda driver: driver.groups.create("staff@example.org", members=["ana@example.org"]),
    lambda driver: driver.groups.change("staff@example.org", add=["ana@example.org"]),
    lambda driver: driver.groups.delete("staff@example.org"),
    lambda driver: driver.lists.all(),
    lambda driver: driver.lists.create("all@example.org", members=["ana@example.org"]),
    lambda driver: driver.lists.change("all@example.org", remove=["ana@example.org"]),
    lambda driver: driver.dkim.keys("example.org"),
    lambda driver: driver.dkim.create("example.org", DkimAlgorithm.ED25519),
    lambda driver: driver.dkim.activate("example.org", "s1"),
    lambda driver: driver.dkim.rotation("example.org"),
    lambda driver: driver.queue.messages(),
    lambda driver: driver.queue.message("5"),
    lambda driver: driver.queue.retry("5"),
    lambda driver: driver.log.lines("ana@example.org"),
    lambda driver: driver.blocked.all(),
    lambda driver: driver.blocked.block("192.0.2.66"),
]
STRANGE = [
    {},
    {"data": "s3cret"},
    {"data": ["s3cret"]},
    {"data": {"items": ["s3cret"], "total": "s3cret"}},
    {"data": {"type": "individual", "secrets": [None]}},
    {"data": {"type": "group", "members": 5}},
    {"methodResponses": [["x:Domain/query", {"ids": 5}, "0"], ["x:Domain/get", {"list": ["s3cret"]}, "1"]]},
    {
        "methodResponses": [
            [name, {"ids": ["b"], "list": [{"id": "b"}], "notFound": []}, "0"] for name in ("x:a", "x:b")
        ]
    },
]


@pytest.mark.parametrize("kind", [RestDriver, JmapDriver], ids=["0.15", "0.16"])
@pytest.mark.parametrize("ask", TOPICS, ids=range(len(TOPICS)))
def test_whatever_a_server_answers_only_our_errors_come_out(
    kind: type[RestDriver | JmapDriver], ask: Callable[[Driver], object]
) -> None:
    told = []
    for body in STRANGE:
        with Player(SESSION, httpx.Response(200, json=body)).sender() as sender:
            try:
                ask(kind(sender))
            except StalwartError as error:
                told += [str(error), error.subject, error.said]

    assert "s3cret" not in " ".join(told)
