from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from zxcvbn import zxcvbn

from accounts.domain.passwords import SHORTEST, Style, generate, hashed


@pytest.mark.parametrize("style", list(Style))
def test_a_password_is_long_typable_and_never_looks_like_a_hash(style: Style) -> None:
    made = [generate(style) for _ in range(200)]

    assert len(set(made)) == len(made)
    for password in made:
        assert len(password) >= SHORTEST
        assert password[0] not in "$_{"
        assert password.isascii()
        assert password.isprintable()


@pytest.mark.parametrize("style", list(Style))
def test_a_password_is_as_strong_as_0_16_asks(style: Style) -> None:
    assert zxcvbn(generate(style))["score"] == 4


def test_five_words_are_read_out_easily() -> None:
    words = generate(Style.WORDS).split("-")

    # The list itself has a few words with a hyphen, such as "yo-yo".
    assert len(words) >= 5


def test_it_is_hashed_as_a_complete_phc_string() -> None:
    phc = hashed("correct-horse")

    assert phc.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PasswordHasher().verify(phc, "correct-horse")
