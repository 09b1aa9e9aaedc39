"""The tree of errors is what its drawing says, and each of them helps."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import pytest

import stalwart_client
from stalwart_client import Busy, InUse, Invalid, StalwartError, Unreachable, _errors
from stalwart_client._addresses import checked
from stalwart_client._jmap_call import Jmap
from stalwart_client._rest_call import Rest
from tests.stalwart_client.answers import Player, methods, recorded


def tree(kind: type[StalwartError], depth: int = 0) -> Iterator[tuple[int, str]]:
    yield depth, kind.__name__
    for each in kind.__subclasses__():
        if each.__module__ == _errors.__name__:
            yield from tree(each, depth + 1)


def drawn() -> Iterator[tuple[int, str]]:
    """Yield the classes of the drawing, each with how deep it hangs."""
    for line in inspect.getdoc(_errors).splitlines():  # type: ignore[union-attr]
        found = re.match(r"([├└│─ ]*)([A-Z]\w+Error|[A-Z][a-z]\w+)(\s{2,}|$)", line)
        if found:
            yield len(found[1]) // 4, found[2]


KINDS = [getattr(_errors, name) for _, name in tree(StalwartError)]


def test_the_drawing_is_the_tree() -> None:
    assert sorted(drawn()) == sorted(tree(StalwartError))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_is_public_and_has_a_code_and_advice(kind: type[StalwartError]) -> None:
    assert getattr(stalwart_client, kind.__name__) is kind
    assert kind.code
    assert kind.advice or kind is StalwartError
    assert kind.retryable is issubclass(kind, Unreachable | Busy)


def test_codes_are_different() -> None:
    assert len({kind.code for kind in KINDS}) == len(KINDS)


def test_an_error_says_what_it_is_about() -> None:
    error = InUse("The group still has members.", subject="staff@example.org", used_by=("ana@example.org",))

    assert (str(error), error.subject, error.used_by) == (
        "The group still has members.",
        "staff@example.org",
        ("ana@example.org",),
    )


@pytest.mark.parametrize(
    ("recording", "name", "said"),
    [
        ("rest-0.15.5", "principal wrong password", "401 Unauthorized"),
        ("rest-0.15.5", "patch missing account", "notFound"),
        ("rest-0.15.5", "dkim ed25519 again", "fieldAlreadyExists"),
        ("rest-0.15.5", "api key may not list the queue", "403 Forbidden"),
        ("rest-0.15.5", "create broken json", "400 Bad Request"),
    ],
)
def test_an_error_of_0_15_has_the_server_s_own_word(recording: str, name: str, said: str) -> None:
    with Player(recorded(recording, name)).sender() as sender, pytest.raises(StalwartError) as caught:
        Rest(sender).call("GET", "/api/principal", idempotent=False)

    assert caught.value.said == said


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (["error", {"type": "forbidden", "description": "s3cret"}, "0"], "forbidden"),
        (["error", {"type": "s3cret"}, "0"], ""),
        (
            ["x:Role/set", {"notDestroyed": {"b": {"type": "objectIsLinked", "linkedObjects": []}}}, "0"],
            "objectIsLinked",
        ),
        (["x:Role/set", {"notDestroyed": {"b": {"type": "s3cret"}}}, "0"], ""),
    ],
)
def test_an_error_of_0_16_has_the_server_s_own_word(result: list[object], said: str) -> None:
    with Player(methods(result)).sender() as sender:
        try:
            (error,) = Jmap(sender).set("x:Role", {"destroy": ["b"]}).values()
        except StalwartError as raised:
            error = raised

    assert error.said == said


def test_what_we_found_out_ourselves_nobody_said() -> None:
    with pytest.raises(Invalid) as caught:
        checked(["no address"])

    assert caught.value.said == ""


def test_all_that_is_public_can_be_imported() -> None:
    assert sorted(stalwart_client.__all__, key=str) == sorted(set(stalwart_client.__all__))
    assert all(hasattr(stalwart_client, name) for name in stalwart_client.__all__)
