"""What it costs a request to say who sends it: CPU beside the same request without a credential.

Requests are answered in this process, from their headers to the encoded answer, by `{ __typename }`
on SQLite: what else an answer needs is the same for all. Kinds take turns in each round; a figure
is the median over the rounds of the difference to the round's requests without a credential.
Targets: an API key at most 0.15 ms, a token at most 0.3 ms also when it is new, the limiter at most
0.1 ms.
"""

import gc
import io
import json
import logging
import os
import platform
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from statistics import median
from typing import Any

ROUNDS, REQUESTS, WARM_REQUESTS = 15, 400, 100
BODY = b'{"query": "{ __typename }"}'
ROOT = Path(__file__).resolve().parent.parent
#: Kind of credential and the most that it may cost, in ms of CPU; without one it is only shown.
TARGETS = {
    "API key": 0.15,
    "token (Ed25519), again": 0.3,
    "token (Ed25519), new": 0.3,
    "token (RS256), new": None,
    "service token (Ed25519), always new": None,
    "the limiter, local": 0.1,
}


def main() -> None:
    """Run the rounds and print each target beside its figure."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "project.settings"}
        sys.path[:0] = [str(ROOT), str(ROOT / "platform")]
        import django

        django.setup()
        logging.disable(logging.CRITICAL)
        print(
            f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()},"
            f" {ROUNDS} rounds of {REQUESTS} requests"
        )
        report(measured(kinds(Path(folder))))


Headers = Iterator[str]


def kinds(folder: Path) -> dict[str, Callable[[], Headers]]:
    """Return for each kind of credential what gives the Authorization header of each request."""
    from django.conf import settings
    from django.core.management import call_command

    from kernel.identity.service_tokens import Request, issue_token
    from kernel.identity.services import create_tenant, issue_key
    from kernel.tenancy.context import Principal
    from tests.kernel.identity.issuing import AUDIENCE, ISS, Signer

    call_command("migrate", verbosity=0)
    tenant = create_tenant(slug="bench", name="Bench")
    _, key = issue_key(tenant=tenant, name="bench", scopes=["*"])
    ed25519, rsa = Signer(), Signer("RS256", "rsa")
    entry = {"iss": ISS, "audience": AUDIENCE, "algorithms": ["EdDSA", "RS256"]}
    settings.JWT_ISSUERS = json.dumps([entry | {"keys": [ed25519.jwk(), rsa.jwk()]}])
    principal = Principal(
        kind="user", id="u-1", name="Ada", tenant_id=tenant.pk, scopes=frozenset({"*"})
    )
    request = Request("POST", "/audit/graphql", BODY)
    claims = {"tenant": tenant.slug, "scope": "audit:read files:read", "name": "Ada"}
    kept = f"Bearer {ed25519.token(**claims)}"

    def each_new(signer: Signer) -> Callable[[], Headers]:
        # Made before they are counted.
        return lambda: iter(
            [f"Bearer {signer.token(**claims, jti=str(n))}" for n in range(REQUESTS)]
        )

    return {
        "none": lambda: repeat(""),
        "API key": lambda: repeat(f"Bearer {key}"),
        "token (Ed25519), again": lambda: repeat(kept),
        "token (Ed25519), new": each_new(ed25519),
        "token (RS256), new": each_new(rsa),
        "service token (Ed25519), always new": lambda: iter(
            [f"Service {issue_token('audit', principal, request)}" for _ in range(REQUESTS)]
        ),
        "the limiter, local": lambda: repeat(f"Bearer {key}"),
    }


def measured(kinds_: dict[str, Callable[[], Headers]]) -> dict[str, list[float]]:
    """Return for each kind its cost in each round, in ms; that of none as it is."""
    found: dict[str, list[float]] = defaultdict(list)
    ask, limit = endpoint()
    for turn in range(-1, ROUNDS):
        costs: dict[str, float] = {}
        for name, headers in kinds_.items():
            limit(name == "the limiter, local")
            forget()
            given = headers()
            gc.collect()
            count = REQUESTS if turn >= 0 else WARM_REQUESTS
            started = time.process_time()
            for _ in range(count):
                ask(next(given))
            costs[name] = (time.process_time() - started) / count * 1000
        if turn < 0:
            continue
        found["none"].append(costs["none"])
        for name in TARGETS:
            # What limits is told from what the key beside it costs.
            beside = "API key" if name == "the limiter, local" else "none"
            found[name].append(costs[name] - costs[beside])
    return found


def endpoint() -> tuple[Callable[[str], None], Callable[[bool], None]]:
    """Return what asks once with an Authorization header, and what switches the limits."""
    from django.conf import settings

    from kernel.ratelimits.limiter import limiter
    from kernel.serving.lane import ProgramRequest
    from project.graph import service_graphql

    graphql = service_graphql("audit")
    names = [f"RATE_LIMIT_{kind}" for kind in ("CREDENTIAL", "TENANT", "ADDRESS", "ATTEMPTS")]
    usual = {name: getattr(settings, name) for name in names}

    def ask(authorization: str) -> None:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/audit/graphql",
            "QUERY_STRING": "",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(BODY)),
            "wsgi.input": io.BytesIO(BODY),
        }
        if authorization:
            environ["HTTP_AUTHORIZATION"] = authorization
        reply = graphql.reply(ProgramRequest(environ))
        if reply.status != 200:
            sys.exit(f"{authorization[:12]}… was answered by {reply.status}: {reply.body!r}")

    def limit(on: bool) -> None:
        for name, value in usual.items():
            setattr(settings, name, value if on else None)
        limiter.cache_clear()

    return ask, limit


def forget() -> None:
    """Let a token be new to this process."""
    from kernel.identity import user_tokens

    user_tokens.forget_all()


def report(found: dict[str, list[float]]) -> None:
    """Print the medians with their spread, and whether the targets are met."""
    told = [("a request without a credential", found["none"], None)]
    told += [(name, found[name], target) for name, target in TARGETS.items()]
    for name, figures, target in told:
        middle = median(figures)
        verdict = "" if target is None else f"  target {target}: "
        if target is not None:
            verdict += "met" if middle <= target else "MISSED"
        print(f"{name:<38} {middle:7.3f} ms  ({min(figures):.3f} to {max(figures):.3f}){verdict}")


if __name__ == "__main__":
    main()
