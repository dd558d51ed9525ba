"""Real servers under `manage.py dev --split --infrastructure`, and how its processes reach them.

They are those of the tests: PostgreSQL, Redis, Kafka, an S3, ClamAV and a mail server on this
machine, without containers, installed at first use. They begin empty and end with the command.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STARTER = ROOT / "tests" / "devservices" / "devservices"
SERVERS = ("postgres", "redis", "kafka", "s3", "clamd", "smtp")


def command(arguments: Sequence[str]) -> list[str]:
    """Return what starts the servers, runs `manage.py` with these arguments, and stops them."""
    ours = [sys.executable, __file__, str(ROOT / "manage.py"), *arguments]
    return [sys.executable, str(STARTER), "run", *SERVERS, "--", *ours]


def environment(told: Mapping[str, str]) -> dict[str, str]:
    """Return our settings for what is told of the servers, beside all else that is told."""
    database = told["DATABASE_URL"]
    return {
        **told,
        # `migrate` makes this role, which owns nothing: it sees one tenant's rows at a time.
        "DATABASE_SYSTEM_URL": database,
        "DATABASE_URL": database.replace("//dev@", "//septet_app:septet@"),
        "CELERY_BROKER_URL": told["REDIS_URL"].removesuffix("/0") + "/1",
        "FILES_STORAGE": "s3://septet",
        "AWS_ENDPOINT_URL_S3": told["S3_ENDPOINT_URL"],
        "CLAMD_ADDRESS": f"{told['CLAMD_HOST']}:{told['CLAMD_PORT']}",
        "EMAIL_URL": f"smtp://{told['EMAIL_HOST']}:{told['EMAIL_PORT']}",
    }


def logs() -> Iterator[Path]:
    """Yield the logs of the servers that were started for this process."""
    if home := os.environ.get("DEVSERVICES_HOME"):
        yield from sorted(Path(home, "log").glob("*.log"))


if __name__ == "__main__":
    os.execve(sys.executable, [sys.executable, *sys.argv[1:]], environment(os.environ))  # noqa: S606  # nosec B606
