"""Raw ASGI applications beside Django: their paths, a cut upload, and the end of the process."""

import asyncio
from threading import Event
from typing import Any

import pytest

from kernel.serving.asgi import Receive, Scope, Send
from kernel.serving.router import Router, mount, mounted
from kernel.testing.serving import GIVE_UP_SECONDS, serving


def django(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Length", "6")])
    return [b"django"]


async def raw(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"raw"})


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/files/api/uploads/1", b"raw"),
        ("/files/api/uploads/", b"raw"),
        ("/files/api/uploads", b"django"),
        ("/graphql", b"django"),
    ],
)
def test_a_prefix_leads_to_its_raw_application_and_the_rest_to_django(
    path: str, expected: bytes
) -> None:
    with serving(django, raw={"/files/api/uploads/": raw}) as served, served.client() as client:
        client.request("GET", path)

        assert client.getresponse().read() == expected


def test_mounting_is_remembered_for_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kernel.serving.router._mounted", {})

    mount("/files/api/uploads/", raw)

    assert mounted() == {"/files/api/uploads/": raw}


def test_a_raw_upload_keeps_what_came_before_the_client_left() -> None:
    kept = bytearray()
    arrived, over = Event(), Event()

    async def upload(_scope: Scope, receive: Receive, _send: Send) -> None:
        while (message := await receive())["type"] == "http.request":
            kept.extend(message["body"])
            if len(kept) == 300_000:
                arrived.set()
        over.set()

    head = b"PATCH /up HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
    with serving(django, raw={"/up": upload}) as served:
        with served.connect(head + b"x" * 300_000):
            assert arrived.wait(GIVE_UP_SECONDS)

        assert over.wait(GIVE_UP_SECONDS)
        assert kept == b"x" * 300_000


def test_a_stopping_process_ends_its_listeners_at_once() -> None:
    async def events(_scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b": hello\n\n", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        await send({"type": "http.response.body", "body": b": bye\n\n"})

    with serving(django, raw={"/events": events}) as served, served.client() as client:
        client.request("GET", "/events")
        response = client.getresponse()
        assert response.readline() == b": hello\n"

        served.tell_to_stop()

        assert response.read() == b"\n: bye\n\n"
        served.thread.join(GIVE_UP_SECONDS)
        assert not served.thread.is_alive()


def test_messages_of_the_client_are_lost_neither_before_nor_at_the_stop() -> None:
    async def received() -> list[Any]:
        messages = [{"type": "http.request", "body": b"1"}, {"type": "http.request", "body": b"2"}]
        seen = []

        async def receive() -> Any:
            return messages.pop(0)

        async def application(_scope: Scope, receive: Receive, _send: Send) -> None:
            seen.append((await receive())["body"])
            router.stop()
            seen.append((await receive())["body"])

        async def send(_message: Any) -> None:
            raise AssertionError("nothing is sent")

        router = Router(raw, {"/": application})
        await router({"type": "http", "path": "/"}, receive, send)
        return seen

    assert asyncio.run(received()) == [b"1", b"2"]
