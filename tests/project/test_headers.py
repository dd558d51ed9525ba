"""Every answer tells a browser what it may do with it; production adds HTTPS, and passes Django."""

import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client, RequestFactory
from django.urls import URLPattern, get_resolver
from django.urls.resolvers import RoutePattern, URLResolver

from kernel.headers import DATA_POLICY, PAGE_POLICY, POLICY
from project.checks import every_host_is_named

ROOT = Path(settings.BASE_DIR)
EVERYWHERE = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
#: What stands for the variable parts of a path.
_PARTS = {"service": "audit", "slug": "audit", "app_label": "audit", "content_type_id": "1"}


def routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    """Return a path for every route there is."""
    for pattern in resolver.url_patterns:
        if not isinstance(pattern.pattern, RoutePattern):
            continue
        path = before + re.sub(
            r"<(?:\w+:)?(\w+)>",
            lambda part: _PARTS.get(part[1], "1"),
            str(pattern.pattern),
        )
        if isinstance(pattern, URLPattern):
            yield f"/{path}"
        else:
            yield from routes(pattern, path)


ROUTES = sorted({*routes(get_resolver())})
#: What is no route: a file, what is not there, and what a method or a host is refused for.
OTHERS = ["/static/portal/portal.css", "/static/portal/mark.svg", "/nowhere", "/audit/api/nothing"]


def told(response: Any) -> dict[str, str]:
    return {name: response.headers.get(name) for name in EVERYWHERE}


#: What browsers on any site ask with a key that anybody may see, and never with a session.
FOR_ANY_SITE = (
    "/ofrep/v1/",
    "/config/api/unleash/",
    "/config/api/flags/events",
    "/notifications/api/inbox/",
)
#: Pages that a link in a message leads to: nobody is to learn it from where they go on.
TOLD_TO_NOBODY = ("/notifications/u/", "/notifications/o/", "/notifications/verify/")


@pytest.mark.any_database
@pytest.mark.django_db
@pytest.mark.parametrize("signed_in", [False, True], ids=["stranger", "staff"])
@pytest.mark.parametrize("path", [*ROUTES, *OTHERS])
def test_every_answer_has_its_policies(path: str, signed_in: bool) -> None:
    client = Client(raise_request_exception=False)
    if signed_in:
        client.force_login(User.objects.create_superuser("admin"))

    asked = [client.get(path)] if signed_in else [client.get(path), client.options(path)]
    for response in asked:
        response.close()
        is_page_of_a_link = path.startswith(TOLD_TO_NOBODY) and response.status_code != 405
        referrer = "no-referrer" if is_page_of_a_link else "same-origin"
        assert told(response) == EVERYWHERE | {"Referrer-Policy": referrer}
        policy = response.headers[POLICY]
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        # GraphiQL adds the hash of one style.
        assert re.sub(r" 'sha256-[\w+/=]+'", "", policy) == (
            PAGE_POLICY if is_page else DATA_POLICY
        )
        assert ("camera=()" in response.headers.get("Permissions-Policy", "")) == is_page
        allowed = {None, "*"} if path.startswith(FOR_ANY_SITE) else {None}
        assert response.headers.get("Access-Control-Allow-Origin") in allowed
        assert "Access-Control-Allow-Credentials" not in response.headers


def test_the_routes_are_those_of_every_kind() -> None:
    assert {"/", "/graphql", "/audit/graphql", "/graphiql/audit", "/health/live", "/metrics"} <= {
        *ROUTES
    }
    assert {"/admin/login/", "/admin/audit/auditlog/", "/admin/auth/user/1/password/"} <= {*ROUTES}


def test_no_policy_lets_a_page_run_what_is_written_into_it() -> None:
    assert "unsafe" not in PAGE_POLICY
    assert "*" not in PAGE_POLICY
    for directive in ("default-src", "object-src", "base-uri", "frame-ancestors"):
        assert f"{directive} 'none'" in PAGE_POLICY


@pytest.mark.parametrize("host", ["elsewhere.example", ""])
def test_a_refused_host_is_answered_with_policies_too(host: str) -> None:
    response = Client(headers={"host": host}).get("/")

    assert response.status_code == 400
    assert told(response) == EVERYWHERE
    assert response.headers[POLICY] == PAGE_POLICY


@pytest.mark.django_db
def test_what_breaks_is_answered_with_policies_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: Any) -> None:
        raise KeyError("a secret")

    monkeypatch.setattr("project.portal.views.findings", fail)

    response = Client(raise_request_exception=False).get("/")

    assert response.status_code == 500
    assert b"a secret" not in response.content
    assert told(response) == EVERYWHERE
    assert response.headers[POLICY] == PAGE_POLICY


