"""The candidates: `servers.py NAME THREADS PORT` serves the tiny site until it is killed."""

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import shop
import uvicorn
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from raw import events, upload_to

from kernel.serving.asgi import ASGIApplication
from kernel.serving.bridge import Bridge
from kernel.serving.router import Router, mount, mounted
from kernel.serving.server import Server, listen, serve

HOST = "127.0.0.1"
# Last, so that what the project requires wins over what gunicorn and granian bring.
sys.path.append(os.environ["BENCH_PACKAGES"])

wsgi = WSGIHandler()
mount("/raw/upload", upload_to(shop.DATA / "upload"))
mount("/raw/events", events)


class Pool(ThreadPoolExecutor):
    """What the crew is measured against: work begins as soon as any thread is free."""

    def close(self) -> None:
        """End with the process."""


class PoolBridge(Bridge):
    """Our bridge on the standard library's pool of threads."""

    def __init__(self, threads: int) -> None:
        super().__init__(wsgi, threads=threads)
        self._crew = Pool(threads)


def gunicorn_wsgi(threads: int, port: int) -> None:
    from gunicorn.app.base import BaseApplication

    class Application(BaseApplication):
        def load_config(self) -> None:
            for name, value in {
                "bind": f"{HOST}:{port}",
                "worker_class": "gthread",
                "threads": threads,
                "keepalive": 60,
                "control_socket_disable": True,
                "loglevel": "error",
            }.items():
                self.cfg.set(name, value)

        def load(self) -> WSGIHandler:
            return wsgi

    Application().run()


def granian_wsgi(threads: int, port: int) -> None:
    _granian("servers:wsgi", port, interface="wsgi", blocking_threads=threads)


def granian_bridge(_threads: int, port: int) -> None:
    _granian("servers:bridged", port, interface="asginl", factory=True)


def bridged() -> ASGIApplication:
    """Return what we serve, for a server that starts processes of its own."""
    return Router(Bridge(wsgi, threads=8), mounted())


def _granian(target: str, port: int, **options: Any) -> None:
    from granian import Granian

    Granian(target, address=HOST, port=port, log_enabled=False, **options).serve()


def uvicorn_django(_threads: int, port: int) -> None:
    # As Django's manual asks for: its handler takes a new thread for each request.
    connections.settings["default"]["CONN_MAX_AGE"] = 0
    uvicorn.run(
        ASGIHandler(), host=HOST, port=port, lifespan="off", log_config=None, access_log=False
    )


def ours(threads: int, port: int) -> None:
    serve(
        wsgi,
        host=HOST,
        port=port,
        threads=threads,
        stop_timeout=timedelta(seconds=1),
        on_listening=lambda _url: None,
    )


def ours_on_a_pool(threads: int, port: int) -> None:
    Server(
        Router(PoolBridge(threads), mounted()),
        stop_timeout=timedelta(seconds=1),
        on_listening=lambda: None,
        on_stopping=lambda: None,
    ).run(sockets=[listen(HOST, port)])


CANDIDATES: dict[str, Callable[[int, int], None]] = {
    candidate.__name__: candidate
    for candidate in (
        gunicorn_wsgi,
        granian_wsgi,
        granian_bridge,
        uvicorn_django,
        ours,
        ours_on_a_pool,
    )
}

if __name__ == "__main__":
    CANDIDATES[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]))
