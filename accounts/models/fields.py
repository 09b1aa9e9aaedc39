"""A text column that is encrypted at rest with FIELD_KEYS (newest first), never with SECRET_KEY."""

from __future__ import annotations

from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Encrypts when it saves and decrypts when it loads; it cannot be searched.

    What no key opens any more (FIELD_KEYS was replaced, not added to) reads as "": one lost value stops no others.
    """

    def get_prep_value(self, value: str | None) -> str | None:
        return None if value is None else _box(tuple(settings.FIELD_KEYS)).encrypt(value.encode()).decode()

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        try:
            return None if value is None else _box(tuple(settings.FIELD_KEYS)).decrypt(value.encode()).decode()
        except InvalidToken:
            return ""


@cache
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
