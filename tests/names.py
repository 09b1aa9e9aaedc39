"""Name servers for tests: what stands at a name, or why nobody knows."""

from __future__ import annotations

from accounts.domain.rotation import Unknown


class Names:
    """Answers for every name; one that was never put has nothing."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str] | Unknown] = {}

    def __call__(self, name: str) -> list[str] | Unknown:
        return self.texts.get(name, [])

    def put(self, name: str, *texts: str) -> None:
        self.texts[name] = list(texts)

    def answer(self, name: str, answer: list[str] | Unknown) -> None:
        self.texts[name] = answer

    def clear(self) -> None:
        self.texts.clear()
