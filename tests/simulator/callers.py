"""The shortest way to say something to a simulator, as an administrator or as a holder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from stalwart_client.simulator import Simulator

ADMIN = ("admin", "admin-secret")
STRONG = "Correct-Horse-9-battery-staple"
HASH = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
USING = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail", "urn:ietf:params:jmap:principals"]


def client_of(server: Simulator, user: str = ADMIN[0], secret: str = ADMIN[1]) -> httpx.Client:
    """Return a client that signs in with a name and a secret."""
    return httpx.Client(transport=server.transport(), base_url="http://mail.example.org", auth=(user, secret))


@dataclass
class Jmap:
    """Makes JMAP calls as one account."""

    server: Simulator
    user: str = ADMIN[0]
    secret: str = ADMIN[1]

    def __call__(self, method: str, arguments: dict[str, Any] | None = None) -> Any:
        """Return what one call answered."""
        return self.all((method, arguments or {}))[0][1]

    def all(self, *calls: tuple[str, dict[str, Any]]) -> Any:
        """Return the responses to several calls of one request."""
        listed = [
            [method, self._own(method) | arguments, str(place)] for place, (method, arguments) in enumerate(calls)
        ]
        answer = self.post({"using": USING, "methodCalls": listed})
        assert answer.status_code == 200, answer.text
        return answer.json()["methodResponses"]

    def _own(self, method: str) -> dict[str, Any]:
        """Return the account that mail calls have to name."""
        if not method.startswith(("Mailbox/", "Email/")):
            return {}
        session = client_of(self.server, self.user, self.secret).get("/jmap/session").json()
        return {"accountId": next(iter(session["accounts"]), "a")}

    def post(self, content: object) -> httpx.Response:
        """Send a whole request."""
        return client_of(self.server, self.user, self.secret).post("/jmap", json=content)

    def create(self, kind: str, **properties: Any) -> str:
        """Create one object and return its id."""
        answer = self(f"x:{kind}/set", {"create": {"new": properties}})
        return str(answer["created"]["new"]["id"])

    def update(self, kind: str, number: str, **properties: Any) -> Any:
        """Update one object; return why it was refused, None if it was not."""
        answer = self(f"x:{kind}/set", {"update": {number: properties}})
        return answer.get("notUpdated", {}).get(number)

    def refusal(self, kind: str, **properties: Any) -> Any:
        """Try to create an object and return why it was refused."""
        return self(f"x:{kind}/set", {"create": {"new": properties}})["notCreated"]["new"]


@dataclass
class Rest:
    """Calls `/api` of 0.15 as one principal."""

    server: Simulator
    user: str = ADMIN[0]
    secret: str = ADMIN[1]

    def __call__(self, method: str, path: str, content: object = None) -> Any:
        """Return the JSON of one call that was answered with 200."""
        answer = self.send(method, path, content)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, method: str, path: str, content: object = None) -> httpx.Response:
        """Send one call under `/api`."""
        client = client_of(self.server, self.user, self.secret)
        return client.request(method, f"/api{path}", json=content)

    def create(self, kind: str, name: str, **fields: Any) -> int:
        """Create one principal and return its id."""
        return int(self("POST", "/principal", {"type": kind, "name": name, **fields})["data"])

    def get(self, name: str) -> Any:
        """Return one principal."""
        return self("GET", f"/principal/{name}")["data"]

    def patch(self, name: str, action: str, field: str, value: object) -> Any:
        """Change one thing of a principal."""
        return self("PATCH", f"/principal/{name}", [{"action": action, "field": field, "value": value}])


def jmap_server(**options: Any) -> Simulator:
    """Return a 0.16 with the domain example.org, id `b`."""
    server = Simulator("0.16", **options)
    Jmap(server).create("Domain", name="example.org", dkimManagement={"@type": "Manual"})
    return server


def rest_server(**options: Any) -> Simulator:
    """Return a 0.15 with the domain example.org."""
    server = Simulator("0.15", **options)
    Rest(server).create("domain", "example.org")
    return server


def add_user(server: Simulator, name: str = "ana", secret: str = STRONG, **properties: Any) -> str:
    """Create an ordinary user of 0.16 and return its id."""
    credential = {"@type": "Password", "secret": secret}
    shape = {"@type": "User", "name": name, "domainId": "b", "credentials": {"0": credential}}
    return Jmap(server).create("Account", **(shape | properties))
