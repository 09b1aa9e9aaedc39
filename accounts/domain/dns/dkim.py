"""The public key of a DKIM selector, and whether a published one is it (RFC 6376 3.6.1, RFC 8301, RFC 8463)."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.domain.dns import tags
from accounts.domain.dns.records import Hint


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimRecord:
    version: str
    algorithm: str
    public_key: str
    """In base64, without blanks; empty is a key that was taken back."""
    hashes: frozenset[str]
    """Empty: all."""
    flags: frozenset[str]


def parse(text: str) -> DkimRecord:
    """Read a record as published: blanks, quotes, the order of tags and a missing version are forgiven."""
    found = tags.read(text)
    return DkimRecord(
        version=found.get("v", "DKIM1"),
        algorithm=found.get("k", "rsa").lower() or "rsa",
        public_key="".join(found.get("p", "").split()),
        hashes=_set(found.get("h", "")),
        flags=_set(found.get("t", "")),
    )


def looks_like_one(text: str) -> bool:
    found = tags.read(text)
    return "p" in found or found.get("v", "").upper() == "DKIM1"


def differences(wanted: str, published: str) -> list[Hint]:
    """Return what keeps a published key from proving our signatures; nothing if it does."""
    ours, theirs = parse(wanted), parse(published)
    problems = [
        (theirs.version != "DKIM1", Hint("dkim_version", {"version": theirs.version[:40]})),
        (not theirs.public_key, Hint("dkim_revoked")),
        (theirs.algorithm != ours.algorithm, Hint("dkim_algorithm", {"algorithm": theirs.algorithm[:40]})),
        (bool(theirs.public_key) and theirs.public_key != ours.public_key, _other_key(ours, theirs)),
        (bool(theirs.hashes) and "sha256" not in theirs.hashes, Hint("dkim_hash")),
    ]
    return [hint for is_so, hint in problems if is_so]


def remarks(published: str) -> list[Hint]:
    """Return what is odd about a key that works."""
    return [Hint("dkim_test_mode")] if "y" in parse(published).flags else []


def _other_key(ours: DkimRecord, theirs: DkimRecord) -> Hint:
    """Say whether the key was cut short, as forms do that take 255 characters, or is another one."""
    is_cut = len(theirs.public_key) < len(ours.public_key) and ours.public_key.startswith(theirs.public_key[:-4] or "-")
    return Hint("dkim_cut" if is_cut else "dkim_other_key")


def _set(text: str) -> frozenset[str]:
    return frozenset(part.strip().lower() for part in text.split(":") if part.strip())
