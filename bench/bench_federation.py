"""What an answer of the audit subgraph costs beside Apollo's and beside stock graphene-django's.

Three servers on one PostgreSQL with the same 100,000 rows take turns at each operation, over eight
kept connections; a figure is the median of the rounds. Ours authenticates, keeps tenants apart and
limits documents; the others do none of it. Targets: `federation/operations.py`.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import uvloop
from federation.load import load
from federation.operations import APOLLO, BY_ID, ROWS_BEYOND, SEPTET, Operation, Request, operations
from federation.report import Figures, print_figures, print_machine, print_ratios
from federation.servers import PEER, SITE, Database, Server, servers

ROOT = Path(__file__).resolve().parent.parent
DEVSERVICES = ROOT / "tests" / "devservices" / "devservices"

ROUNDS = 3
SECONDS = 2.0
WARM_SECONDS = 1.0
#: Node compiles as it goes: the first hundreds of answers cost it four times what these do.
WARM_ANSWERS = 5_000
CONNECTIONS = 8

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*")


def main() -> None:
    """Run the rounds and print each target beside its figure."""
    wanted = arguments()
    if "DEVSERVICES_HOME" not in os.environ:
        # Again, with a PostgreSQL of its own that ends with it.
        again = [sys.executable, *sys.argv]
        sys.exit(subprocess.call([str(DEVSERVICES), "run", "postgres", "--", *again]))
    if not os.environ.get("DATABASE_URL"):
        sys.exit("There is no PostgreSQL: run `devservices up postgres`, then set what it tells.")
    install_peer()
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "project.settings",
            "LOG_LEVEL": "WARNING",
            "NODE_ENV": "production",
            # Counted as anywhere, and never used up.
            "RATE_LIMIT_CREDENTIAL": "2000000000:2000000000",
            "RATE_LIMIT_TENANT": "2000000000:2000000000",
            "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in ("bench", "platform", ".")),
            "SERVICES": "audit",
        }
        seeded = seed(environment)
        database = Database(environment["DATABASE_URL"])
        with servers(environment | {"TENANT_ID": seeded["tenant"]}, seeded["key"]) as running:
            print_machine(database.version)
            chosen = [
                one for one in operations(deep_cursor(running[SEPTET])) if wanted.only in one.name
            ]
            for one in chosen:
                refuse_differences(one, running)
            warm_up(running[APOLLO])
            found = {
                one.name: measure(one, running, database, wanted.rounds, wanted.seconds)
                for one in chosen
            }
    print(f"{CONNECTIONS} connections, {wanted.rounds} rounds of {wanted.seconds:g} s")
    print_figures(found)
    print_ratios(chosen, found)


def arguments() -> argparse.Namespace:
    """Read how much is wanted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default="", metavar="NAME", help="operations with this in it")
    parser.add_argument("--quick", action="store_true", help="one round of one second")
    wanted = parser.parse_args()
    wanted.rounds, wanted.seconds = (1, 1.0) if wanted.quick else (ROUNDS, SECONDS)
    return wanted


def install_peer() -> None:
    """Fetch the packages of the Node server once."""
    if not (shutil.which("node") and shutil.which("npm")):
        sys.exit("There is no Node.js with npm in PATH, and the peer to compare with needs them.")
    lock, installed = PEER / "package-lock.json", PEER / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(npm, cwd=PEER, check=False).returncode:
        sys.exit(f"npm could not install the peer's packages into {PEER.relative_to(ROOT)}.")


def seed(environment: dict[str, str]) -> dict[str, str]:
    """Fill the empty database; return the tenant of the rows and a key that opens them."""
    script = [sys.executable, str(SITE / "seed.py")]
    told = subprocess.run(script, env=environment, stdout=subprocess.PIPE, check=True).stdout
    seeded: dict[str, str] = json.loads(told)
    return seeded


def deep_cursor(septet: Server) -> str:
    """Return the cursor that has so many rows beyond it, by walking in from their end."""
    query = (
        "query($before: String)"
        " { auditLogs(last: 100, before: $before) { pageInfo { startCursor } } }"
    )
    cursor = None
    for _ in range(ROWS_BEYOND // 100):
        page = septet.data(Request(query, {"before": cursor}))
        cursor = page["auditLogs"]["pageInfo"]["startCursor"]
    return str(cursor)


def refuse_differences(operation: Operation, running: dict[str, Server]) -> None:
    """End the bench unless all servers give the same data."""
    answers = {
        name: normalised(server.data(operation.requests[name])) for name, server in running.items()
    }
    ours = answers[SEPTET]
    for name, answer in answers.items():
        if answer != ours:
            sys.exit(
                f"{operation.name}: {name} answers {str(answer)[:300]},"
                f" where Septet answers {str(ours)[:300]}"
            )


def normalised(value: Any) -> Any:
    """Return the data with one form for each moment: `Z` is `+00:00`."""
    if isinstance(value, dict):
        return {name: normalised(member) for name, member in value.items()}
    if isinstance(value, list):
        return [normalised(item) for item in value]
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return datetime.fromisoformat(value)
    return value


def warm_up(server: Server) -> None:
    """Ask so often that no figure depends on what was measured before it."""
    request = server.written(BY_ID)
    uvloop.run(load(server.port, request, connections=CONNECTIONS, least=WARM_ANSWERS))


def measure(
    operation: Operation,
    running: dict[str, Server],
    database: Database,
    rounds: int,
    seconds: float,
) -> Figures:
    """Let the servers take turns, so that what else the machine does meets all of them."""
    figures: Figures = defaultdict(list)
    for turn in range(rounds):
        for name, server in running.items():
            port, request = server.port, server.written(operation.requests[name])
            if not turn:
                uvloop.run(load(port, request, connections=CONNECTIONS, seconds=WARM_SECONDS))
            before, before_below = server.processes.cpu_seconds(), database.cpu_seconds()
            done = uvloop.run(load(port, request, connections=CONNECTIONS, seconds=seconds))
            used = server.processes.cpu_seconds() - before
            used_below = database.cpu_seconds_since(before_below)
            count = len(done.took)
            figures[name, "rate"].append(count / done.seconds)
            figures[name, "latency"].append(median(done.took) * 1000)
            figures[name, "cost"].append(used / count * 1000)
            figures[name, "db cost"].append(used_below / count * 1000)
    return figures


if __name__ == "__main__":
    main()
