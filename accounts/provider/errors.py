from __future__ import annotations


class ProviderError(Exception):
    """The sign-in cannot go on; the text is safe to log: it holds no token and no secret."""


class ProviderAway(ProviderError):
    pass


class ProviderWrong(ProviderError):
    pass


class TokenRefused(ProviderError):
    pass
