"""One process of a service, without its rows: `process.py PORT SECONDS`, until SIGTERM."""

import os
import sys
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent.parent
sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

from kernel.serving.server import serve  # noqa: E402  after the path

#: What nobody has asked for since is gone when the process is.
DRAIN = timedelta(seconds=1)


def main() -> None:
    """Answer each request after so many seconds, and probes at once."""
    port, seconds = int(sys.argv[1]), float(sys.argv[2])

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["wsgi.input"].read()
        if not environ["PATH_INFO"].startswith("/health/"):
            time.sleep(seconds)
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
        return [b"done"]

    def say(url: str) -> None:
        sys.stdout.write(f"at {url}\n")
        sys.stdout.flush()

    serve(
        application,
        host="127.0.0.1",
        port=port,
        threads=8,
        stop_timeout=timedelta(seconds=10),
        on_listening=say,
        drain_time=DRAIN,
    )


if __name__ == "__main__":
    main()
