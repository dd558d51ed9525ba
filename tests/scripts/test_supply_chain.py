"""The packages of others: what may be used, what is in a release, and what is known against it."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cyclonedx.output.json import JsonV1Dot6

from scripts import audit, licences, sbom
from scripts.packages import DEVELOPMENT, RUNTIME, Package, kept, locked

Answer = Callable[[list[Any]], Any]
Service = Callable[[Answer], str]


def package(name: str, licence: str = "", version: str = "1") -> Package:
    return Package(name, version, "npm", ("0" * 64,), licence)


@pytest.fixture
def service() -> Iterator[Service]:
    """Starts an advisory service that answers queries by a function; its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body = json.dumps(answer(asked["queries"])).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: Any) -> None:
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        Thread(target=servers[-1].serve_forever, args=[0.01]).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_every_locked_package_is_read_with_its_hashes() -> None:
    runtime = {one.name: one for one in locked(RUNTIME)}

    assert len(runtime) > 50
    assert runtime["django"].purl == f"pkg:pypi/django@{runtime['django'].version}"
    assert all(one.sha256 for one in [*locked(RUNTIME), *locked(DEVELOPMENT)])
    assert {"psycopg", "django-allauth"} <= runtime.keys()
    assert {one.purl.partition("@3")[0] for one in kept()} >= {
        "pkg:npm/graphiql",
        "pkg:npm/%40alpinejs/csp",
    }


# --- Licences -----------------------------------------------------------------------------------


def test_every_package_may_be_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert licences.main([]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("licence", "may"),
    [
        ("MIT", True),
        ("MIT AND BSD-3-Clause", True),
        ("GPL-3.0-only OR Apache-2.0", True),
        ("GPL-3.0-only", False),
        ("MIT AND AGPL-3.0-only", False),
        ("Apache-2.0 WITH LLVM-exception", False),
        ("Proprietary", False),
    ],
)
def test_a_licence_is_allowed_as_a_whole(licence: str, may: bool) -> None:
    assert (licences.may_use(package("anything", licence)) == "") == may


def test_an_exception_is_for_one_package_and_one_licence() -> None:
    licence, why = licences.EXCEPTIONS["certifi"]

    assert why
    assert licences.may_use(package("certifi", licence)) == ""
    assert "not on the list" in licences.may_use(package("certifi", "GPL-3.0-only"))
    assert "not on the list" in licences.may_use(package("another", licence))


def test_a_package_that_is_not_installed_is_not_judged_by_another() -> None:
    missing = Package("no-such-package", "1", "pypi", ("0" * 64,))
    older = Package("django", "1.0", "pypi", ("0" * 64,))

    assert "not installed" in licences.may_use(missing)
    assert "is locked at 1.0" in licences.may_use(older)


def test_a_forgotten_exception_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(licences.EXCEPTIONS, "long-gone", ("MPL-2.0", "once"))

    assert licences.main([]) == 1
    assert "long-gone is an exception, but no package of ours" in capsys.readouterr().err


# --- What is in a release -----------------------------------------------------------------------


def test_the_bill_names_every_package_that_runs_and_is_the_same_each_time(tmp_path: Path) -> None:
    files = [tmp_path / "one.json", tmp_path / "two.json"]

    for file in files:
        assert sbom.main([str(file)]) == 0

    assert files[0].read_bytes() == files[1].read_bytes()
    told = json.loads(files[0].read_text())
    assert told["bomFormat"] == "CycloneDX"
    components = {one["purl"]: one for one in told["components"]}
    assert components.keys() == {one.purl for one in [*locked(RUNTIME), *kept()]}
    assert all(one["hashes"] and one["licenses"] for one in components.values())
    needs = {one["ref"]: one.get("dependsOn", []) for one in told["dependencies"]}
    django = next(purl for purl in components if purl.startswith("pkg:pypi/django@"))
    assert any(purl.startswith("pkg:pypi/asgiref@") for purl in needs[django])
    assert needs["septet"] == sorted(components)


def test_another_release_has_another_bill() -> None:
    assert sbom.bill("1.0").serial_number != sbom.bill("1.1").serial_number


def test_what_is_no_bill_by_the_standard_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        JsonV1Dot6, "output_as_string", lambda _self: '{"metadata": {"timestamp": 1}}'
    )

    with pytest.raises(ValueError, match="no CycloneDX"):
        sbom.as_json(sbom.bill("1.0"))


# --- What is known against it -------------------------------------------------------------------


def clean(queries: list[Any]) -> Any:
    return {"results": [{} for _ in queries]}


def known(queries: list[Any]) -> Any:
    """Know two things against Django, and nothing else."""
    return {
        "results": [
            {"vulns": [{"id": "B-2"}, {"id": "A-1"}]}
            if query["package"]["purl"].startswith("pkg:pypi/django@")
            else {}
            for query in queries
        ]
    }


def test_an_audit_asks_about_every_package(service: Service) -> None:
    asked: list[str] = []

    def listen(queries: list[Any]) -> Any:
        asked.extend(query["package"]["purl"] for query in queries)
        return clean(queries)

    assert audit.main(["--service", service(listen)]) == 0
    assert asked == [one.purl for one in [*locked(RUNTIME), *locked(DEVELOPMENT), *kept()]]


def test_what_is_known_fails_it_and_is_told(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.main(["--service", service(known)]) == 1
    assert ": A-1, B-2\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    "answer",
    [
        lambda _queries: {},
        lambda _queries: [],
        lambda queries: {"results": [{} for _ in queries[1:]]},
        lambda queries: {"results": [None for _ in queries]},
        lambda queries: {"results": [{"vulns": [{}]} for _ in queries]},
        lambda queries: {"results": [{"next_page_token": "more"} for _ in queries]},
    ],
    ids=["empty", "a list", "one too few", "nothing", "without ids", "a part"],
)
def test_an_answer_that_is_none_is_no_verdict(
    service: Service, answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.main(["--service", service(answer)]) == 2
    assert capsys.readouterr().err.startswith("Not audited: ")


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1", "http://osv.invalid", "file:///etc/passwd"]
)
def test_a_service_that_cannot_be_asked_is_no_verdict(address: str) -> None:
    assert audit.main(["--service", address]) == 2


def test_an_audit_of_nothing_is_no_verdict() -> None:
    with pytest.raises(audit.NotAuditedError):
        audit.weaknesses([])
