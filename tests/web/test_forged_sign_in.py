"""What a forger, or a provider gone wrong, could send: each is refused with a page, and changes nobody's session."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.test import Client

from accounts.audit import Action
from accounts.models import AuditEvent, OidcIdentity, Staff, StaffSession
from tests.conftest import Clock
from tests.provider import Provider, Sign, begin, come_back, key_pair, public_pem, sign_in

pytestmark = pytest.mark.django_db


def _coded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _unsigned(_provider: Provider, claims: dict[str, Any]) -> str:
    return f"{_coded({'alg': 'none', 'typ': 'JWT'})}.{_coded(claims)}."


def _by_public_key(provider: Provider, claims: dict[str, Any]) -> str:
    """HS256 with the public key as the secret: right for whoever lets the token choose the algorithm."""
    signed = f"{_coded({'alg': 'HS256', 'kid': provider.key_id})}.{_coded(claims)}"
    digest = hmac.new(public_pem(provider.key_id), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def _by_client_secret(_provider: Provider, claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "secret-of-the-panel-" * 2, algorithm="HS256")


def _by_own_key(provider: Provider, claims: dict[str, Any]) -> str:
    return jwt.encode(claims, key_pair("forger"), algorithm="RS256", headers={"kid": provider.key_id})


def _by_unknown_key(_provider: Provider, claims: dict[str, Any]) -> str:
    return jwt.encode(claims, key_pair("forger"), algorithm="RS256", headers={"kid": "forger"})


def _by_key_inside(provider: Provider, claims: dict[str, Any]) -> str:
    """The forger's own key, brought along in the header."""
    public = jwt.algorithms.RSAAlgorithm.to_jwk(key_pair("forger").public_key(), as_dict=True)
    headers = {"kid": "forger", "jwk": public, "jku": f"{provider.root}/forger/"}
    return jwt.encode(claims, key_pair("forger"), algorithm="RS256", headers=headers)


def _other_rsa(provider: Provider, claims: dict[str, Any]) -> str:
    return jwt.encode(claims, key_pair(provider.key_id), algorithm="PS256", headers={"kid": provider.key_id})


def _encrypted(_provider: Provider, _claims: dict[str, Any]) -> str:
    return ".".join([_coded({"alg": "RSA-OAEP", "enc": "A256GCM"}), "a", "b", "c", "d"])


def _critical(provider: Provider, claims: dict[str, Any]) -> str:
    headers = {"kid": provider.key_id, "crit": ["exp2"], "exp2": 1}
    return jwt.encode(claims, key_pair(provider.key_id), algorithm="RS256", headers=headers)


def _changed_after(provider: Provider, claims: dict[str, Any]) -> str:
    header, _, signature = str(provider.signed(claims)).split(".")
    return ".".join([header, _coded({**claims, "sub": "boss"}), signature])


def _a_megabyte(provider: Provider, claims: dict[str, Any]) -> object:
    return provider.signed({**claims, "padding": "x" * 1_000_000})


def _a_long_one(provider: Provider, claims: dict[str, Any]) -> object:
    return provider.signed({**claims, "padding": "x" * 80_000})


def _this(value: object) -> Sign:
    return lambda _provider, _claims: value


SIGNATURES: dict[str, Sign] = {
    "no signature": _unsigned,
    "HS256 with the public key": _by_public_key,
    "HS256 with the client's secret": _by_client_secret,
    "another key under the right name": _by_own_key,
    "an unknown key": _by_unknown_key,
    "a key brought along": _by_key_inside,
    "another algorithm of the same key": _other_rsa,
    "encrypted": _encrypted,
    "a critical extension": _critical,
    "changed after signing": _changed_after,
    "1 MB": _a_megabyte,
    "80 KB": _a_long_one,
    "no token": _this(None),
    "a number": _this(7),
    "a list": _this(["x"]),
    "nonsense": _this("ab.cd"),
    "not ASCII": _this("é.ü.ñ"),
    "a header that is no object": _this(f"{_coded([1])}.{_coded({})}.x"),
}

HOUR = 3600


def _at(clock: Clock, seconds: int) -> int:
    return int((clock() + timedelta(seconds=seconds)).timestamp())


