"""`python -m scripts.audit`: asks OSV for known weaknesses of every package, locked or kept.

0: every one was asked about, and none is known. 1: some are. 2: not every one was asked about,
which is no verdict and never passes for one.
"""

import argparse
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

from scripts.packages import DEVELOPMENT, RUNTIME, Package, kept, locked

#: https://google.github.io/osv.dev/post-v1-querybatch/
SERVICE = "https://api.osv.dev"
#: The most that the service takes at once is 1,000.
BATCH = 500
_TIMEOUT_SECONDS = 30


class NotAuditedError(Exception):
    """No answer, or one that does not speak of every package."""


def weaknesses(packages: Sequence[Package], service: str = SERVICE) -> dict[Package, list[str]]:
    """Return the ids of what is known against each package; raises NotAuditedError."""
    if not packages:
        raise NotAuditedError("there is no package to ask about")
    known: dict[Package, list[str]] = {}
    for start in range(0, len(packages), BATCH):
        batch = packages[start : start + BATCH]
        queries = [{"package": {"purl": package.purl}} for package in batch]
        answer = _ask(f"{service}/v1/querybatch", {"queries": queries})
        results = answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(results, list) or len(results) != len(batch):
            raise NotAuditedError(
                f"asked about {len(batch)} packages, the answer is of another size"
            )
        for package, result in zip(batch, results, strict=True):
            known[package] = _ids(result)
    return {package: ids for package, ids in known.items() if ids}


def _ids(result: Any) -> list[str]:
    if not isinstance(result, dict) or "next_page_token" in result:
        raise NotAuditedError("the answer on a package is not whole")
    try:
        return sorted(str(one["id"]) for one in result.get("vulns", []))
    except (TypeError, KeyError):
        raise NotAuditedError("the answer on a package has no ids") from None


def _ask(url: str, question: Any) -> Any:
    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise NotAuditedError(f"{url} is not asked by HTTPS")
    request = urllib.request.Request(  # noqa: S310  checked above # nosec B310
        url, json.dumps(question).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 # nosec B310
            return json.loads(answer.read())
    except (OSError, ValueError) as error:
        raise NotAuditedError(f"{url} does not answer: {error}") from None


def main(arguments: list[str]) -> int:
    """Ask about every package; return 0, 1 or 2 as told above."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--service", default=SERVICE, help="another address of OSV, such as a mirror"
    )
    service = parser.parse_args(arguments).service
    packages = [*locked(RUNTIME), *locked(DEVELOPMENT), *kept()]
    try:
        found = weaknesses(packages, service)
    except NotAuditedError as error:
        print(f"Not audited: {error}.", file=sys.stderr)
        return 2
    for package, ids in found.items():
        print(f"{package.name} {package.version}: {', '.join(ids)}", file=sys.stderr)
    if found:
        print("See https://osv.dev, and SECURITY.md for how soon it is mended.", file=sys.stderr)
        return 1
    print(f"{len(packages)} packages, nothing known against any.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
