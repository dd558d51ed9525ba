"""Flags over HTTP by OFREP, beside openfeature-flagd-core 2.0 behind a standard-library server.

Both are processes of their own, asked over one connection each, in turns. Targets: single
evaluations at least as many a second as flagd-core's server answers; all of 200 flags in at most
five times as long as one; a change reaches a stream within 500 ms of its commit.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from apart import own_environment, print_machine, run_here, verdict

ROUNDS = int(os.environ.get("ROUNDS", "9"))
EVALUATIONS = 400
FLAGS = 200
CHANGES = 20
BULK = "/ofrep/v1/evaluate/flags"
RULE = {
    "if": [
        *(
            part
            for name in ("on", "off", "on", "off")
            for part in ({"and": [{"==": [{"var": "plan"}, name]}, {"var": "age"}]}, name)
        ),
        {"ends_with": [{"var": "email"}, "@example.com"]},
        "on",
        "off",
    ]
}
DEFINITION = {
    "flags": {
        f"flag-{number}": {
            "state": "ENABLED",
            "variants": {"on": True, "off": False},
            "defaultVariant": "off",
            "targeting": RULE,
        }
        for number in range(FLAGS)
    }
}
CONTEXT = {"targetingKey": "ann", "plan": "pro", "age": 40, "email": "ann@example.com"}
BODY = json.dumps({"context": CONTEXT}).encode()


def main() -> None:
    """Measure in an installation of its own, on SQLite."""
    match sys.argv[1:]:
        case ["here"]:
            measure()
        case ["flagd"]:
            serve_flagd()
        case _:
            print_machine()
            with own_environment(SERVICES="config", PORT="0", PYTHONUNBUFFERED="1") as environment:
                run_here(environment | {"LOG_LEVEL": "WARNING"})


def measure() -> None:
    """Start both servers and ask them in turns."""
    import django

    django.setup()

    from django.core.management import call_command

    from apps.config.domain.importing.formats import Format, Source
    from apps.config.services.environments import default
    from apps.config.services.importing import import_flags
    from apps.config.services.keys import create_environment_key
    from kernel.tenancy.context import in_tenant
    from kernel.testing.tenants import make_tenant

    call_command("migrate", verbosity=0)
    with in_tenant(make_tenant("bench").pk):
        import_flags(None, json.dumps(DEFINITION), Source(format=Format.FLAGD))
        key = create_environment_key(environment_id=str(default().pk), name="bench")[1]
        ours_command = [sys.executable, "manage.py", "serve"]
        theirs_command = [sys.executable, __file__, "flagd"]
        with serving(ours_command) as ours, serving(theirs_command) as theirs:
            single_and_bulk(Asker(ours, key), Asker(theirs, ""))
            pushes(Asker(ours, key))


class Asker:
    """One connection to a server, and how much of a processor that takes for an answer."""

    def __init__(self, server: tuple[int, int], key: str) -> None:
        self.process, self.port = server
        port = self.port
        self.connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}

    def ask(self, path: str) -> Any:
        """Ask, and return what was answered."""
        self.connection.request("POST", path, BODY, self.headers)
        response = self.connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise AssertionError(content)
        return content

    def seconds(self, path: str, times: int) -> tuple[float, float]:
        """Return the seconds that one question takes, and those of the server's processor."""
        started, used = time.perf_counter(), self._used()
        for _ in range(times):
            self.ask(path)
        return (time.perf_counter() - started) / times, (self._used() - used) / times

    def _used(self) -> float:
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def single_and_bulk(ours: Asker, theirs: Asker) -> None:
    """Ask both for one flag, and ours for all of them."""
    one = f"{BULK}/flag-7"
    if json.loads(ours.ask(one))["value"] is not json.loads(theirs.ask(one))["value"] is True:
        raise AssertionError("the two do not answer alike")
    if len(json.loads(ours.ask(BULK))["flags"]) != FLAGS:
        raise AssertionError("not all flags are there")
    ways = {"ours": (ours, one), "flagd-core": (theirs, one), "all of ours": (ours, BULK)}
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, (asker, path) in ways.items():
            took[name].append(asker.seconds(path, EVALUATIONS))
    best = {name: min(wall for wall, _ in each) for name, each in took.items()}
    cpu = {name: statistics.median(used for _, used in each) for name, each in took.items()}
    for name in ways:
        print(
            f"  {name}: {1000 * best[name]:.2f} ms, of its processor {1000 * cpu[name]:.2f} ms",
            flush=True,
        )
    verdict("single, times flagd-core's server", best["flagd-core"] / best["ours"], at_least=1)
    verdict("the same by processor time", cpu["flagd-core"] / cpu["ours"], at_least=1)
    verdict(f"{FLAGS} flags, times a single one", best["all of ours"] / best["ours"], at_most=5)


def pushes(asker: Asker) -> None:
    """Publish from this process, and listen at the other."""
    from apps.config.models import FeatureFlag
    from apps.config.services.changes import Change
    from apps.config.services.publishing import publish

    address = json.loads(asker.ask(BULK))["eventStreams"][0]["endpoint"]["requestUri"]
    flag = FeatureFlag.objects.get(key="flag-7")
    definition = DEFINITION["flags"]["flag-7"]
    delays = []
    with closing(HTTPConnection("127.0.0.1", asker.port, timeout=30)) as connection:
        connection.request("GET", address)
        response = connection.getresponse()
        told(response)
        for number in range(CHANGES):
            written = json.dumps({**definition, "metadata": {"turn": number}})
            publish(None, [Change(target=flag, definition=written)])
            started = time.perf_counter()
            told(response)
            delays.append(time.perf_counter() - started)
            # At another moment of the listener's look each time.
            time.sleep(0.037)
    worst = max(delays)
    print(f"  pushed to another process: {1000 * worst:.0f} ms at worst of {CHANGES}", flush=True)
    verdict("push, ms after the commit", 1000 * worst, at_most=500)


def told(response: HTTPResponse) -> bytes:
    """Wait for the next event."""
    while not (line := response.readline()).startswith(b"data:"):
        if not line:
            raise AssertionError("the stream has ended")
    return line


@contextmanager
def serving(command: list[str]) -> Iterator[tuple[int, int]]:
    """Run a server; give its process and its port."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process.pid, port_of(process.stdout.readline if process.stdout else str)
    finally:
        process.terminate()
        process.wait()


def port_of(readline: Callable[[], str]) -> int:
    """Return the port out of the first line that has an address."""
    for line in iter(readline, ""):
        if "http://" in line:
            address = line[line.index("http://") :].split()[0]
            return int(address.rstrip("/.").rpartition(":")[2])
    raise AssertionError("the server has ended")


def serve_flagd() -> None:
    """Serve flagd-core's evaluator as anybody would at first."""
    from openfeature.contrib.tools.flagd.core import FlagdCore
    from openfeature.evaluation_context import EvaluationContext

    core = FlagdCore()
    core.set_flags(json.dumps(DEFINITION))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Or its second write waits for the client's acknowledgement, 40 ms each time.
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["context"]
            context = EvaluationContext(sent.pop("targetingKey"), sent)
            key = self.path.rpartition("/")[2]
            found = core.resolve_boolean_value(key, False, context)
            body = json.dumps(
                {
                    "key": key,
                    "value": found.value,
                    "variant": found.variant,
                    "reason": found.reason,
                    "metadata": {},
                }
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"at http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
