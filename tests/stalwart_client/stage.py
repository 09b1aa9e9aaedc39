"""A server to try the client on: simulated, or a real one where STALWART_TEST_URL names it."""

from __future__ import annotations

import base64
import os
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Literal

import argon2
import httpx

from stalwart_client import Create, Credentials, Denial, Destroy, Generation, StalwartClient, Wanted
from stalwart_client.simulator import Simulator
from tests.stalwart_client.answers import ADMIN

Simulated = Literal["0.15", "0.16"]
REAL = "real"
_REAL = [REAL] if os.environ.get("STALWART_TEST_URL") else []
SERVERS = ["0.15", "0.16", *_REAL]
WITHOUT_DEADLINES = ["0.15", *_REAL]
WITH_DEADLINES = ["0.16", *_REAL]

_HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def hashed(password: str) -> str:
    """Return a hash that is cheap to check and worth nothing elsewhere."""
    return _HASHER.hash(password)


@dataclass
class Stage:
    """One server, our client of it, and a domain that is there for one test only."""

    client: StalwartClient
    http: httpx.Client
    admin: tuple[str, str]
    simulator: Simulator | None = None
    domain: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:12]}.metrosure.app")

    def at(self, local: str) -> str:
        return f"{local}@{self.domain}"

    def opened(self, local: str, *, password: str = "", **wanted: Any) -> str:
        """Make a mailbox and return its address."""
        secret = hashed(password) if password else None
        create = Create(wanted=Wanted(address=self.at(local), **wanted), secret=secret)
        (outcome,) = self.client.apply([create])
        assert outcome.error is None
        return create.address

    def sign_in(self, address: str, password: str) -> int:
        """Return the status that a holder gets: 200 is in, 403 is locked, 401 is the wrong password."""
        path = "/api/account/auth" if self.is_rest else "/api/account"
        return self.http.get(path, auth=(address, password)).status_code

    def add_app_password(self, address: str, name: str) -> str:
        """Make an app password as its holder would, and return it."""
        if self.is_rest:
            value = f"$app${name}${hashed('app-secret')}"
            self.rest("PATCH", f"/{address}", [{"action": "addItem", "field": "secrets", "value": value}])
            return "app-secret"
        ident = self.client.mailbox(address).id
        made = self.jmap("x:AppPassword/set", accountId=ident, create={"p": {"description": name}})
        return str(made["created"]["p"]["secret"])

    def deny_by_hand(self, address: str) -> None:
        """Take a right from a mailbox that the panel knows nothing about."""
        if self.is_rest:
            step = {"action": "addItem", "field": "disabledPermissions", "value": "email-send"}
            self.rest("PATCH", f"/{address}", [step])
            return
        permissions = {"@type": "Merge", "enabledPermissions": {}, "disabledPermissions": {"emailSend": True}}
        self.jmap("x:Account/set", update={self.client.mailbox(address).id: {"permissions": permissions}})

    def is_denied_by_hand(self, address: str) -> bool:
        if self.is_rest:
            return "email-send" in self.rest("GET", f"/{address}")["disabledPermissions"]
        got = self.jmap("x:Account/get", ids=[self.client.mailbox(address).id], properties=["permissions"])
        return "emailSend" in got["list"][0]["permissions"]["disabledPermissions"]

    def add_group(self, local: str) -> None:
        if self.is_rest:
            self.rest("POST", "", {"type": "group", "name": self.at(local), "emails": [self.at(local)]})
        else:
            self.jmap("x:Account/set", create={"g": {"@type": "Group", "name": local, "domainId": self.domain_id()}})

    def add_panel_key(self, objects: list[str]) -> str:
        """Make a key that may do what the panel needs with these kinds of objects, and return its token."""
        if self.is_rest:
            names = [f"{kind}-{verb}" for kind in objects for verb in ("list", "get", "create", "update", "delete")]
            names.append("settings-reload")
            self.rest("POST", "", {"type": "role", "name": "panel", "roles": ["user"], "enabledPermissions": names})
            self.rest("POST", "", {"type": "apiKey", "name": "key", "secrets": ["s3cret"], "roles": ["panel"]})
            return "api_" + base64.b64encode(b"key:s3cret").decode()
        kinds = ["Account" if kind == "individual" else kind.title() for kind in objects]
        names = [f"sys{kind}{verb}" for kind in kinds for verb in ("Get", "Query", "Create", "Update", "Destroy")]
        rights = dict.fromkeys(names, True)
        role = {"description": "panel", "roleIds": {"b": True}, "enabledPermissions": rights}
        made = self.jmap("x:Role/set", create={"r": role})["created"]["r"]["id"]
        holder = {"@type": "User", "name": "panel", "domainId": self.domain_id()}
        roles = {"@type": "Custom", "roleIds": {made: True}}
        ident = self.jmap("x:Account/set", create={"s": holder | {"roles": roles}})["created"]["s"]["id"]
        key = self.jmap("x:ApiKey/set", accountId=ident, create={"k": {"description": "panel"}})
        return str(key["created"]["k"]["secret"])

    @property
    def is_rest(self) -> bool:
        return self.client.generation is Generation.REST

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, f"/api/principal{path}", json=body, auth=self.admin).json()
        assert "error" not in answer
        return answer["data"]

    def jmap(self, method: str, **arguments: Any) -> Any:
        call = {"using": ["urn:ietf:params:jmap:core", "urn:stalwart:jmap"], "methodCalls": [[method, arguments, "0"]]}
        ((_, result, _),) = self.http.post("/jmap", json=call, auth=self.admin).json()["methodResponses"]
        assert not [key for key in result if key.startswith("not") and result[key]]
        return result

    def domain_id(self) -> str:
        return next(each.id for each in self.client.domains() if each.name == self.domain)

    def clear(self) -> None:
        """Leave a real server as it was."""
        ours = [mailbox.address for mailbox in self.client.walk() if mailbox.address.endswith(f"@{self.domain}")]
        self.client.apply([Destroy(address=address) for address in ours])
        for group in self.client.groups.all():
            if group.address.endswith(f"@{self.domain}"):
                self.client.groups.delete(group.address)
        for mailing_list in self.client.lists.all():
            if mailing_list.address.endswith(f"@{self.domain}"):
                self.client.lists.delete(mailing_list.address)
        self.client.delete_domain(self.domain)

    def clear_key(self, name: str) -> None:
        """Take the panel's key away again."""
        if self.is_rest:
            for each in (name, f"{name}-role"):
                self.rest("DELETE", f"/{each}")
            return
        self.jmap("x:Account/set", destroy=self.jmap("x:Account/query", filter={"name": name})["ids"])
        self.jmap("x:Role/set", destroy=self.jmap("x:Role/query", filter={"description": name})["ids"])

    def wait_for_keys(self) -> None:
        """Let the server make the first keys of its domain, where it does."""
        if self.simulator is not None:
            self.simulator.advance(5)
        for _ in range(20):
            if self.is_rest or len(self.client.dkim.keys(self.domain)) == 2:
                return
            time.sleep(0.2)


def real_stage() -> Stage:
    url, user = os.environ["STALWART_TEST_URL"], os.environ["STALWART_TEST_USER"]
    password = os.environ["STALWART_TEST_PASSWORD"]
    client = StalwartClient(url, Credentials(user=user, secret=password))
    return Stage(client, httpx.Client(base_url=url, trust_env=False), (user, password))


def simulated_stage(generation: Simulated) -> Stage:
    simulator = Simulator(generation=generation)
    client = StalwartClient("http://mail.test", ADMIN, transport=simulator.transport(), sleep=lambda _: None)
    http = httpx.Client(base_url="http://mail.test", transport=simulator.transport())
    return Stage(client, http, (ADMIN.user, ADMIN.secret), simulator)


LOCK = frozenset({Denial.SIGN_IN})
