"""Log lines: one a request, tied together by the request's id, as text or JSON, without secrets and addresses."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import ResolverMatch
from hypothesis import given
from hypothesis import strategies as st

from accounts import outbox
from accounts.domain.requests import current_request, on_request
from accounts.models import Account, Operation, Staff
from metrosure_admin.logs import JsonLine, Line, told_path
from stalwart_client.simulator import Simulator
from tests.conftest import Clock

pytestmark = pytest.mark.django_db
Lines = Callable[[], list[dict[str, object]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Everything that is logged from now on, as JSON."""
    kept: list[str] = []
    handler = logging.Handler()
    handler.setFormatter(JsonLine())
    handler.emit = lambda record: kept.append(handler.format(record))  # type: ignore[method-assign]
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in kept]
    root.removeHandler(handler)
    root.setLevel(before)


def record(message: str, *args: object, level: int = logging.INFO, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("panel", level, __file__, 1, message, args, None)
    vars(made).update(extra)
    return made


def request_for(path: str, **kwargs: str) -> HttpRequest:
    request = RequestFactory().get(path)
    if kwargs:
        request.resolver_match = ResolverMatch(lambda: None, (), kwargs)
    return request


def test_a_request_leaves_one_line(operator: Client, account: Account, lines: Lines) -> None:
    answer = operator.get(f"/accounts/{account.pk}/?q=ana@metrosure.app")

    (line,) = [line for line in lines() if line["logger"] == "panel.access"]
    assert (line["method"], line["path"], line["status"]) == ("GET", f"/accounts/{account.pk}/", 200)
    assert (line["user"], line["level"]) == ("operator.khumalo", "INFO")
    assert line["request_id"] == answer["X-Request-ID"]
    assert isinstance(line["ms"], int)
    assert "metrosure.app" not in json.dumps(line)


def test_a_path_cannot_begin_a_line_of_its_own(operator: Client, lines: Lines) -> None:
    operator.get("/queue%0a2026 ERROR/%00/%1b[2J/")

    (path,) = [line["path"] for line in lines() if line["logger"] == "panel.access"]
    assert path == "/queue…2026 ERROR/…/…[2J/"


def test_strangers_and_addresses_are_not_named(operator: Client, lines: Lines) -> None:
    Client().get("/sign-in/")
    Staff.objects.update(username="operator@metrosure.app")
    operator.get("/addresses/groups/")
    operator.get("/addresses/groups/north@metrosure.app/")

    said = [(line["user"], line["path"]) for line in lines() if line["logger"] == "panel.access"]

    who = f"staff-{Staff.objects.get().pk}"
    assert said == [("-", "/sign-in/"), (who, "/addresses/groups/"), (who, "/addresses/groups/…/")]


def test_what_a_change_sets_going_has_its_request(
    server: Simulator, account: Account, lines: Lines, clock: Clock
) -> None:
    Operation.objects.update(request_id="req-7")

    outbox.work(clock)

    (line,) = [line for line in lines() if line["logger"] == "accounts.outbox.settle"]
    assert line["request_id"] == "req-7"
    assert str(Operation.objects.get().pk) in str(line["message"])
    assert current_request() == ""


def test_a_secret_in_a_path_is_left_out() -> None:
    secret = uuid4().hex

    assert told_path(request_for(f"/handover/{secret}/", token=secret)) == "/handover/…/"
    assert told_path(request_for(f"/handover/{secret}x/")) == "/handover/…/"
    assert told_path(request_for("/nothing/here/")) == "/nothing/here/"


def test_an_error_about_a_page_does_not_tell_its_secret() -> None:
    request = request_for("/handover/0123456789/", token="0123456789")

    line = Line().format(record("%s: %s", "Internal Server Error", request.path, level=logging.ERROR, request=request))

    assert "0123456789" not in line
    assert line.endswith("Internal Server Error: /handover/…/")


@given(st.emails(domains=st.sampled_from(["metrosure.app", "xn--bcher-kva.example"])))
def test_addresses_are_left_out_up_to_info(address: str) -> None:
    for line in (Line(), JsonLine()):
        assert address.rpartition("@")[2] not in line.format(record("%s waits", address))
    assert address.rpartition("@")[2] in Line().format(record("%s waits", address, level=logging.WARNING))


@given(st.text())
def test_a_json_line_is_one_line_whatever_it_says(text: str) -> None:
    line = JsonLine().format(record("%s", text, level=logging.WARNING))

    assert len(line.splitlines()) == 1 or not {"\n", "\r"} & set(line)
    assert json.loads(line)["message"] == text


def test_an_exception_stays_in_its_line() -> None:
    made = record("broken", level=logging.ERROR)
    try:
        _ = 1 / 0
    except ArithmeticError:
        made.exc_info = sys.exc_info()

    line = JsonLine().format(made)

    assert "\n" not in line
    assert "ZeroDivisionError" in json.loads(line)["exception"]


def test_text_names_the_request() -> None:
    with on_request("req-9"):
        assert " INFO req-9 panel hello" in Line().format(record("hello"))
    assert " INFO - panel hello" in Line().format(record("hello"))
