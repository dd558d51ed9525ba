"""Values over HTTP: in four formats, by ETag and revision, and changed by compare-and-swap."""

import json
from typing import Any

import pytest
from django.http import HttpResponse

from apps.config.models import ConfigurationVersion
from apps.config.services.configurations import create_configuration
from kernel.identity.models import Tenant
from kernel.testing.graphql import http_client
from kernel.testing.tenants import make_key, make_tenant

ALL = "/config/api/values/production"


class Api:
    """Sends requests with one key."""

    def __init__(self, secret: str) -> None:
        self._http = http_client()
        self._headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path: str = ALL, **headers: str) -> Any:
        return self._send("get", path, headers)

    def put(self, path: str, body: str | bytes, **headers: str) -> Any:
        return self._send("put", path, headers, data=body, content_type="application/json")

    def delete(self, path: str, **headers: str) -> Any:
        return self._send("delete", path, headers)

    def _send(self, verb: str, path: str, headers: dict[str, str], **told: Any) -> HttpResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response: HttpResponse = getattr(self._http, verb)(
            path, headers=self._headers | named, **told
        )
        return response


def code(response: Any) -> str:
    return str(response.json()["errors"][0]["extensions"]["code"])


@pytest.fixture
def api(tenant: Tenant) -> Api:
    create_configuration(key="mail.host", type="string")
    create_configuration(key="limits", type="object", merge=True)
    return Api(make_key(tenant).secret)


def test_a_value_is_put_read_and_removed(api: Api) -> None:
    put = api.put(f"{ALL}/limits", '{"ratio": 1.0}')
    read = api.get(f"{ALL}/limits")
    removed = api.delete(f"{ALL}/limits")

    assert (put.status_code, put["ETag"], put["Septet-Revision"]) == (204, '"1"', "1")
    assert read.content == b'{"ratio":1.0}'
    assert (read["Septet-Origin"], read["Septet-Revision"]) == ("tenant", "1")
    assert (removed.status_code, removed["ETag"]) == (204, '"2"')
    assert api.get(f"{ALL}/limits").status_code == 404


@pytest.mark.parametrize(
    ("path", "accept", "media", "body"),
    [
        ("", "", "application/json", b'{\n  "mail.host": "a b"\n}\n'),
        (".json", "text/html", "application/json", b'{\n  "mail.host": "a b"\n}\n'),
        (".yaml", "", "application/yaml", b'"mail.host": "a b"\n'),
        (".yml", "", "application/yaml", b'"mail.host": "a b"\n'),
        (".env", "", "text/plain", b"MAIL_HOST='a b'\n"),
        (".properties", "", "text/x-java-properties", b"mail.host=a b\n"),
        ("", "text/html, application/yaml;q=0.5", "application/yaml", b'"mail.host": "a b"\n'),
        ("", "*/*", "application/json", b'{\n  "mail.host": "a b"\n}\n'),
    ],
)
def test_all_of_a_place_is_written_out(
    api: Api, path: str, accept: str, media: str, body: bytes
) -> None:
    api.put(f"{ALL}/mail.host", '"a b"')

    found = api.get(ALL + path, **({"Accept": accept} if accept else {}))

    assert (found.status_code, found["Content-Type"], found.content) == (200, media, body)


def test_what_has_not_changed_is_not_sent_again(api: Api) -> None:
    api.put(f"{ALL}/mail.host", '"a"')
    for path in (ALL, f"{ALL}.env", f"{ALL}/mail.host"):
        tag = api.get(path)["ETag"]

        assert api.get(path, If_None_Match=f'"x", {tag}').status_code == 304
        assert api.get(path, If_None_Match=f"W/{tag}").content == b""
    assert api.get(f"{ALL}?after=1").status_code == 304
    assert api.get(f"{ALL}?after=0").status_code == 200