CLAIMS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example/"},
    "another client": {"aud": "other"},
    "no audience": {"aud": None},
    "several clients without azp": {"aud": ["panel", "other"]},
    "several clients, handed to another": {"aud": ["panel", "other"], "azp": "other"},
    "azp of another": {"azp": "other"},
    "no end": {"exp": None},
    "no beginning": {"iat": None},
    "times that are none": {"exp": "soon"},
    "times beyond all": {"exp": 1e300},
    "another nonce": {"nonce": "other"},
    "no nonce": {"nonce": None},
    "a nonce that is no text": {"nonce": ["x"]},
    "nobody": {"sub": ""},
    "a subject that is no text": {"sub": {"id": 1}},
    "a subject longer than any": {"sub": "x" * 256},
    "a subject with half a character": {"sub": "u1\ud800"},
    "a subject with a NUL": {"sub": "u1\x00"},
    "a nonce with half a character": {"nonce": "\ud800"},
}
TIMES = {"expired": {"exp": -61}, "made in an hour": {"iat": HOUR}, "not valid yet": {"nbf": HOUR}}


def _refused(client: Client, provider: Provider) -> str:
    """Try to sign in; returns what the log says of it."""
    request = begin(client)
    answer = come_back(client, code=provider.log_in(request, "u1"), state=request["state"])

    page = answer.content.decode()
    assert answer.status_code in {403, 503}
    assert '<h1 class="t-2">' in page
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert not OidcIdentity.objects.exists()
    assert not StaffSession.objects.exists()
    event = AuditEvent.objects.get()
    assert event.action == Action.SIGN_IN_REFUSED
    return str(event.detail.after)


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_token_that_the_provider_did_not_sign_so(name: str, provider: Provider) -> None:
    provider.sign = SIGNATURES[name]

    said = _refused(Client(), provider)

    # Too long an answer is the provider's own fault, and is not read to its end.
    assert ("provider_wrong" if name == "1 MB" else "token_wrong") in said


@pytest.mark.parametrize("changed", CLAIMS.values(), ids=CLAIMS.keys())
def test_a_token_that_says_something_else(changed: dict[str, Any], provider: Provider) -> None:
    provider.changed = changed

    assert "token_wrong" in _refused(Client(), provider)


@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES.keys())
def test_a_token_of_another_time(times: dict[str, int], provider: Provider, clock: Clock) -> None:
    provider.changed = {name: _at(clock, seconds) for name, seconds in times.items()}

    assert "token_wrong" in _refused(Client(), provider)


def test_an_issuer_is_compared_to_its_last_slash(provider: Provider) -> None:
    provider.changed = {"iss": provider.issuer.rstrip("/")}

    assert "token_wrong" in _refused(Client(), provider)


@pytest.mark.parametrize("seconds", [-50, 50], ids=["their clock is behind", "their clock is ahead"])
def test_clocks_may_differ_by_a_minute(seconds: int, provider: Provider, clock: Clock) -> None:
    provider.changed = {"iat": _at(clock, seconds), "nbf": _at(clock, seconds), "exp": _at(clock, seconds + 20)}

    assert sign_in(Client(), provider).status_code == 302


def test_several_audiences_with_azp_of_ours_are_right(provider: Provider) -> None:
    provider.changed = {"aud": ["other", "panel"], "azp": "panel"}

    assert sign_in(Client(), provider).status_code == 302


def test_userinfo_of_somebody_else(provider: Provider) -> None:
    provider.userinfo_sub = "boss"

    assert "Userinfo speaks of somebody else" in _refused(Client(), provider)


@pytest.mark.parametrize(
    "text", ["\ud800", "\x00", "x" * 100_000 + "@x.org"], ids=["half a character", "NUL", "very long"]
)
@pytest.mark.parametrize("name", ["name", "email", "preferred_username", "sid", "groups"])
def test_words_that_cannot_be_kept_break_nothing(name: str, text: str, provider: Provider) -> None:
    """The signature is right, the person is known: what is said of them is tidied, or the provider was too long."""
    said = text + "@x.org"
    provider.people["u1"] |= {"groups": ["hr", said]} if name == "groups" else {name: said}

    assert sign_in(Client(), provider).status_code in {302, 403, 503}


@pytest.mark.parametrize("text", ["\ud800", "\x00"], ids=["half a character", "NUL"])
def test_a_group_that_cannot_be_kept_gives_no_role_and_breaks_no_log(text: str, provider: Provider) -> None:
    provider.people["u1"]["groups"] = [text]

    assert "no_role" in _refused(Client(), provider)


