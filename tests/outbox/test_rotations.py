"""A new signing key on both generations, whatever answer is lost: one key more, never a mail that nobody can verify."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import mailserver, outbox
from accounts.audit import Action
from accounts.domain.people import Actor
from accounts.domain.rotation import Stage, Unknown, Verdict
from accounts.models import AuditDetail, AuditEvent, KeyRotation, MailDomain, Operation, Pulse, Status
from accounts.outbox import published
from accounts.services import rotations, ticks
from stalwart_client import DkimAlgorithm, DkimKey, DkimStage, StalwartClient
from stalwart_client.simulator import Simulator
from tests.conftest import Clock
from tests.names import Names

Run = Callable[[], int]

pytestmark = pytest.mark.django_db


@pytest.fixture
def names() -> Iterator[Names]:
    """Name servers that a test fills by hand."""
    made = Names()
    published.use(made)
    yield made
    published.use(None)


@pytest.fixture
def signed(domain: MailDomain, client_of_server: StalwartClient, server: Simulator, clock: Clock) -> MailDomain:
    """metrosure.app with one key of each kind that signs, and the panel knows them."""
    if server.generation == "0.16":
        clock.pass_(seconds=5)
        client_of_server.dkim.set_rotation(domain.name, None)
    for key in client_of_server.dkim.keys(domain.name):
        client_of_server.dkim.delete(domain.name, key.selector)
    for algorithm in DkimAlgorithm:
        client_of_server.dkim.create(domain.name, algorithm, selector=f"old-{algorithm}")
    outbox.look_at_server(clock())
    outbox.look_at_keys(domain, clock())
    return domain


@pytest.fixture
def start(signed: MailDomain, hr: Actor, clock: Clock) -> Callable[..., KeyRotation]:
    def begin(algorithm: str = "ed25519", **given: object) -> KeyRotation:
        return rotations.start_rotation(signed.pk, algorithm=algorithm, by=hr, now=clock(), **given)  # type: ignore[arg-type]

    return begin


def _keys(client: StalwartClient, algorithm: str = "ed25519") -> dict[str, DkimStage]:
    return {key.selector: key.stage for key in client.dkim.keys("metrosure.app") if key.algorithm == algorithm}


def _publish(names: Names, client: StalwartClient, rotation: KeyRotation) -> None:
    record = next(key.record for key in client.dkim.keys("metrosure.app") if key.selector == rotation.selector)
    names.put(record.name, record.content)


def test_the_whole_way(
    start: Callable[..., KeyRotation], client_of_server: StalwartClient, names: Names, clock: Clock, run: Run
) -> None:
    rotation = start()
    run()
    rotation.refresh_from_db()
    assert rotation.stage == Stage.PUBLISHING
    assert _keys(client_of_server) == {"old-ed25519": DkimStage.ACTIVE, rotation.selector: DkimStage.PENDING}

    _tick(clock, run, seconds=61)
    rotation.refresh_from_db()
    assert (rotation.stage, rotation.verdict) == (Stage.PUBLISHING, Verdict.MISSING)
    assert _keys(client_of_server)["old-ed25519"] is DkimStage.ACTIVE

    _publish(names, client_of_server, rotation)
    _tick(clock, run, seconds=61)
    rotation.refresh_from_db()
    assert (rotation.stage, rotation.old_selectors) == (Stage.WAITING, ["old-ed25519"])
    assert _keys(client_of_server)[rotation.selector] is DkimStage.ACTIVE
    assert _keys(client_of_server)["old-ed25519"] is not DkimStage.ACTIVE
    assert _keys(client_of_server, "rsa") == {"old-rsa": DkimStage.ACTIVE}

    _tick(clock, run, days=6.9)
    assert "old-ed25519" in _keys(client_of_server)
    _tick(clock, run, days=0.2)
    rotation.refresh_from_db()
    assert (rotation.stage, rotation.ended_at) == (Stage.DONE, clock())
    assert _keys(client_of_server) == {rotation.selector: DkimStage.ACTIVE}
    told = AuditEvent.objects.filter(action__startswith="key_").order_by("pk").values_list("action", flat=True)
    assert list(told) == [
        Action.KEY_STARTED, Action.KEY_MADE, Action.KEY_RECORD_SEEN, Action.KEY_SIGNS, Action.KEY_REMOVED
    ]  # fmt: skip


def test_the_first_key_of_a_domain_waits_for_its_record_too(
    domain: MailDomain,
    client_of_server: StalwartClient,
    server: Simulator,
    names: Names,
    hr: Actor,
    clock: Clock,
    run: Run,
) -> None:
    if server.generation == "0.16":
        clock.pass_(seconds=5)
        client_of_server.dkim.set_rotation(domain.name, None)
    for key in client_of_server.dkim.keys(domain.name):
        client_of_server.dkim.delete(domain.name, key.selector)
    rotation = rotations.start_rotation(
        domain.pk, algorithm="rsa", by=hr, now=clock(), begin=rotations.Begin.FIRST, days=7
    )
    run()
    assert _keys(client_of_server, "rsa") == {rotation.selector: DkimStage.PENDING}

    _publish(names, client_of_server, rotation)
    _tick(clock, run, seconds=61)

    rotation.refresh_from_db()
    assert rotation.stage == Stage.DONE
    assert _keys(client_of_server, "rsa") == {rotation.selector: DkimStage.ACTIVE}


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        pytest.param(Unknown("silence"), Verdict.UNKNOWN, id="silence"),
        pytest.param(["v=DKIM1; k=ed25519; p=AAAA"], Verdict.DIFFERENT, id="another key"),
    ],
)
def test_nothing_is_switched_before_the_record_was_seen(
    start: Callable[..., KeyRotation],
    client_of_server: StalwartClient,
    names: Names,
    clock: Clock,
    run: Run,
    texts: list[str] | Unknown,
    verdict: Verdict,
) -> None:
    rotation = start()
    run()
    names.answer(rotation.record_name, texts)

    for _ in range(5):
        _tick(clock, run, seconds=61)

    rotation.refresh_from_db()
    assert (rotation.stage, rotation.verdict) == (Stage.PUBLISHING, verdict)
    assert _keys(client_of_server)["old-ed25519"] is DkimStage.ACTIVE


def test_a_person_can_insist_with_a_reason(
    start: Callable[..., KeyRotation], client_of_server: StalwartClient, hr: Actor, clock: Clock, run: Run, names: Names
) -> None:
    rotation = start()
    run()

    rotations.insist(rotation.pk, reason="Split-horizon DNS: we cannot see it from here.", by=hr, now=clock())
    run()

    rotation.refresh_from_db()
    assert rotation.stage == Stage.WAITING
    assert "Split-horizon" in (AuditDetail.objects.get(event__action=Action.KEY_INSISTED).reason or "")


def test_abandoning_deletes_the_new_key_only(
    start: Callable[..., KeyRotation], client_of_server: StalwartClient, hr: Actor, clock: Clock, run: Run, names: Names
) -> None:
    rotation = start()
    run()

    rotations.abandon(rotation.pk, by=hr, now=clock())
    run()

    rotation.refresh_from_db()
    assert rotation.stage == Stage.ABANDONED
    assert _keys(client_of_server) == {"old-ed25519": DkimStage.ACTIVE}


def test_abandoning_while_the_switch_is_under_way_brings_the_old_key_back(
    start: Callable[..., KeyRotation],
    client_of_server: StalwartClient,
    hr: Actor,
    clock: Clock,
    run: Run,
    names: Names,
) -> None:
    rotation = start()
    run()
    KeyRotation.objects.update(stage=Stage.SWITCHING, old_selectors=["old-ed25519"])
    client_of_server.dkim.activate("metrosure.app", rotation.selector)

    rotations.abandon(rotation.pk, by=hr, now=clock())
    run()

    assert _keys(client_of_server) == {"old-ed25519": DkimStage.ACTIVE}


def test_a_key_in_other_hands_is_gone_at_once(
    signed: MailDomain, client_of_server: StalwartClient, hr: Actor, clock: Clock, run: Run, names: Names
) -> None:
    rotation = rotations.replace_compromised(
        signed.pk, selector="old-rsa", reason="Found in a public repository.", by=hr, now=clock()
    )
    run()

    rotation.refresh_from_db()
    assert rotation.stage == Stage.DONE
    assert _keys(client_of_server, "rsa") == {rotation.selector: DkimStage.ACTIVE}
    assert _keys(client_of_server) == {"old-ed25519": DkimStage.ACTIVE}


@pytest.mark.parametrize("stage", [Stage.MAKING, Stage.PUBLISHING, Stage.WAITING])
def test_a_change_that_is_under_way_is_hastened(
    start: Callable[..., KeyRotation],
    signed: MailDomain,
    client_of_server: StalwartClient,
    hr: Actor,
    clock: Clock,
    run: Run,
    names: Names,
    stage: Stage,
) -> None:
    rotation = start()
    if stage is not Stage.MAKING:
        run()
    if stage is Stage.WAITING:
        rotations.insist(rotation.pk, reason="Seen by hand", by=hr, now=clock())
        run()
    outbox.look_at_keys(signed, clock())

    rotations.replace_compromised(signed.pk, selector="old-ed25519", reason="Leaked", by=hr, now=clock())
    run()

    assert KeyRotation.objects.get().stage == Stage.DONE
    assert _keys(client_of_server) == {rotation.selector: DkimStage.ACTIVE}


def test_the_new_key_itself_can_be_the_one_in_other_hands(
    start: Callable[..., KeyRotation],
    signed: MailDomain,
    client_of_server: StalwartClient,
    hr: Actor,
    clock: Clock,
    run: Run,
    names: Names,
) -> None:
    first = start()
    run()
    outbox.look_at_keys(signed, clock())

    second = rotations.replace_compromised(signed.pk, selector=first.selector, reason="Leaked", by=hr, now=clock())
    run()

    assert second.pk != first.pk
    assert _keys(client_of_server) == {second.selector: DkimStage.ACTIVE}


@pytest.mark.parametrize("lost", range(12))
def test_whichever_answer_is_lost_there_is_one_new_key(
    start: Callable[..., KeyRotation],
    server: Simulator,
    client_of_server: StalwartClient,
    names: Names,
    clock: Clock,
    run: Run,
    lost: int,
) -> None:
    rotation = start()
    server.fail_next(drop="after", skip=lost, times=5)
    run()
    server.faults.clear()
    clock.pass_(seconds=600)
    run()
    rotation.refresh_from_db()
    assert _keys(client_of_server) == {"old-ed25519": DkimStage.ACTIVE, rotation.selector: DkimStage.PENDING}

    _publish(names, client_of_server, rotation)
    server.fail_next(drop="after", skip=lost, times=5)
    _tick(clock, run, seconds=3601)
    server.faults.clear()
    clock.pass_(seconds=600)
    run()
    rotation.refresh_from_db()
    assert rotation.stage == Stage.WAITING
    assert _keys(client_of_server)[rotation.selector] is DkimStage.ACTIVE

    server.fail_next(drop="after", skip=lost, times=5)
    _tick(clock, run, days=8)
    server.faults.clear()
    clock.pass_(seconds=600)
    run()
    rotation.refresh_from_db()
    assert rotation.stage == Stage.DONE
    assert _keys(client_of_server) == {rotation.selector: DkimStage.ACTIVE}
    assert not Operation.objects.exclude(status__in=[Status.DONE, Status.SUPERSEDED]).exists()


def test_a_server_that_is_away_is_waited_for(
    start: Callable[..., KeyRotation], server: Simulator, clock: Clock, run: Run, names: Names
) -> None:
    rotation = start()
    server.go_down()
    run()
    rotation.refresh_from_db()
    assert (rotation.stage, rotation.operations.get().error_code) == (Stage.MAKING, "unreachable")
    server.come_up()

    clock.pass_(seconds=60)
    run()

    rotation.refresh_from_db()
    assert rotation.stage == Stage.PUBLISHING


def test_somebody_elses_key_of_the_same_selector_is_left_alone(
    start: Callable[..., KeyRotation], client_of_server: StalwartClient, run: Run, names: Names
) -> None:
    rotation = start()
    theirs = client_of_server.dkim.rotate("metrosure.app", DkimAlgorithm.ED25519, selector=rotation.selector)

    run()

    rotation.refresh_from_db()
    assert rotation.selector != theirs.selector
    assert {theirs.selector, rotation.selector, "old-ed25519"} == set(_keys(client_of_server))


def test_the_old_key_stays_when_the_new_one_was_switched_off_by_others(
    start: Callable[..., KeyRotation],
    client_of_server: StalwartClient,
    hr: Actor,
    clock: Clock,
    run: Run,
    names: Names,
) -> None:
    rotation = start()
    run()
    rotations.insist(rotation.pk, reason="Seen by hand", by=hr, now=clock())
    run()
    client_of_server.dkim.activate("metrosure.app", "old-ed25519")

    _tick(clock, run, days=8)

    operation = rotation.operations.latest("created_at")
    assert (operation.status, operation.error_code) == (Status.FAILED, "other_key_signs")
    assert _keys(client_of_server)["old-ed25519"] is DkimStage.ACTIVE


def test_looking_at_name_servers_says_nothing_about_the_mail_server(
    start: Callable[..., KeyRotation], server: Simulator, clock: Clock, run: Run, names: Names
) -> None:
    start()
    run()
    server.go_down()
    with pytest.raises(mailserver.StalwartError):
        outbox.look_at_server(clock())

    rotations.check(KeyRotation.objects.get().pk, now=clock())
    run()

    assert KeyRotation.objects.get().checked_at == clock()
    assert not Pulse.objects.get(name="server").is_well


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deeds=st.lists(
        st.sampled_from(["publish", "unpublish", "tick", "hours", "days", "down", "up", "insist", "abandon", "lose"]),
        max_size=10,
    )
)
@pytest.mark.parametrize("generation", ["0.15", "0.16"])
def test_whatever_happens_somebody_signs_and_nothing_unseen_does(
    db: None, hr: Actor, generation: str, deeds: list[str]
) -> None:
    """The life of a rotation, in any order of events."""
    life = Life(generation, hr)
    for deed in deeds:
        life.do(deed)
        life.check()
    life.settle()
    life.close()


class Life:
    """One domain with one key, one rotation, and everything that can happen to it."""

    def __init__(self, generation: str, by: Actor) -> None:
        self.clock, self.by, self.insisted, self.is_down = Clock(), by, False, False
        self.server = Simulator(generation=generation, clock=self.clock)  # type: ignore[arg-type]
        mailserver.use(self.server)
        self.client, self.names = mailserver.client(), Names()
        published.use(self.names)
        KeyRotation.objects.all().delete()
        MailDomain.objects.all().delete()
        self.client.create_domain("metrosure.app")
        if generation == "0.16":
            self.clock.pass_(seconds=5)
            self.client.dkim.set_rotation("metrosure.app", None)
        for key in self.client.dkim.keys("metrosure.app"):
            self.client.dkim.delete("metrosure.app", key.selector)
        self.client.dkim.create("metrosure.app", DkimAlgorithm.ED25519, selector="old")
        now = self.clock()
        domain = MailDomain.objects.create(name="metrosure.app", created_at=now, seen_at=now)
        self.rotation = rotations.start_rotation(domain.pk, algorithm="ed25519", by=by, now=now)
        self.seen = False
        self._work()

    def do(self, deed: str) -> None:  # noqa: C901 - a table of what can happen
        stage = KeyRotation.objects.get().stage
        match deed:
            case "publish" if self._new():
                self.names.put(self.rotation.record_name, self._new()[0].record.content)
            case "unpublish":
                self.names.clear()
            case "tick":
                self.clock.pass_(seconds=70)
            case "hours":
                self.clock.pass_(days=0.2)
            case "days":
                self.clock.pass_(days=8)
            case "down":
                self.is_down = True
                self.server.go_down()
            case "up":
                self.is_down = False
                self.server.come_up()
            case "lose":
                self.server.fail_next(drop="after", skip=2, times=4)
            case "insist" if stage == Stage.PUBLISHING:
                rotations.insist(self.rotation.pk, reason="By hand", by=self.by, now=self.clock())
                self.insisted = True
            case "abandon" if stage in {Stage.MAKING, Stage.PUBLISHING, Stage.SWITCHING}:
                rotations.abandon(self.rotation.pk, by=self.by, now=self.clock())
        self.seen = self.seen or bool(self.names.texts)
        self._work()

    def check(self) -> None:
        keys = self._read()
        signing = [key.selector for key in keys if key.stage is DkimStage.ACTIVE]
        assert len(signing) >= 1
        assert len({key.selector for key in keys}) <= 2
        assert signing == ["old"] or self.seen or self.insisted

    def settle(self) -> None:
        """Once everything works and the record is there, it comes to an end."""
        self.do("up")
        for _ in range(4):
            self.do("publish")
            self.clock.pass_(days=8)
            self._work()
        rotation = KeyRotation.objects.get()
        keys = self._read()
        expected = {Stage.DONE: self.rotation.selector, Stage.ABANDONED: "old"}
        assert [(key.selector, key.stage) for key in keys] == [(expected[Stage(rotation.stage)], DkimStage.ACTIVE)]

    def close(self) -> None:
        published.use(None)
        mailserver.forget()

    def _read(self) -> list[DkimKey]:
        """Look at the keys, also while nobody else can."""
        self.server.faults.clear()
        keys = self.client.dkim.keys("metrosure.app")
        if self.is_down:
            self.server.go_down()
        return keys

    def _work(self) -> None:
        rotations.move_on(self.clock())
        while outbox.work(self.clock):
            pass
        self.rotation.refresh_from_db()

    def _new(self) -> list[DkimKey]:
        return [key for key in self._read() if key.selector == self.rotation.selector]


def _tick(clock: Clock, run: Run, *, days: float = 0, seconds: float = 0) -> None:
    clock.pass_(days=days, seconds=seconds)
    ticks.tick(clock)
    run()
