"""OFREP over HTTP: who may ask, for what, and what is answered when something is wrong."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.config.models import FeatureFlag, KeyKind
from apps.config.selectors import keys as keys_module
from apps.config.services import snapshots as snapshots_module
from apps.config.services.environments import create_environment, default
from apps.config.services.flags import update_flag
from apps.config.services.keys import revoke_environment_key
from kernel import clock
from kernel.env import Rate
from kernel.identity.models import Tenant
from kernel.ratelimits.limiter import limiter
from kernel.tenancy.context import in_tenant
from kernel.testing.tenants import make_key, make_tenant
from tests.config.definitions import boolean, live, put
from tests.config.wire import BULK, bearer, evaluate, evaluate_all, key_of

pytestmark = [pytest.mark.usefixtures("tenant"), pytest.mark.django_db(transaction=True)]

BY_KEY = boolean(targeting={"if": [{"==": [{"var": "targetingKey"}, "ann"]}, "on"]})


def shown(key: str, definition: str | None = None) -> FeatureFlag:
    """Make a flag that is live and client-visible."""
    flag = live(key, definition)
    update_flag(id=str(flag.pk), client_visible=True)
    return flag


@pytest.mark.parametrize("key", ["dark-mode", "a/b", "a b", "größe/日本", "..", "%2F", "a?b#c"])
def test_one_flag_is_answered_whatever_is_in_its_key(key: str) -> None:
    live(key)

    response = evaluate(key_of(), key)

    assert (response.status_code, response.json()) == (
        200,
        {"key": key, "value": False, "variant": "off", "reason": "STATIC", "metadata": {}},
    )
    assert response["X-Septet-Revision"] == "1"


def test_a_float_stays_one_and_a_flag_without_a_value_has_none() -> None:
    definition = '{"state": "ENABLED", "variants": {"one": 1.0}, "defaultVariant": "one"}'
    live("ratio", definition)
    live("mine", json.dumps({"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": None}))
    key = key_of()

    assert b'"value":1.0' in evaluate(key, "ratio").content
    assert evaluate(key, "mine").json() == {
        "key": "mine",
        "reason": "DEFAULT",
        "variant": "",
        "metadata": {},
    }


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 200, None),
        (b"{}", 200, None),
        (b'{"context": {}}', 200, None),
        (b'{"context": {"targetingKey": 7}}', 200, None),
        (b'{"context": null}', 200, None),
        (b"{", 400, "PARSE_ERROR"),
        (b'{"context": []}', 400, "INVALID_CONTEXT"),
        (b"[]", 400, "INVALID_CONTEXT"),
        (b"\xff", 400, "PARSE_ERROR"),
        (b'{"context": ' + b'{"a":' * 2_000 + b"1" + b"}" * 2_000 + b"}", 400, "PARSE_ERROR"),
        (b'{"context": {"a": "' + b"x" * 300_000 + b'"}}', 413, "GENERAL"),
    ],
)
@pytest.mark.parametrize("path", [BULK, f"{BULK}/dark-mode"])
def test_whatever_the_body_is_there_is_an_answer(
    path: str, body: bytes, status: int, code: str | None
) -> None:
    live("dark-mode", BY_KEY)

    response = Client().post(path, body, "application/json", headers=bearer(key_of()))

    assert response.status_code == status
    assert response.json().get("errorCode") == code
    if code:
        assert isinstance(response.json()["errorDetails"], str)


def test_an_unknown_flag_and_an_archived_one_are_not_there() -> None:
    flag = live("old")
    put(flag, None)

    for key in ("old", "never"):
        response = evaluate(key_of(), key)
        assert (response.status_code, response.json()["errorCode"]) == (404, "FLAG_NOT_FOUND")
        assert response.json()["key"] == key


def test_all_flags_come_with_a_tag_that_covers_revision_and_context() -> None:
    flag = live("dark-mode", BY_KEY)
    live("other")
    key = key_of()
    first = evaluate_all(key, {"targetingKey": "ann"})
    tag = {"If-None-Match": first["ETag"]}

    again = evaluate_all(key, {"targetingKey": "ann"}, tag)
    another = evaluate_all(key, {"targetingKey": "bob"}, tag)
    put(flag, boolean("on"))
    changed = evaluate_all(key, {"targetingKey": "ann"}, tag)

    assert {one["key"]: one["value"] for one in first.json()["flags"]} == {
        "dark-mode": True,
        "other": False,
    }
    assert first.json()["metadata"] == {"environment": "production", "revision": 2}
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert another.json()["flags"][0]["value"] is False
    assert changed.status_code == 200
    assert changed.json()["flags"][0]["reason"] == "STATIC"


def test_a_broken_flag_is_an_item_and_takes_no_other_down() -> None:
    live("good")
    live("bad", boolean(targeting={"if": [True, {"var": "chosen"}]}))

    found = evaluate_all(key_of(), {"chosen": "purple"}).json()["flags"]

    assert {one["key"]: one.get("errorCode") for one in found} == {"bad": "GENERAL", "good": None}
    assert evaluate(key_of(), "bad", {"chosen": "purple"}).status_code == 400


@pytest.mark.parametrize("path", [BULK, f"{BULK}/dark-mode"])
def test_who_has_no_good_key_is_told_so(path: str, tenant: Tenant) -> None:
    live("dark-mode")
    good = key_of()

    def ask(**headers: str) -> Any:
        return Client().post(path, "{}", "application/json", headers=headers)

    assert ask().status_code == 401
    assert ask(Authorization=f"Bearer {good[:-1]}").status_code == 401
    assert ask(Authorization="Basic eDp5").status_code == 401
    assert ask(Authorization="Bearer septet_server_x").status_code == 401
    lacking = ask(**bearer(make_key(tenant, "config:read").secret))
    assert (lacking.status_code, lacking.json()["errorCode"]) == (403, "GENERAL")
    assert ask(**bearer(make_key(tenant, "config:evaluate").secret)).status_code == 200
    assert ask(**{"X-API-Key": good}).status_code == 200
    assert ask(**{"X-API-Key": make_key(tenant, "config:evaluate").secret}).status_code == 200
    assert ask(Authorization=good).status_code == 200


def test_a_key_sees_its_own_tenant_and_environment_alone(tenant: Tenant) -> None:
    other_tenant = make_tenant("other")
    live("dark-mode")
    staging = create_environment(key="staging")
    api_key = make_key(tenant, "config:evaluate").secret
    with in_tenant(other_tenant.pk):
        live("theirs")
        theirs = key_of()

    assert evaluate(key_of(environment=staging), "dark-mode").status_code == 404
    assert evaluate(theirs, "dark-mode").status_code == 404
    assert evaluate(theirs, "theirs").status_code == 200
    assert evaluate(api_key, "dark-mode").status_code == 200
    chosen = {"X-Septet-Environment": "staging"}
    assert evaluate(api_key, "dark-mode", headers=chosen).status_code == 404
    unknown = evaluate(api_key, "dark-mode", headers={"X-Septet-Environment": "nowhere"})
    assert (unknown.status_code, unknown.json()["errorCode"]) == (400, "GENERAL")


def test_a_client_key_sees_values_of_client_visible_flags_alone() -> None:
    shown("public")
    live("secret")
    key = key_of(KeyKind.CLIENT)

    everything = evaluate_all(key)
    hidden = evaluate(key, "secret")

    assert [one["key"] for one in everything.json()["flags"]] == ["public"]
    assert b"secret" not in everything.content
    assert hidden.status_code == 404
    assert hidden.json()["errorDetails"] == evaluate(key, "nothing").json()["errorDetails"].replace(
        "nothing", "secret"
    )
    assert evaluate(key, "public").status_code == 200


def test_browsers_may_use_client_keys_from_anywhere_and_no_others() -> None:
    shown("public")
    client, server = key_of(KeyKind.CLIENT), key_of()

    asked = Client().options(f"{BULK}/public")

    assert (asked.status_code, asked["Access-Control-Allow-Origin"]) == (204, "*")
    assert "x-api-key" in asked["Access-Control-Allow-Headers"]
    for response in (evaluate(client, "public"), evaluate_all(client), evaluate(client, "none")):
        assert response["Access-Control-Allow-Origin"] == "*"
    assert evaluate(f"{client}x", "public")["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in evaluate(server, "public")


def test_a_revoked_key_opens_nothing() -> None:
    live("dark-mode")
    key = key_of()
    assert evaluate(key, "dark-mode").status_code == 200

    revoke_environment_key(id=str(default().keys.get().pk))

    assert evaluate(key, "dark-mode").status_code == 401


def test_an_evaluation_asks_the_database_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (snapshots_module, keys_module):
        monkeypatch.setattr(module, "CHECK_SECONDS", 1_000)
    live("dark-mode")
    key = key_of()
    evaluate(key, "dark-mode")

    with CaptureQueriesContext(connection) as queries:
        for _ in range(20):
            evaluate(key, "dark-mode", {"targetingKey": "ann"})
            evaluate_all(key, {"targetingKey": "ann"})

    assert len(queries) == 0


def test_the_last_good_flags_are_served_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live("dark-mode")
    key = key_of()
    evaluate(key, "dark-mode")

    def away(*_: Any) -> Any:
        raise OperationalError("gone")

    monkeypatch.setattr(snapshots_module, "named", away)
    monkeypatch.setattr(snapshots_module, "CHECK_SECONDS", 0)
    monkeypatch.setattr(keys_module, "_load", away)
    response = evaluate(key, "dark-mode")
    everything = evaluate_all(key)

    assert (response.status_code, response.json()["value"]) == (200, False)
    assert response["X-Septet-Stale-Since"]
    assert everything.json()["metadata"]["staleSince"] == response["X-Septet-Stale-Since"]


def test_whoever_asks_too_often_is_told_when_to_come_again(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:

    live("dark-mode")
    key = key_of()
    settings.RATE_LIMIT_CREDENTIAL = Rate(1, 3)
    limiter.cache_clear()
    try:
        answers = [evaluate(key, "dark-mode") for _ in range(6)]
    finally:
        limiter.cache_clear()

    assert [one.status_code for one in answers][:3] == [200, 200, 200]
    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) >= 1
    assert answers[-1].json()["key"] == "dark-mode"


def test_other_methods_are_refused() -> None:
    response = Client().get(f"{BULK}/dark-mode", headers=bearer(key_of()))

    assert response.status_code == 405


def test_the_stream_of_an_environment_is_in_the_answer_and_opens_with_its_token() -> None:
    live("dark-mode")
    key = key_of(KeyKind.CLIENT)
    [stream] = evaluate_all(key).json()["eventStreams"]
    address = stream["endpoint"]["requestUri"]

    opened = Client().get(address)
    again = evaluate_all(key).json()["eventStreams"]

    assert (stream["type"], stream["inactivityDelaySec"]) == ("sse", 120)
    assert again == [stream]
    assert opened["Content-Type"] == "text/event-stream"
    assert opened["Access-Control-Allow-Origin"] == "*"
    environment = default().pk.hex
    assert f'id: {environment}-1\ndata: {{"type":"refetchEvaluation"'.encode() in opened.content
    seen = Client().get(address, headers={"Last-Event-ID": f"{environment}-1"})
    assert b"refetchEvaluation" not in seen.content
    assert Client().get(address[:-1]).status_code == 401
    assert Client().get("/config/api/flags/events").status_code == 401
    assert Client().get("/config/api/flags/events", headers=bearer(key)).status_code == 200


def test_the_token_of_a_stream_is_good_for_half_an_hour_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:

    live("dark-mode")
    address = evaluate_all(key_of()).json()["eventStreams"][0]["endpoint"]["requestUri"]
    later = clock.now() + timedelta(minutes=30)
    monkeypatch.setattr("kernel.clock.now", lambda: later)

    response = Client().get(address)

    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (
        401,
        "UNAUTHENTICATED",
    )


def test_a_client_that_was_told_of_a_revision_is_not_answered_with_an_older_one() -> None:
    flag = live("dark-mode")
    key = key_of()
    evaluate_all(key)
    # As another process would: past this one's memory.
    put(flag, boolean("on"))
    kept = snapshots_module.snapshots
    fresh = kept.get(flag.tenant_id, default().pk)
    held = kept._held[(flag.tenant_id, default().pk)]

    held.snapshot = replace(fresh, revision=1)

    told = evaluate_all(key, query=f"?flagConfigEtag=%22{default().pk.hex}-2%22")

    assert told["X-Septet-Revision"] == "2"
