"""Writing `.env`: what stands there stays, and only its owner reads it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

_LINE = re.compile(r"(?:export )?([A-Za-z_0-9]+)=")


def write(path: Path, values: Mapping[str, str]) -> None:
    """Set these names in the file, whole or not at all; comments, order and all other names stay."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    left = dict(values)
    kept = [_replaced(line, values, left) for line in lines]
    content = "\n".join([*kept, *(_line(name, value) for name, value in left.items())]) + "\n"
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _replaced(line: str, values: Mapping[str, str], left: dict[str, str]) -> str:
    found = _LINE.match(line)
    if not found or found[1] not in values:
        return line
    left.pop(found[1], None)
    return _line(found[1], values[found[1]])


def _line(name: str, value: str) -> str:
    """Quote what the reader would take for quotes of its own."""
    return f"{name}='{value}'" if value[:1] in {"'", '"'} else f"{name}={value}"
