"""The keys of an embedded panel: made once, kept in the data folder, readable by its owner only."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True, slots=True)
class Keys:
    secret_key: str
    field_keys: list[str]


def kept_in(folder: Path) -> Keys:
    """Return the keys of this data folder; the first call makes them, also when several processes start at once."""
    path = folder / "keys.json"
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _write_once(path, {"secret_key": secrets.token_urlsafe(50), "field_keys": [Fernet.generate_key().decode()]})
        return Keys(**json.loads(path.read_text(encoding="utf-8")))
    except OSError as exc:
        raise ImproperlyConfigured(f"DATA_DIR: {folder} cannot be used ({exc.strerror}).") from exc
    except (ValueError, TypeError) as exc:
        raise ImproperlyConfigured(f"{path} is damaged. Put the file of the last backup there.") from exc


def _write_once(path: Path, contents: dict[str, object]) -> None:
    """Write the whole file or nothing; who comes second keeps what the first one wrote."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(contents, file)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