def test_a_change_of_what_was_not_read_is_refused(api: Api) -> None:
    path = f"{ALL}/mail.host"
    api.put(path, '"a"', If_None_Match="*")
    first = api.get(path)["ETag"]
    second = api.put(path, '"b"', If_Match=first)

    stale = api.put(path, '"c"', If_Match=first)
    there = api.put(path, '"c"', If_None_Match="*")
    none = api.delete(f"{ALL}/limits", If_Match="*")

    assert second["ETag"] == '"2"'
    assert [(one.status_code, code(one)) for one in (stale, there, none)] == [
        (412, "CONFIG_CHANGED_MEANWHILE")
    ] * 3
    assert api.get(path).json() == "b"
    assert api.delete(path, If_Match=second["ETag"]).status_code == 204
    assert api.put(path, '"d"', If_None_Match="*")["ETag"] == '"4"'


def test_a_service_has_values_of_its_own(api: Api) -> None:
    api.put(f"{ALL}/limits", '{"a": 1, "b": 1}')
    api.put(f"{ALL}/limits?service=billing", '{"b": 2}')

    assert api.get(f"{ALL}/limits?service=billing").json() == {"a": 1, "b": 2}
    assert api.get(f"{ALL}/limits?service=other").json() == {"a": 1, "b": 1}
    assert api.get(f"{ALL}?service=billing").json() == {"limits": {"a": 1, "b": 2}}


def test_nothing_of_a_secret_is_answered(api: Api) -> None:
    create_configuration(key="password", type="string", secret=True)
    api.put(f"{ALL}/password", '"hunter2"')

    assert api.get().json() == {}
    assert api.get(f"{ALL}/password").status_code == 404
    bad = api.put(f"{ALL}/password", '["hunter2"]')
    assert (bad.status_code, b"hunter2" in bad.content) == (400, False)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/limits", "{", 400),
        ("/limits", "[]", 400),
        ("/limits", '{"a": NaN}', 400),
        ("/limits", b"\xff", 400),
        ("/limits", "", 400),
        ("/limits", json.dumps({"a": "x" * 200_000}), 413),
        ("/limits", '{"a":' * 50_000, 413),
        ("/limits", '{"a":' * 10_000, 400),
        ("/none", "1", 404),
        ("/a%2Fb", "1", 404),
        ("/a%00b", "1", 404),
        ("/%F0%9F%98%80", "1", 404),
        ("/limits?service=a/b", "{}", 400),
        (f"/limits?service={'a' * 61}", "{}", 400),
    ],
)
def test_what_means_nothing_is_refused(api: Api, path: str, body: str | bytes, status: int) -> None:
    assert api.put(ALL + path, body).status_code == status
    assert ConfigurationVersion.objects.count() == 0


def test_questions_that_mean_nothing_are_refused(api: Api) -> None:
    assert api.get(f"{ALL}?after=x").status_code == 400
    assert api.get(f"{ALL}?after=-1").status_code == 400
    assert api.get("/config/api/values/UPPER").status_code == 400
    assert api.get(ALL, Accept="image/png").status_code == 406
    assert api.put(f"{ALL}/limits", "{}", If_Match="x").status_code == 400
    assert api.put(f"{ALL}/limits", "{}", If_None_Match='"1"').status_code == 400
    assert api.delete(ALL).status_code == 405


def test_two_keys_of_one_name_are_a_conflict_in_that_format_only(api: Api) -> None:
    create_configuration(key="mail_host", type="string")
    api.put(f"{ALL}/mail.host", '"a"')
    api.put(f"{ALL}/mail_host", '"b"')

    refused = api.get(f"{ALL}.env")

    assert (refused.status_code, code(refused)) == (409, "CONFLICT")
    assert api.get(f"{ALL}.properties").content == b"mail.host=a\nmail_host=b\n"


def test_it_takes_a_credential_and_its_scope(api: Api, tenant: Tenant) -> None:
    api.put(f"{ALL}/mail.host", '"a"')
    reader = Api(make_key(tenant, "config:read").secret)
    stranger = Api(make_key(tenant, "audit:read").secret)
    other = Api(make_key(make_tenant()).secret)

    assert reader.get().status_code == 200
    assert reader.put(f"{ALL}/mail.host", '"b"').status_code == 403
    assert stranger.get().status_code == 403
    assert Api("").get().status_code == 401
    assert other.get().json() == {}
    assert other.put(f"{ALL}/mail.host", '"b"').status_code == 404
    assert api.get().json() == {"mail.host": "a"}
