"""Answers out of memory on the event loop, and everything else by Django as it came."""

from typing import Any

import pytest

from kernel.http import Asked, Reply
from kernel.serving.quick import Quick
from kernel.testing.serving import Served, serving


def django(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    body = b"django: " + environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def in_memory(request: Asked) -> Reply | None:
    body = request.read(1_000)
    return Reply(b"quick: " + body, headers={"X-Own": "1"}) if body == b"known" else None


def ask(served: Served, body: bytes, method: str = "POST", **headers: str) -> tuple[bytes, Any]:
    with served.client() as client:
        client.request(method, "/quick/a", body, {"Authorization": "Bearer x", **headers})
        response = client.getresponse()
        return response.read(), response.headers


@pytest.fixture(autouse=True)
def hosts(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["127.0.0.1"]


def test_what_is_in_memory_is_answered_and_the_rest_is_djangos() -> None:
    with serving(django, raw={"/quick/": Quick("test-quick", in_memory)}) as served:
        quick, headers = ask(served, b"known")

        assert quick == b"quick: known"
        assert (headers["X-Own"], headers["Content-Type"]) == ("1", "application/json")
        assert headers["X-Content-Type-Options"] == "nosniff"
        # What came is passed on whole.
        assert ask(served, b"another")[0] == b"django: another"
        assert ask(served, b"x" * 500_000)[0] == b"django: " + b"x" * 500_000


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {}),
        ("POST", {"Authorization": ""}),
        ("POST", {"Host": "elsewhere.example"}),
        ("POST", {"X-Forwarded-Host": "elsewhere.example"}),
    ],
)
def test_what_is_no_programs_request_is_djangos(method: str, headers: dict[str, str]) -> None:
    with serving(django, raw={"/quick/": Quick("test-quick", in_memory)}) as served:
        if headers.get("Authorization") == "":
            with served.client() as client:
                client.request(method, "/quick/a", b"known")
                found = client.getresponse().read()
        else:
            found, _ = ask(served, b"known", method, **headers)

    assert found == b"django: known"
