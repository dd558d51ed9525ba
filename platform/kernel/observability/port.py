"""A port for probes and metrics alone, beside whatever a process does."""

import socketserver
from collections.abc import Callable, Iterable
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from django.http import HttpRequest, HttpResponse

from kernel.observability import health
from kernel.observability.exporting import metrics

#: How long a client may take to say what it wants.
READ_SECONDS = 5

View = Callable[[HttpRequest], HttpResponse]
VIEWS: dict[str, View] = {
    "/health/live": health.live,
    "/health/ready": health.ready,
    "/health/startup": health.startup,
    "/metrics": metrics,
}


class OperationsPort:
    """Answers `/health/…` and `/metrics`, until told to stop. Raises OSError for a taken port."""

    def __init__(self, host: str, port: int) -> None:
        self._server = _Server((host, port), _Handler)
        self._server.set_app(answer)
        self.port: int = self._server.server_port
        self._thread = Thread(target=self._server.serve_forever, name="operations", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self, _seconds: float) -> None:
        """Answer no more."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request (PEP 3333)."""
    request = HttpRequest()
    request.method = environ["REQUEST_METHOD"]
    request.META["HTTP_ACCEPT"] = environ.get("HTTP_ACCEPT", "")
    view = VIEWS.get(environ.get("PATH_INFO", ""))
    if view is None:
        response = HttpResponse("not found", status=404, content_type="text/plain")
    elif request.method not in {"GET", "HEAD"}:
        response = HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    else:
        response = view(request)
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return [] if request.method == "HEAD" else [response.content]


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 16


class _Handler(WSGIRequestHandler):
    timeout = READ_SECONDS

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  its name there
        """Say nothing: machines ask every few seconds."""
