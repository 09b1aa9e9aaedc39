"""The company's sign-in (Authentik, by OpenID Connect): where it is, its keys, and what it signed.

ProviderError
├── ProviderAway    it does not answer, or with 5xx
├── ProviderWrong   it answers, and not as a provider must
└── TokenRefused    what it signed is not for us, not from it, not now, or not of this sign-in
"""

from accounts.provider.discovery import Endpoints, endpoints, forget, read_keys, signing_key
from accounts.provider.errors import ProviderAway, ProviderError, ProviderWrong, TokenRefused
from accounts.provider.fetching import read, send_form
from accounts.provider.tokens import LogoutToken, moment_of, read_id_token, read_logout_token

__all__ = [
    "Endpoints",
    "LogoutToken",
    "ProviderAway",
    "ProviderError",
    "ProviderWrong",
    "TokenRefused",
    "endpoints",
    "forget",
    "moment_of",
    "read",
    "read_id_token",
    "read_keys",
    "read_logout_token",
    "send_form",
    "signing_key",
]
