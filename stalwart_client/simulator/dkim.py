"""DKIM keys: made, read and written for DNS, for both generations."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

RSA_BITS: Final = 2048


class BadKey(Exception):
    """The text is no private key of this kind."""


def new_private_key(algorithm: str) -> str:
    """Return a new private key as PEM; `algorithm` is ed25519 or rsa."""
    if algorithm == "rsa":
        key: PrivateKeyTypes = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
        form = serialization.PrivateFormat.TraditionalOpenSSL
    else:
        key = ed25519.Ed25519PrivateKey.generate()
        form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


@lru_cache(maxsize=1024)
def public_key(pem: str, algorithm: str = "") -> str:
    """Return the public half as DNS wants it: raw for ed25519, a SubjectPublicKeyInfo for RSA.

    :raises BadKey: if it is no key, or not of the algorithm asked for
    """
    try:
        key = serialization.load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError) as exc:
        raise BadKey("InvalidEncoding") from exc
    if isinstance(key, ed25519.Ed25519PrivateKey) and algorithm in {"", "ed25519"}:
        return base64.b64encode(key.public_key().public_bytes_raw()).decode()
    if isinstance(key, rsa.RSAPrivateKey) and algorithm in {"", "rsa"}:
        info = serialization.PublicFormat.SubjectPublicKeyInfo
        raw = key.public_key().public_bytes(serialization.Encoding.DER, info)
        return base64.b64encode(raw).decode()
    raise BadKey("WrongAlgorithm")


def record(algorithm: str, public: str) -> str:
    """Return the text of the DNS record."""
    return f"v=DKIM1; k={algorithm}; h=sha256; p={public}"
