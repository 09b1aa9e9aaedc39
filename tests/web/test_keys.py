"""Signing keys on the page of a domain: what is there, and every step of a new one."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from accounts import mailserver, outbox
from accounts.models import KeyRotation, MailDomain, Operation, Pulse, Staff, Status
from accounts.outbox import published
from accounts.services import rotations, ticks
from stalwart_client import DkimAlgorithm
from stalwart_client.simulator import Simulator
from tests.conftest import Clock
from tests.factories import TESTER
from tests.names import Names

pytestmark = pytest.mark.django_db


@pytest.fixture
def names() -> Iterator[Names]:
    made = Names()
    published.use(made)
    yield made
    published.use(None)


@pytest.fixture(params=["0.15", "0.16"])
def quiet_server(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Simulator]:
    simulator = Simulator(generation=request.param, clock=clock)
    mailserver.use(simulator)
    yield simulator
    mailserver.forget()


@pytest.fixture
def domain(quiet_server: Simulator, clock: Clock, db: None) -> MailDomain:
    """metrosure.app with an RSA key that signs."""
    client = mailserver.client()
    client.create_domain("metrosure.app")
    if quiet_server.generation == "0.16":
        clock.pass_(seconds=5)
        client.dkim.set_rotation("metrosure.app", None)
    for key in client.dkim.keys("metrosure.app"):
        client.dkim.delete("metrosure.app", key.selector)
    client.dkim.create("metrosure.app", DkimAlgorithm.RSA, selector="old")
    outbox.look_at_server(clock())
    return MailDomain.objects.create(name="metrosure.app", created_at=clock(), seen_at=clock())


def _page(client: Client, path: str) -> str:
    return " ".join(client.get(path).content.decode().split())


def _sign_in_again(client: Client) -> None:
    """Sessions end after some hours."""
    client.force_login(Staff.objects.get())


def _work(clock: Clock, *, seconds: float = 0, days: float = 0) -> None:
    clock.pass_(seconds=seconds, days=days)
    ticks.tick(clock)
    while outbox.work(clock):
        pass


def test_keys_are_read_when_the_page_opens(auditor: Client, domain: MailDomain) -> None:
    page = _page(auditor, f"/domains/{domain.pk}/")

    assert "old" in page
    assert "RSA 2048" in page
    assert "Signed" in page
    assert "Replace a key" not in page
    assert "PRIVATE" not in page


def test_a_server_that_is_away_leaves_the_keys_with_their_age(
    auditor: Client, domain: MailDomain, quiet_server: Simulator, clock: Clock
) -> None:
    path = f"/domains/{domain.pk}/"
    _page(auditor, path)
    quiet_server.go_down()
    clock.pass_(days=2)
    _sign_in_again(auditor)

    page = _page(auditor, path)

    assert "old" in page
    assert "Read from the mail server Tue 24 Nov" in page
    assert "The mail server does not answer." in page


def test_a_key_is_replaced_on_the_page(admin: Client, domain: MailDomain, names: Names, clock: Clock) -> None:
    path = f"/domains/{domain.pk}/"
    _page(admin, path)

    asked = admin.post(f"{path}keys/new/", {"algorithm": "rsa", "days": "7"}, follow=True)
    assert "Nothing changes until its record was seen." in asked.content.decode()
    _work(clock)
    rotation = KeyRotation.objects.get()
    page = _page(admin, path)
    assert "Publish this TXT record." in page
    assert rotation.record_value in page
    assert "The same in strings of 255 characters" in page
    assert 'hx-trigger="every 5s' in page

    _work(clock, seconds=61)
    assert "Not there yet." in _page(admin, path)

    names.put(rotation.record_name, rotation.record_value)
    admin.post(f"{path}keys/{rotation.pk}/check/")
    _work(clock)
    page = _page(admin, path)
    assert "Publish this TXT record" not in page
    assert "Deleted Tue 1 Dec" in page

    _work(clock, days=8)
    _sign_in_again(admin)
    page = _page(admin, path)
    assert "These records can be taken out of your DNS." in page
    assert "old._domainkey.metrosure.app" in page


def test_the_part_with_the_keys_can_be_asked_for_alone(admin: Client, domain: MailDomain) -> None:
    answer = admin.get(f"/domains/{domain.pk}/", headers={"HX-Request": "true", "HX-Target": "rotations"})

    page = answer.content.decode()
    assert 'id="rotations"' in page
    assert "<main" not in page


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("v=DKIM1; k=rsa; p=AAAA<script>", "Another text stands under this name."),
        ("", "Not there yet."),
    ],
)
def test_what_stands_there_instead_is_shown(
    admin: Client, domain: MailDomain, names: Names, clock: Clock, text: str, says: str
) -> None:
    path = f"/domains/{domain.pk}/"
    _page(admin, path)
    admin.post(f"{path}keys/new/", {"algorithm": "rsa", "days": "7"})
    _work(clock)
    names.put(KeyRotation.objects.get().record_name, *([text] if text else []))

    _work(clock, seconds=61)

    page = _page(admin, path)
    assert says in page
    assert "<script>" not in page.split("<main")[1].split("</main")[0]


def test_insisting_needs_a_reason(admin: Client, domain: MailDomain, names: Names, clock: Clock) -> None:
    path = f"/domains/{domain.pk}/"
    _page(admin, path)
    admin.post(f"{path}keys/new/", {"algorithm": "rsa", "days": "7"})
    _work(clock)
    switch = f"{path}keys/{KeyRotation.objects.get().pk}/switch/"

    refused = admin.post(switch, {"reason": ""})
    assert (refused.status_code, "Write one sentence." in refused.content.decode()) == (422, True)
    admin.post(switch, {"reason": "Seen by hand"})
    _work(clock)

    page = _page(admin, path)
    assert "the new key signs already, and without it nobody can verify your mail" in page
    assert "Publish a record" in page
    names.put(KeyRotation.objects.get().record_name, KeyRotation.objects.get().record_value)
    _work(clock, seconds=3700)
    assert "nobody can verify your mail" not in _page(admin, path)


def test_abandoning(admin: Client, domain: MailDomain, names: Names, clock: Clock) -> None:
    path = f"/domains/{domain.pk}/"
    _page(admin, path)
    admin.post(f"{path}keys/new/", {"algorithm": "rsa", "days": "7"})
    _work(clock)

    admin.post(f"{path}keys/{KeyRotation.objects.get().pk}/abandon/")
    _work(clock)

    assert [key.selector for key in mailserver.client().dkim.keys("metrosure.app")] == ["old"]
    assert "New RSA" not in _page(admin, path)


def test_a_key_in_other_hands(admin: Client, domain: MailDomain, names: Names, clock: Clock) -> None:
    path = f"/domains/{domain.pk}/"
    _page(admin, path)
    given = {"selector": "old", "reason": "Leaked", "typed": "metrosure.app"}

    wrong = admin.post(f"{path}keys/compromised/", {**given, "typed": "metrosure"})
    assert wrong.status_code == 422
    admin.post(f"{path}keys/compromised/", given)
    _work(clock)

    page = _page(admin, path)
    assert "Take these records out of your DNS now" in page
    assert "Publish this TXT record now" in page
    assert "old" not in [key.selector for key in mailserver.client().dkim.keys("metrosure.app")]


def test_a_second_change_of_the_same_kind_is_refused(
    admin: Client, domain: MailDomain, names: Names, clock: Clock
) -> None:
    path = f"/domains/{domain.pk}/"
    _page(admin, path)
    admin.post(f"{path}keys/new/", {"algorithm": "rsa", "days": "7"})

    again = admin.post(f"{path}keys/new/", {"algorithm": "rsa", "days": "7"})

    assert again.status_code == 422
    assert KeyRotation.objects.count() == 1


@pytest.mark.parametrize("quiet_server", ["0.15"], indirect=True)
def test_what_the_panels_key_lacks_is_named(admin: Client, domain: MailDomain, clock: Clock) -> None:
    pulse = Pulse.objects.get(name="server")
    pulse.facts["lacking"] = {"dkim_rotation": ["settings-list", "settings-update"]}
    pulse.save()
    path = f"/domains/{domain.pk}/"

    page = _page(admin, path)
    refused = admin.post(f"{path}keys/new/", {"algorithm": "rsa", "days": "7"})

    assert "needs these permissions: settings-list, settings-update" in page
    assert refused.status_code == 422
    assert "Change by the server" not in page


@pytest.mark.parametrize("quiet_server", ["0.16"], indirect=True)
def test_the_server_can_change_keys_by_itself(admin: Client, domain: MailDomain, clock: Clock) -> None:
    path = f"/domains/{domain.pk}/"
    assert "Change by the server" in _page(admin, path)
    days = {"rotate_days": "60", "retire_days": "5", "delete_days": "20"}

    refused = admin.post(f"{path}keys/policy/", {"algorithms": ["rsa"], **days, "rotate_days": "0"})
    admin.post(f"{path}keys/policy/", {"algorithms": ["rsa"], **days})
    _work(clock)

    assert refused.status_code == 422
    chosen = mailserver.client().dkim.rotation("metrosure.app")
    assert chosen is not None
    assert chosen.rotate_after.days == 60
    assert "The mail server makes first keys" in _page(admin, path)


def test_a_failed_step_can_be_tried_again(
    admin: Client, domain: MailDomain, names: Names, clock: Clock, quiet_server: Simulator
) -> None:
    path = f"/domains/{domain.pk}/"
    _page(admin, path)
    admin.post(f"{path}keys/new/", {"algorithm": "rsa", "days": "7"})
    _work(clock)
    rotation = KeyRotation.objects.get()
    mailserver.client().dkim.delete("metrosure.app", rotation.selector)
    rotations.insist(rotation.pk, reason="x", by=TESTER, now=clock())
    _work(clock)

    page = _page(admin, path)
    operation = Operation.objects.get(status=Status.FAILED)

    assert "The new key is no longer on the mail server." in page
    assert "Change failed" in page
    assert admin.post(f"/domains/operations/{operation.pk}/retry/")["Location"] == path


@pytest.mark.parametrize("question", ["new/?first", "compromised/", "policy/"])
def test_keys_are_changed_by_whoever_shows_again_who_they_are(
    question: str, admin: Client, domain: MailDomain, clock: Clock
) -> None:
    path = f"/domains/{domain.pk}/keys/{question}"
    clock.pass_(seconds=11 * 60)
    assert admin.get(path).status_code == 200

    asked = admin.post(path, {"algorithm": "ed25519", "selector": "old", "reason": "Seen", "typed": domain.name})
    back = parse_qs(urlsplit(asked["Location"]).query)["next"][0]

    assert urlsplit(asked["Location"]).path == "/step-up/"
    assert back.startswith(path.rstrip("=") if "?" in path else f"{path}?kept=")
    assert not KeyRotation.objects.exists()
