"""What a view answers to somebody who listens: a stream of events, or a long poll.

Behind our own server the answer goes on (`kernel.serving.streams`); behind any other it is all of
it, and the client asks again.
"""

from uuid import UUID

from django.http import HttpResponse

from kernel.serving.broadcast import Broadcaster, StreamEvent, broadcaster
from kernel.serving.streams import EventStreams, Listen, Room

__all__ = ["Broadcaster", "EventStreams", "Room", "StreamEvent", "broadcaster", "stream", "wait"]

EVENT_STREAM = "text/event-stream"
LISTEN_HEADER = "X-Septet-Listen"
#: Milliseconds after which a browser whose stream was cut asks again.
RETRY = 2_000


def stream(
    topic: str,
    *,
    tenant_id: UUID,
    position: int,
    beginning: tuple[StreamEvent, ...] = (),
    seen: str = "",
    key: str = "",
) -> HttpResponse:
    """Return a stream of a topic that begins with these events.

    The position is `broadcaster.position()`, taken before the beginning was read: so nothing is
    missed in between. Who comes again says in `Last-Event-ID` what it has seen; the beginning is
    what came after that. An event with the same id as the one before it is not sent, where `seen`
    stands before all. With the id of a `key` the stream ends once that is revoked.
    """
    seen = beginning[-1].id if beginning else seen
    body = f"retry: {RETRY}\n\n".encode() + b"".join(event.encode() for event in beginning)
    headers = {
        "Cache-Control": "no-store",
        # Or nginx keeps the stream until its buffer is full.
        "X-Accel-Buffering": "no",
    }
    if not (beginning and beginning[-1].last):
        listen = Listen(topic=topic, tenant=str(tenant_id), position=position, seen=seen, key=key)
        headers[LISTEN_HEADER] = listen.header()
    return HttpResponse(body, content_type=EVENT_STREAM, headers=headers)


def wait(
    response: HttpResponse, topic: str, *, tenant_id: UUID, position: int, seconds: float
) -> HttpResponse:
    """Keep an answer that says "nothing new" back until there is, at most so long.

    Then the view is asked once more, and what it says counts.
    """
    listen = Listen(topic=topic, tenant=str(tenant_id), position=position, wait_seconds=seconds)
    response[LISTEN_HEADER] = listen.header()
    return response
