"""Unleash's two APIs over HTTP, and its client for Python against the real server."""

import json
from typing import Any

import pytest
from django.test import Client
from UnleashClient import UnleashClient  # type: ignore[attr-defined]

from apps.config.models import KeyKind
from apps.config.services.flags import update_flag
from kernel.identity.models import Tenant
from kernel.testing.tenants import make_key
from tests.config.definitions import boolean, live, put
from tests.config.wire import bearer, key_of, server  # noqa: F401  a fixture

pytestmark = [pytest.mark.usefixtures("tenant"), pytest.mark.django_db(transaction=True)]

FRONTEND = "/config/api/unleash/frontend"
FEATURES = "/config/api/unleash/client/features"
PRO = boolean(targeting={"if": [{"==": [{"var": "plan"}, "pro"]}, "on"]})
COLOUR = json.dumps({"state": "ENABLED", "variants": {"blue": "#00f"}, "defaultVariant": "blue"})


def get(path: str, key: str, query: str = "", **headers: str) -> Any:
    return Client().get(f"{path}{query}", headers={"Authorization": key, **headers})


def test_the_frontend_is_told_the_enabled_toggles_of_its_context() -> None:
    live("pro", PRO)
    live("colour", COLOUR)
    live("off")
    key = key_of()

    by_get = get(FRONTEND, key, "?userId=ann&properties%5Bplan%5D=pro")
    by_post = Client().post(
        FRONTEND,
        json.dumps({"context": {"userId": "ann", "properties": {"plan": "pro"}}}),
        "application/json",
        headers=bearer(key),
    )
    free = get(FRONTEND, key, "?userId=ann&properties%5Bplan%5D=free")

    disabled = {"name": "disabled", "enabled": False, "feature_enabled": True}
    assert by_get.json() == by_post.json()
    assert sorted(by_get.json()["toggles"], key=lambda one: str(one["name"])) == [
        {
            "name": "colour",
            "enabled": True,
            "impressionData": False,
            "variant": {
                "name": "blue",
                "enabled": True,
                "feature_enabled": True,
                "payload": {"type": "string", "value": "#00f"},
            },
        },
        {"name": "pro", "enabled": True, "impressionData": False, "variant": disabled},
    ]
    assert [one["name"] for one in free.json()["toggles"]] == ["colour"]
    again = get(
        FRONTEND, key, "?userId=ann&properties%5Bplan%5D=pro", **{"If-None-Match": by_get["ETag"]}
    )
    assert again.status_code == 304
    other = get(FRONTEND, key, "?userId=bob", **{"If-None-Match": by_get["ETag"]})
    assert other.status_code == 200


def test_a_client_key_sees_no_rules_and_client_visible_toggles_alone() -> None:
    shown = live("shown", boolean("on"))
    update_flag(id=str(shown.pk), client_visible=True)
    live("hidden", boolean("on"))
    key = key_of(KeyKind.CLIENT)

    toggles = get(FRONTEND, key)
    rules = get(FEATURES, key)

    assert [one["name"] for one in toggles.json()["toggles"]] == ["shown"]
    assert toggles["Access-Control-Allow-Origin"] == "*"
    assert (rules.status_code, b"shown" in rules.content) == (403, False)


def test_server_sdks_are_told_rules_with_a_tag() -> None:
    flag = live("pro", PRO)
    for odd in ("café a/b", "share"):
        live(odd, boolean(targeting={"fractional": [["on", 1], ["off", 1]]}))
    key = key_of()

    first = get(FEATURES, key)
    again = get(FEATURES, key, **{"If-None-Match": first["ETag"]})
    put(flag, boolean("on"))
    changed = get(FEATURES, key, **{"If-None-Match": first["ETag"]})

    assert first.json()["version"] == 2
    # What Unleash would split otherwise is not there.
    assert [one["name"] for one in first.json()["features"]] == ["pro"]
    assert first["X-Septet-Left-Out"] == "2 caf%C3%A9%20a/b share"
    assert (again.status_code, changed.status_code) == (304, 200)


def test_the_header_stays_short_however_many_flags_are_left_out() -> None:
    for number in range(6):
        share = {"fractional": [["on", 1], ["off", 1]]}
        live(f"{number}{'ä' * 90}", boolean(targeting=share))

    told = get(FEATURES, key_of())["X-Septet-Left-Out"]

    assert told.startswith("6 0%C3%A4")
    assert told.count(" ") == 3


def test_a_share_as_unleash_hashes_it_is_told_to_server_sdks() -> None:
    ours = {"algorithm": "unleash", "group": "g", "split": [[True, 30]]}
    live("share", boolean(targeting={"if": [{"septet.bucket": ours}, "on"]}))
    rolled = {
        **ours,
        "seed": 86028157,
        "size": 1000,
        "by": {"or": [{"var": "targetingKey"}, {"septet.random": []}]},
        "split": [["a", 400], ["b", 600]],
    }
    variants = {"a": "A", "b": "B"}
    split = {"variants": variants, "defaultVariant": "a", "targeting": {"septet.bucket": rolled}}
    live("split", json.dumps({"state": "ENABLED", **split}))

    answer = get(FEATURES, key_of())

    assert answer["X-Septet-Left-Out"] == "0"
    told = {one["name"]: one["strategies"][0] for one in answer.json()["features"]}
    assert told["share"]["name"] == "flexibleRollout"
    assert told["share"]["parameters"]["rollout"] == "30"
    assert [(one["name"], one["weight"]) for one in told["split"]["variants"]] == [
        ("a", 400),
        ("b", 600),
    ]


@pytest.mark.parametrize("path", [FRONTEND, FEATURES])
def test_who_has_no_good_key_is_told_so(path: str, tenant: Tenant) -> None:
    live("pro", PRO)

    assert Client().get(path).status_code == 401
    assert get(path, "septet_server_nothing").status_code == 401
    assert get(path, f"Bearer {make_key(tenant, 'config:read').secret}").status_code == 403
    assert get(path, make_key(tenant, "config:evaluate").secret).status_code == 200
    assert Client().delete(path, headers={"Authorization": key_of()}).status_code == 405


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"context": 1}', b"\xff"])
def test_a_body_that_is_no_context_is_refused(body: bytes) -> None:
    response = Client().post(FRONTEND, body, "application/json", headers=bearer(key_of()))

    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (
        400,
        "INVALID_INPUT",
    )


def test_unleashs_client_for_python_evaluates_our_flags(server: str, tmp_path: Any) -> None:  # noqa: F811
    live("pro", PRO)
    live("colour", COLOUR)
    live("off")
    client = UnleashClient(
        url=f"{server}/config/api/unleash",
        app_name="test",
        custom_headers={"Authorization": key_of()},
        cache_directory=str(tmp_path),
        disable_metrics=True,
    )
    client.initialize_client()
    try:
        pro = {"userId": "ann", "properties": {"plan": "pro"}}
        assert client.is_enabled("pro", pro) is True
        assert client.is_enabled("pro", {"userId": "ann"}) is False
        assert client.is_enabled("off", pro) is False
        variant = client.get_variant("colour", pro)
    finally:
        client.destroy()

    assert (variant["name"], variant["enabled"]) == ("blue", True)
    assert variant["payload"] == {"type": "string", "value": "#00f"}
