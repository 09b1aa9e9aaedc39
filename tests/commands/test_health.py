"""`/health`: whoever restarts the panel asks it, without a sign-in."""

from __future__ import annotations

from django.test import Client


def test_it_answers_strangers_and_asks_nobody() -> None:
    answer = Client().get("/health")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_it_is_only_looked_at() -> None:
    assert Client().post("/health").status_code == 405
