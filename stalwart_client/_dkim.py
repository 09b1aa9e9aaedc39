"""DKIM keys made here, and the names they go by. A private key is a text that goes to the server and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from stalwart_client._domain_types import DkimAlgorithm
from stalwart_client._errors import AlreadyExists, Invalid

RSA_BITS = 2048
"""What RFC 8301 asks for at least; a longer key does not fit into one answer over UDP."""
_SELECTOR = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


def private_key(algorithm: DkimAlgorithm) -> str:
    """Make a private key and return it as PEM (PKCS #8)."""
    key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
    if algorithm is DkimAlgorithm.ED25519:
        key = ed25519.Ed25519PrivateKey.generate()
    else:
        key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def free_selector(wanted: str, algorithm: DkimAlgorithm, taken: Collection[str], today: date) -> str:
    """Return the selector that is wanted, or one made of the date, which no key of the domain has.

    :raises AlreadyExists: if the wanted one is taken
    :raises Invalid: if it is no name in DNS
    """
    if wanted:
        if not _SELECTOR.fullmatch(wanted):
            raise Invalid("A selector is made of small letters, digits and hyphens.", subject="selector")
        if wanted in taken:
            raise AlreadyExists("Another key of the domain has this selector.", subject=wanted)
        return wanted
    base = f"{today:%Y%m%d}{algorithm[0]}"
    numbered = (base if n == 1 else f"{base}{n}" for n in range(1, len(taken) + 2))
    return next(each for each in numbered if each not in taken)
