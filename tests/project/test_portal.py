"""The portal: what it tells people and programs, about this process and about the others."""

import hashlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils.html import escape

from kernel.identity.models import Tenant
from kernel.observability import health
from kernel.services import BY_NAME
from kernel.testing.tenants import make_tenant
from project.portal import catalogue
from project.portal.examples import EXAMPLES, snippets
from project.portal.library import Library
from project.version import VERSION

PORTAL = Path(catalogue.__file__).parent
ROOT = PORTAL.parents[2]
Neighbour = Callable[[int], str]
#: In place of a status: no byte ever, or one byte now and then.
SILENT, DRIPPING = 0, 1


@pytest.fixture(autouse=True)
def _checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_checks", {"database": lambda: "answers"})
    # A busy machine is late at times: only where lateness is the point, it counts.
    monkeypatch.setattr(catalogue, "DEADLINE_SECONDS", 5.0)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A short deadline, for what never answers."""
    monkeypatch.setattr(catalogue, "DEADLINE_SECONDS", 0.1)


@pytest.fixture
def asked() -> list[str]:
    """The paths that neighbours were asked for, in order."""
    return []


@pytest.fixture
def neighbour(asked: list[str]) -> Iterator[Neighbour]:
    """Starts another process's server that answers with a status, or not at all; its URL."""
    end = threading.Event()
    servers: list[ThreadingHTTPServer] = []

    def start(status: int) -> str:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                for _ in range(200 if status in {SILENT, DRIPPING} else 0):
                    self.wfile.write(b"x" * (status == DRIPPING))
                    if end.wait(0.02):
                        return
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Answer))
        threading.Thread(target=servers[-1].serve_forever, args=[0.01]).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    end.set()
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def only_audit(settings: LazySettings) -> LazySettings:
    """A process that serves audit; where a test says nothing else, nobody serves the others."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
    settings.SERVICES = ("audit",)
    settings.SERVICE_URLS = dict.fromkeys(BY_NAME, nobody)
    return settings


def told(client: Client) -> dict[str, Any]:
    services: list[dict[str, Any]] = client.get("/.well-known/services").json()["services"]
    return {service["name"]: service for service in services}


def test_programs_are_told_the_seven_services_with_their_addresses(client: Client) -> None:
    response = client.get("/.well-known/services")

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    body = response.json()
    assert (body["product"], body["version"]) == ("Septet", VERSION)
    assert [service["name"] for service in body["services"]] == list(BY_NAME)
    assert body["services"][0] == {
        "name": "audit",
        "title": "Audit",
        "summary": BY_NAME["audit"].summary,
        "port": 3009,
        "entities": list(BY_NAME["audit"].entities),
        "served_here": True,
        "url": "http://testserver",
        "graphql": "http://testserver/audit/graphql",
        "sdl": "http://testserver/audit/schema.graphql",
        "health": "up",
    }


@pytest.mark.parametrize(("status", "expected"), [(200, "up"), (503, "down"), (500, "down")])
def test_another_process_is_asked_how_it_is(
    client: Client,
    only_audit: LazySettings,
    neighbour: Neighbour,
    asked: list[str],
    status: int,
    expected: str,
) -> None:
    only_audit.SERVICE_URLS["files"] = neighbour(status)

    services = told(client)

    assert asked == ["/health/ready"]
    assert services["files"]["health"] == expected
    assert services["files"]["served_here"] is False
    assert services["files"]["graphql"] == f"{only_audit.SERVICE_URLS['files']}/files/graphql"
    assert services["audit"]["health"] == "up"


def test_a_process_that_refuses_the_connection_is_down(
    client: Client, only_audit: LazySettings
) -> None:
    assert only_audit.SERVICES == ("audit",)

    services = told(client)

    assert [service["health"] for service in services.values()] == ["up"] + ["down"] * 6


def test_however_many_look_a_neighbour_is_asked_once_a_second(
    client: Client,
    only_audit: LazySettings,
    neighbour: Neighbour,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    only_audit.SERVICE_URLS |= dict.fromkeys(("files", "config"), neighbour(200))
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)

    for _ in range(3):
        told(client)
    first_second = len(asked)
    now += 1
    told(client)

    assert (first_second, len(asked)) == (1, 2)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("silence", [SILENT, DRIPPING])
def test_six_silent_neighbours_hold_nobody_up(
    client: Client, only_audit: LazySettings, neighbour: Neighbour, silence: int
) -> None:
    only_audit.SERVICE_URLS = {name: neighbour(silence) for name in BY_NAME}
    begun = time.perf_counter()

    services = told(client)

    assert time.perf_counter() - begun < 2
    assert [service["health"] for service in services.values()] == ["up"] + ["unknown"] * 6


def test_silent_neighbours_never_use_up_what_asks_the_others(
    client: Client,
    only_audit: LazySettings,
    neighbour: Neighbour,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(catalogue, "DEADLINE_SECONDS", 0.1)
    for _ in range(4):
        only_audit.SERVICE_URLS = {name: neighbour(SILENT) for name in BY_NAME}
        told(client)

    monkeypatch.setattr(catalogue, "DEADLINE_SECONDS", 2.0)
    only_audit.SERVICE_URLS = dict.fromkeys(BY_NAME, neighbour(200))

    assert {service["health"] for service in told(client).values()} == {"up"}


@pytest.mark.usefixtures("impatient")
def test_a_database_that_hangs_does_not_hang_the_page(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = threading.Event()
    monkeypatch.setattr(
        health, "_checks", {"database": lambda: "late" if answer.wait(10) else "never"}
    )
    begun = time.perf_counter()

    page = client.get("/").content.decode()

    answer.set()
    assert time.perf_counter() - begun < 0.9
    assert "Failed: no answer within 0.1 s" in page


def test_a_failing_check_shows_as_down_with_its_reason(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waiting() -> str:
        raise RuntimeError("3 migrations wait: run `manage.py migrate`")

    monkeypatch.setattr(health, "_checks", {"migrations": waiting})

    page = client.get("/").content.decode()

    assert "Failed: 3 migrations wait: run `manage.py migrate`" in page
    assert page.count('data-health="audit">Down<') == 2
    assert told(client)["audit"]["health"] == "down"


def test_the_portal_leads_to_every_part_of_every_service(client: Client) -> None:
    page = client.get("/").content.decode()

    for service in BY_NAME:
        assert client.get(f"/graphiql/{service}").status_code == 200
        for path in (f"/graphiql/{service}", f"/{service}/schema.graphql", f"/docs/{service}"):
            assert f'href="{path}"' in page
            assert client.get(path).status_code == 200
        assert f'href="/admin/{service}/"' in page
    health = ("/status", "/health/live", "/health/ready")
    for path in ("/graphiql", "/admin/", "/docs/", "/metrics", *health):
        assert f'href="{path}"' in page
    assert "All seven in this process" in page
    assert VERSION in page


def test_a_split_process_shows_where_the_others_are_without_asking_them(
    client: Client, only_audit: LazySettings, neighbour: Neighbour, asked: list[str]
) -> None:
    only_audit.SERVICE_URLS["files"] = neighbour(200)

    page = client.get("/").content.decode()

    assert asked == []
    assert "1 of 7 in this process" in page
    assert 'aria-label="In this process: Audit"' in page
    assert f"elsewhere, {only_audit.SERVICE_URLS['files']}" in page
    assert 'data-health="files">Unknown<' in page
    assert 'href="/graphiql/files"' not in page


@pytest.mark.parametrize("path", ["/graphiql/files", "/files/schema.graphql"])
def test_what_another_process_serves_is_not_here(
    client: Client, only_audit: LazySettings, path: str
) -> None:
    assert "files" not in only_audit.SERVICES

    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/graphiql/nothing", "/nothing/schema.graphql", "/docs/nothing", "/docs/../manage"]
)
def test_a_service_nobody_knows_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/.well-known/services", "/graphiql", "/docs/", "/docs/audit"]
)
def test_pages_are_only_read(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


def test_a_name_this_site_does_not_answer_to_is_explained(client: Client) -> None:
    page = client.get("/", headers={"Host": "elsewhere.example"})
    answer = client.post("/graphql", headers={"Host": "elsewhere.example"})

    assert (page.status_code, answer.status_code) == (400, 400)
    assert "<code>ALLOWED_HOSTS</code>" in page.content.decode()
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert "ALLOWED_HOSTS" in error["message"]


@pytest.mark.parametrize("service", BY_NAME)
def test_the_schema_is_the_one_checked_in(client: Client, service: str) -> None:
    response = client.get(f"/{service}/schema.graphql")

    assert response["Content-Type"] == "text/plain; charset=utf-8"
    checked_in = ROOT / "apps" / service / "schema.graphql"
    assert response.content.decode().strip() == checked_in.read_text().strip()


@pytest.mark.django_db
def test_the_schema_is_for_staff_where_introspection_is(
    client: Client, settings: LazySettings
) -> None:
    settings.GRAPHQL_INTROSPECTION = False

    refused = client.get("/audit/schema.graphql")
    client.force_login(User.objects.create_superuser("root"))
    shown = client.get("/audit/schema.graphql")

    assert refused.status_code == 403
    assert refused.json()["errors"][0]["extensions"]["code"] == "INTROSPECTION_DISABLED"
    assert shown.status_code == 200


def test_docs_are_the_readme_typeset(client: Client) -> None:
    page = client.get("/docs/audit").content.decode()

    assert '<h1 id="audit">Audit</h1>' in page
    assert "<td><code>AuditLog</code>, " in page
    assert '<a href="/docs/audit" aria-current="page">Audit</a>' in page


def test_every_page_of_docs_is_in_the_menu_of_each(client: Client) -> None:
    patterns = ("docs/**/*.md", "apps/*/README.md", "clients/*/README.md")
    files = [file for pattern in patterns for file in ROOT.glob(pattern)]
    sources = {str(file.relative_to(ROOT)) for file in files}
    sources |= {"README.md", "CONTRIBUTING.md", "SECURITY.md"}

    pages = Library().pages.values()

    assert {page.source for page in pages} == sources | {"tests/data/README.md"}
    for page in pages:
        shown = client.get(page.url).content.decode()
        menu = shown.partition("<main")[0]
        assert [f'href="{one.url}"' in menu for one in pages] == [True] * len(pages)
        assert f'href="{page.url}" aria-current="page">{escape(page.title)}</a>' in menu


@pytest.mark.django_db
@pytest.mark.any_database
def test_every_link_and_picture_of_the_docs_leads_somewhere(client: Client) -> None:
    pages = Library().pages.values()
    texts = {page.url: client.get(page.url).text.partition("<main")[2] for page in pages}
    for page in pages:
        text = texts[page.url]
        for url, fragment in re.findall(r'href="([^"#:]*)#([^"]*)"', text):
            assert f'id="{fragment}"' in texts[url or page.url], f"{page.source}: {url}#{fragment}"
        for path in re.findall(r'(?:href|src)="(/[^"]*)"', text):
            found = (
                finders.find(path.removeprefix("/static/"))
                if path.startswith("/static/")
                else client.get(path).status_code == 200
            )
            assert found, f"{page.source}: {path}"
        assert re.findall(r'(?:href|src)="(?!/|#|https?://)[^"]*"', text) == []


def test_a_link_to_what_the_portal_lacks_leaves_its_words(
    client: Client, settings: LazySettings, tmp_path: Path
) -> None:
    for name in ("README.md", "docs/adr/0001-first.md", "docs/adr/0002-second.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("# Title\n")
    (tmp_path / "README.md").write_text(
        "# Title\n\n[a](docker) [*b*](docs/adr/0002-second.md#why) [c](docs/adr) [d](http://x/)\n"
    )
    settings.BASE_DIR = tmp_path

    page = client.get("/docs/readme").content.decode()

    assert (
        '<p>a <a href="/docs/adr/0002-second#why"><em>b</em></a>'
        ' <a href="/docs/adr/0001-first">c</a> <a href="http://x/">d</a></p>'
    ) in page


def test_html_in_a_readme_is_text(client: Client, settings: LazySettings, tmp_path: Path) -> None:
    readme = tmp_path / "apps" / "audit" / "README.md"
    readme.parent.mkdir(parents=True)
    readme.write_text("# Audit\n\n<script>alert(1)</script> [x](javascript:alert(1))\n")
    settings.BASE_DIR = tmp_path

    page = client.get("/docs/audit").content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'href="javascript' not in page


def test_a_readme_beside_the_apps_is_no_page(
    client: Client, settings: LazySettings, tmp_path: Path
) -> None:
    readme = tmp_path / "apps" / "private" / "README.md"
    readme.parent.mkdir(parents=True)
    readme.write_text("# Private\n")
    settings.BASE_DIR = tmp_path

    assert client.get("/docs/private").status_code == 404


@pytest.mark.django_db
def test_strangers_see_no_tenant_and_need_no_database(
    client: Client, django_assert_num_queries: Callable[[int], Any]
) -> None:
    make_tenant("very-secret")

    with django_assert_num_queries(0):
        pages = [client.get(path) for path in ("/", "/.well-known/services", "/docs/audit")]

    assert [b"very-secret" in page.content for page in pages] == [False] * 3


def test_graphiql_tells_strangers_how_to_sign_in(client: Client) -> None:
    page = client.get("/graphiql/audit")

    text = page.content.decode()
    assert 'data-endpoint="/audit/graphql"' in text
    assert '<a href="/sign-in/?next=/graphiql/audit">sign in</a>' in text
    assert '<label for="key">API key</label>' in text
    assert "csrftoken" in page.cookies


def test_graphiql_tells_staff_who_they_are(client: Client, tenant: Tenant) -> None:
    client.force_login(User.objects.create_superuser(f"staff-of-{tenant.slug}"))

    text = client.get("/graphiql").content.decode()

    assert f"Signed in as <strong>staff-of-{tenant.slug}</strong>" in text
    assert 'id="key"' not in text


@pytest.mark.parametrize("path", ["/", "/graphiql", "/docs/audit", "/docs/security/asvs"])
def test_a_browser_runs_and_loads_only_what_we_serve(client: Client, path: str) -> None:
    response = client.get(path)

    assert response["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; ")
    html = response.content.decode()
    assert re.findall(r"<(?:script|style)(?![^>]*\ssrc=)[^>]*>|\sstyle=|\son\w+=", html) == []
    assert re.findall(r"(?:src|<link[^>]*href)=\"(?!/static/)[^\"]*", html) == []


def test_the_portal_weighs_less_than_50_kb(client: Client) -> None:
    page = client.get("/").content
    files = set(re.findall(r"/static/(portal/[\w.]+)", page.decode()))

    assert files == {
        f"portal/{name}" for name in ("mark.svg", "portal.css", "portal.js", "theme.js")
    }
    weight = len(page) + sum((PORTAL / "static" / name).stat().st_size for name in files)
    assert weight < 50_000


@pytest.mark.parametrize(
    "folder",
    [
        PORTAL / "static" / "graphiql",
        PORTAL.parents[1] / "kernel" / "static" / "alpine",
        PORTAL.parents[2] / "apps" / "files" / "static" / "files" / "tus",
    ],
)
def test_what_others_wrote_is_what_its_readme_says(folder: Path) -> None:
    readme = (folder / "README.md").read_text()
    listed = dict(re.findall(r"^\| `([\w.-]+)` .*`([0-9a-f]{64})` \|$", readme, re.MULTILINE))

    found = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.iterdir()
        if file.suffix in {".js", ".css"}
    }

    assert found == listed


def test_a_service_has_its_questions_in_the_editor_and_for_programs(client: Client) -> None:
    for service in BY_NAME:
        page = client.get(f"/start/{service}").text
        editor = client.get(f"/graphiql/{service}").text

        for example in EXAMPLES[service]:
            assert escape(example.query) in editor
            for text in snippets(example, "http://testserver").values():
                assert f"<code>{escape(text)}</code>" in page
        assert f'href="/start/{service}"' in editor


def test_a_service_that_is_not_here_has_no_questions(
    client: Client, only_audit: LazySettings
) -> None:
    assert client.get("/start/files").status_code == 404
    assert client.get("/start/audit").status_code == 200
