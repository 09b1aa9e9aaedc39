"""Names of DNS as they are kept, shown and typed."""

from __future__ import annotations

ROOT = "."


def fqdn(name: str) -> str:
    """Return a name in lower case with its dot at the end."""
    return name.strip().lower().rstrip(ROOT) + ROOT


def bare(name: str) -> str:
    """Return a name without the dot at its end, as people write it."""
    return name.rstrip(ROOT)


def is_under(name: str, zone: str) -> bool:
    return name == zone or name.endswith(f".{zone}")


def typed(name: str, zone: str) -> str:
    """Return what a provider's form wants as the name: the part before the zone, `@` for the zone itself."""
    if name == zone:
        return "@"
    return name.removesuffix(f".{zone}") if is_under(name, zone) else name


def doubled(name: str, zone: str) -> str:
    """Return where a name ends up when the form adds the zone to one that has it already."""
    return f"{bare(name)}.{zone}"


def was_doubled(host: str, wanted: str, zone: str) -> bool:
    """Say whether a host is the wanted one with the zone added by the form: its last dot was not typed."""
    return bool(zone) and host == doubled(wanted, zone)


def parents(name: str) -> list[str]:
    """Return a name and all above it that can be a zone of somebody's, the longest first."""
    labels = bare(name).split(".")
    return [".".join(labels[start:]) + ROOT for start in range(max(1, len(labels) - 1))]