_KEY = {"kty": "RSA", "kid": "key-1"}


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"keys": []},
        {"keys": "x"},
        {"keys": [7]},
        {"keys": [{"kty": "RSA"}]},
        {"keys": [_KEY]},
        {"keys": [{**_KEY, "n": 7, "e": "AQAB"}]},
        {"keys": [{**_KEY, "n": "!!", "e": "AQAB"}]},
        {"keys": [{**_KEY, "n": "\ud800", "e": "AQAB"}]},
        {"keys": [{**_KEY, "n": "AQAB", "e": "AQAB"}]},
        {"keys": [{**_KEY, "n": "", "e": ""}]},
    ],
    ids=str,
)
def test_a_provider_without_usable_keys(keys: dict[str, Any], provider: Provider) -> None:
    provider.keys = keys

    _refused(Client(), provider)


def test_a_key_without_a_name_is_taken_where_there_is_no_choice_and_rotates_too(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.provider.discovery._AGAIN", -1.0)

    def nameless(provider: Provider, claims: dict[str, Any]) -> object:
        return jwt.encode(claims, key_pair(provider.key_id), algorithm="RS256")

    provider.sign = nameless

    assert sign_in(Client(), provider).status_code == 302
    provider.key_id = "key-2"
    assert sign_in(Client(), provider).status_code == 302
    provider.keys = {"keys": [provider.public_key(), provider.public_key()]}
    assert sign_in(Client(), provider).status_code == 403


def _signed_in(provider: Provider) -> tuple[Client, str]:
    client = Client()
    sign_in(client, provider)
    return client, client.cookies["session"].value


def _is_untouched(client: Client, key: str) -> bool:
    return client.cookies["session"].value == key and client.get("/").status_code == 200


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"error": "access_denied"}, id="an error without a state"),
        pytest.param({"error": "login_required", "state": "x"}, id="an error with an unknown state"),
        pytest.param({"code": "x", "state": "unknown"}, id="an unknown state"),
        pytest.param({"code": "x"}, id="no state"),
        pytest.param({}, id="nothing"),
    ],
)
def test_nobody_is_signed_out_by_a_link(given: dict[str, str], provider: Provider) -> None:
    client, key = _signed_in(provider)

    answer = come_back(client, **given)

    assert answer.status_code == 403
    assert "not begun here" in answer.content.decode()
    assert _is_untouched(client, key)


def test_somebody_else_without_a_role_signs_nobody_out(provider: Provider) -> None:
    """A sign-in that was begun before, in another tab, ends badly after this person came in."""
    provider.people["u2"] = {**provider.people["u1"], "groups": []}
    client = Client()
    other_tab = begin(client)
    sign_in(client, provider)
    key = client.cookies["session"].value

    answer = come_back(client, code=provider.log_in(other_tab, "u2"), state=other_tab["state"])

    assert answer.status_code == 403
    assert _is_untouched(client, key)


def test_an_answer_works_once(provider: Provider) -> None:
    client = Client()
    request = begin(client)
    given = {"code": provider.log_in(request, "u1"), "state": request["state"]}
    come_back(client, **given)
    key = client.cookies["session"].value

    again, elsewhere = come_back(client, **given), come_back(Client(), **given)

    assert again.status_code == elsewhere.status_code == 403
    assert _is_untouched(client, key)


def test_a_used_code_with_a_new_state_is_refused_by_the_provider(provider: Provider) -> None:
    client = Client()
    first = begin(client)
    code = provider.log_in(first, "u1")
    come_back(client, code=code, state=first["state"])
    other = Client()
    second = begin(other)

    answer = come_back(other, code=code, state=second["state"])

    assert answer.status_code == 403
    assert "invalid_grant" in str(AuditEvent.objects.latest("pk").detail.after)
    assert other.get("/").status_code == 302


@pytest.mark.parametrize("name", ["no signature", "an unknown key"])
@pytest.mark.parametrize("ask", ["check", "confirm"])
def test_a_forged_answer_to_a_question_changes_no_session(ask: str, name: str, provider: Provider) -> None:
    client, key = _signed_in(provider)
    provider.sign = SIGNATURES[name]
    request = begin(client, ask=ask)

    answer = come_back(client, code=provider.log_in(request, "u1"), state=request["state"])

    assert answer.status_code == 403
    assert _is_untouched(client, key)


def test_the_password_form_takes_no_answer_of_a_provider(provider: Provider) -> None:
    """A code in the address of the form must not slip past state and nonce."""
    request = begin(Client())
    code = provider.log_in(request, "u1")

    answer = Client().post(f"/sign-in/?code={code}&state={request['state']}", {"username": "x", "password": "y"})

    assert answer.status_code == 422
    assert not Staff.objects.exists()
