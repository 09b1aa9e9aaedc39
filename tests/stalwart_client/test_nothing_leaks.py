"""No exception of another library, no raw answer and no secret comes out of the client."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable, Iterator

import httpx
import pytest

from stalwart_client import Create, Credentials, StalwartClient, StalwartError, Unexpected, Update, Wanted
from stalwart_client._jmap import JmapDriver
from stalwart_client._rest import RestDriver
from tests.stalwart_client.answers import ADMIN, HASH, Player, methods, problem, recorded

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

    assert "s3cret" not in str(caught.value)


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
    "url", ["mail.example.org", "ftp://mail.test", "http://mail.test:x", "http://admin:s3cret@mail.test"]
)
def test_an_address_that_cannot_be_used_is_unexpected(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    with pytest.raises(Unexpected) as caught:
        StalwartClient(url, ADMIN).facts()

    assert "s3cret" not in str(caught.value) + caplog.text


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
