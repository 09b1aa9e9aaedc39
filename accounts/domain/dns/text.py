"""The text of TXT records in zone files: strings of 255 bytes in quotes (RFC 1035 3.3.14 and 5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST = 255
_STRING = re.compile(r'"((?:[^"\\]|\\[0-9]{3}|\\[^0-9])*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\([0-9]{3})|\\([^0-9])", re.DOTALL)


def pieces(text: str) -> list[bytes]:
    """Return a text as the strings that fit into a record; a character of several bytes stays whole."""
    found, piece = [], b""
    for character in text:
        coded = character.encode(errors="surrogateescape")
        if len(piece) + len(coded) > LONGEST:
            found.append(piece)
            piece = b""
        piece += coded
    return [*found, piece]


def quoted(text: str) -> str:
    """Return a text as a zone file has it: in quotes, split where it is too long for one string."""
    return " ".join(f'"{"".join(map(_escaped, piece))}"' for piece in pieces(text))


def unquoted(presentation: str) -> str:
    r"""Return the text behind one or more strings in quotes.

    :raises ValueError: if it is not that
    """
    coded, end = b"", 0
    for found in _STRING.finditer(presentation):
        if presentation[end : found.start()].strip():
            raise ValueError("There is text outside of the quotes.")
        coded, end = coded + b"".join(_bytes(found[1])), found.end()
    if end == 0 or presentation[end:].strip():
        raise ValueError("There is text outside of the quotes.")
    return coded.decode(errors="surrogateescape")


def without_quotes(text: str) -> str:
    """Return a published text without quotes that somebody typed into it."""
    try:
        return unquoted(text.strip())
    except ValueError:
        return text


def _escaped(byte: int) -> str:
    if byte in b'"\\':
        return f"\\{chr(byte)}"
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03d}"


def _bytes(content: str) -> Iterator[bytes]:
    position = 0
    for found in _ESCAPE.finditer(content):
        yield content[position : found.start()].encode(errors="surrogateescape")
        number = int(found[1] or 0)
        if number > 255:
            raise ValueError("There is no such byte.")
        yield bytes([number]) if found[1] else found[2].encode(errors="surrogateescape")
        position = found.end()
    yield content[position:].encode(errors="surrogateescape")