@pytest.mark.parametrize(
    "path",
    [
        "/.git/config",
        "/.env",
        "/manage.py",
        "/static/",
        "/static/portal/",
        "/static/../manage.py",
        "/static/..%2f..%2fmanage.py",
        "/static//etc/passwd",
        "/static/portal/portal.css/",
        "/docs/../../manage.py",
        "/docs/security/../../../manage.py",
    ],
)
def test_nothing_beside_our_own_files_is_served(client: Client, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    assert b"DJANGO_SETTINGS" not in answer.content
    assert client.trace("/").status_code == client.trace("/graphql").status_code == 405


@pytest.mark.django_db
def test_signing_out_clears_what_the_browser_keeps() -> None:
    client = Client()
    client.force_login(User.objects.create_user("ada"), settings.AUTHENTICATION_BACKENDS[0])

    asked, left = client.get("/sign-out/"), client.post("/sign-out/")

    assert "Clear-Site-Data" not in asked.headers
    assert left.status_code == 302
    assert left.headers["Clear-Site-Data"] == '"storage"'


def test_the_colours_of_the_back_office_are_all_in_a_file() -> None:
    # The theme would write them into each page.
    unfold = finders.find("unfold/css/styles.css")
    ours = finders.find("kernel/theme.css")
    assert unfold
    assert ours
    used = set(
        re.findall(r"var\((--color-(?:base|primary|font)-[\w-]+)\)", Path(unfold).read_text())
    )
    given = set(re.findall(r"(--color-[\w-]+):", Path(ours).read_text()))

    assert used
    assert used <= given


# --- Production ---------------------------------------------------------------------------------


def documented(folder: Path) -> dict[str, str]:
    """Return the environment that the page about security gives for production."""
    page = (ROOT / "docs" / "security" / "index.md").read_text(encoding="utf-8")
    block = re.search(r"## In production.*?```sh\n(.*?)```", page, re.DOTALL)
    assert block
    lines = [line.partition("=") for line in block[1].splitlines() if "=" in line]
    told = {name.removeprefix("export "): value for name, _, value in lines}
    keys = folder / Path(told["ENCRYPTION_KEYS_FILE"]).name
    keys.write_text(json.dumps({"active": "1", "keys": {"1": b64encode(os.urandom(32)).decode()}}))
    keys.chmod(0o600)
    return told | {"DATA_DIR": str(folder), "ENCRYPTION_KEYS_FILE": str(keys)}


def manage(*command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    given = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=given | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_documented_production_passes_djangos_own_judgement(tmp_path: Path) -> None:
    production = documented(tmp_path)
    check = ("check", "--deploy", "--fail-level", "WARNING")

    passed = manage(*check, **production)
    failed = manage(*check, **production | {"HTTPS": "false", "ALLOWED_HOSTS": "*"})

    assert passed.returncode == 0, passed.stderr
    assert "no issues" in passed.stdout
    assert failed.returncode == 1
    found = re.findall(r"\((?:security|septet)\.(\w+)\)", failed.stderr)
    assert sorted(found) == ["W004", "W008", "W010", "W016", "W101"]


def test_production_sends_people_to_https_and_programs_nowhere(tmp_path: Path) -> None:
    source = """
import json
from django.test import Client, RequestFactory
told = {}
for path in ("/", "/sign-in/", "/graphql", "/audit/graphql", "/health/live", "/metrics"):
    for proto in ("http", "https"):
        headers = {"host": "septet.example.com", "x-forwarded-proto": proto}
        answer = Client(headers=headers).get(path)
        told[f"{proto} {path}"] = [
            answer.status_code, answer.headers.get("Strict-Transport-Security"),
            [answer.cookies[name].OutputString() for name in answer.cookies]]
print(json.dumps(told))
"""
    done = manage(
        "shell",
        "--no-imports",
        "-c",
        source,
        **documented(tmp_path) | {"DATABASE_URL": f"sqlite:///{tmp_path}/one.sqlite3"},
    )
    answers = json.loads(done.stdout.splitlines()[-1])

    hsts = "max-age=31536000; includeSubDomains"
    assert {path: status for path, (status, _, _) in answers.items() if path[:5] == "http "} == {
        "http /": 301,
        "http /sign-in/": 301,
        "http /graphql": 406,
        "http /audit/graphql": 406,
        "http /health/live": 200,
        "http /metrics": 200,
    }
    for path, (_, said, _) in answers.items():
        assert said == (hsts if path.startswith("https ") else None)
    (cookie,) = answers["https /sign-in/"][2]
    assert cookie.startswith("__Host-csrftoken=")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=Lax"} <= {*cookie.split("; ")}
    assert "Domain" not in cookie


@pytest.mark.parametrize(("hosts", "found"), [(["*"], ["septet.W101"]), (["one.example"], [])])
def test_any_host_is_too_many_in_production(
    settings: Any, hosts: list[str], found: list[str]
) -> None:
    settings.ALLOWED_HOSTS = hosts

    assert [one.id for one in every_host_is_named()] == found


def test_what_a_client_says_of_https_counts_only_where_a_proxy_is_told_of() -> None:
    request = RequestFactory(headers={"x-forwarded-proto": "https"}).get("/")

    assert settings.SECURE_PROXY_SSL_HEADER is None
    assert not request.is_secure()
