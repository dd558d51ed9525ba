"""A process of its own for tests of crashes: `write`, `take`, `seal`, or `show`."""

import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from uuid import UUID

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402

from apps.audit.adapters.bodies import json_lines  # noqa: E402
from apps.audit.domain.entries import Personal  # noqa: E402
from apps.audit.domain.mappings import septet_entry  # noqa: E402
from apps.audit.domain.streaming import Sealed  # noqa: E402
from apps.audit.models import AuditExport, AuditLog, AuditStream, Leaf, SubjectKey, Unsealed  # noqa: E402
from apps.audit.selectors.integrity import receipt_for, verifier_keys  # noqa: E402
from apps.audit.selectors.subjects import personal_fields  # noqa: E402
from apps.audit.services import delivering  # noqa: E402
from apps.audit.services.alerting import raise_alerts  # noqa: E402
from apps.audit.services.erasing import erase_subject  # noqa: E402
from apps.audit.services.exporting import export_logs, make_export  # noqa: E402
from apps.audit.services.handing_over import hand_over  # noqa: E402
from apps.audit.services.intake import Taken, take_in  # noqa: E402
from apps.audit.services.recording import record, record_all  # noqa: E402
from apps.audit.services.sealing import seal_all, seal_some  # noqa: E402
from apps.audit.services.searches import create_search  # noqa: E402
from apps.audit.services.streams import create_stream  # noqa: E402
from apps.audit.services.verification import verify_log  # noqa: E402
from kernel.events.models import OutboxEvent  # noqa: E402
from kernel.jobs.models import Job  # noqa: E402
from kernel.mesh.storing import NotStoredYetError  # noqa: E402
from kernel.tenancy.context import in_tenant  # noqa: E402
from kernel.testing.jobs import drain  # noqa: E402
from tests.audit.factories import an_entry  # noqa: E402

TENANT = UUID(int=7)
THREADS = 4


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def write(name: str, count: int) -> None:
    """Record one by one, or `AT_ONCE`; what was said to be recorded is committed."""
    at_once = int(os.environ.get("AT_ONCE", "1"))
    with in_tenant(TENANT):
        for start in range(0, count, at_once):
            names = [f"{name}.{number}" for number in range(start, start + at_once)]
            record_all([an_entry(action=one, idempotency_key=one) for one in names])
            say("\n".join(f"recorded {one}" for one in names))
    connections.close_all()


def show() -> dict[str, object]:
    with in_tenant(TENANT):
        found = verify_log()
        keys = verifier_keys(found.log)
        receipts = [receipt_for(leaf.pk) for leaf in Leaf.objects.order_by("position")]
        return {
            "problem": found.problem,
            "size": found.size,
            "logs": AuditLog.objects.count(),
            "unsealed": Unsealed.objects.count(),
            "positions": list(Leaf.objects.order_by("position").values_list("position", flat=True)),
            "alerts": [
                one.envelope().data["last_at"]
                for one in OutboxEvent.objects.filter(type="audit.alert.raised.v1")
            ],
            "actions": sorted(AuditLog.objects.values_list("action", flat=True)),
            "log": {"key": str(keys[-1][0]), "origin": found.log},
            "receipts": receipts,
        }


def tell() -> None:
    record(an_entry(personal=(Personal(subject="ada", fields=("/actor/name",)),)))


def erase() -> None:
    say(f"erased {erase_subject(subject='ada').logs}")


def states() -> None:
    """Say what is to be seen of a subject, and what is on record of its erasure."""
    fields = personal_fields(AuditLog.objects.exclude(sealed=None), shown=True).values()
    found = {
        "seen": [one.state for some in fields for one in some],
        "keys": SubjectKey.objects.filter(erased_at=None).count(),
        "records": AuditLog.objects.filter(action="audit.subject.erased").count(),
        "jobs": Job.objects.filter(name="audit.keep_tombstone").count(),
    }
    say(json.dumps(found))


def deliver() -> None:
    """Send what waits in a stream to standard output."""

    class Said:
        def send(self, _message: str, logs: Sequence[Sealed]) -> None:
            say(f"sent {' '.join(str(one.position) for one in logs)}")

    delivering._end_of = lambda stream: Said()
    delivering.BATCH = 10
    stream = (
        AuditStream.objects.first()
        or create_stream(name="s", address="https://siem.example", from_position=0)[0]
    )
    delivering.deliver_stream(stream.pk)


def export() -> None:
    """Make the one export that there is, and say which files are there."""
    made = AuditExport.objects.first() or export_logs(format="jsonl")
    make_export(made.pk)
    exported()


def hand() -> None:
    """Hand the one export over until the files service has it, and say what is where."""
    made = AuditExport.objects.get()
    for _ in range(2):
        with suppress(NotStoredYetError):
            hand_over(made.pk)
        drain()
    files = import_module("apps.files.models").File.objects
    made.refresh_from_db()
    stored = [
        len([one for one in (settings.DATA_DIR / "files" / app).rglob("*-*") if one.is_file()])
        for app in ("audit", "files")
    ]
    same = [made.file_id] == list(files.values_list("pk", flat=True))
    say(json.dumps({"rows": files.count(), "same": same, "bytes": stored}))


def exported() -> None:
    """Say what an export is like, and which files there are, drafts left out."""
    made = AuditExport.objects.get()
    files = [one for one in (settings.DATA_DIR / "files" / "audit").rglob("*") if one.is_file()]
    say(json.dumps({"state": made.state, "logs": made.logs, "files": len(files)}))
    events = OutboxEvent.objects.filter(type="audit.export.finished.v1")
    say(f"told {events.count()}")


IN_TENANT = {
    "export": export,
    "exported": exported,
    "hand": hand,
    "deliver": deliver,
    "tell": tell,
    "erase": erase,
    "states": states,
}


def main(verb: str, *arguments: str) -> None:  # noqa: C901  a verb each
    if verb == "write":
        name, count = arguments[0], int(arguments[1])
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda n: write(f"{name}{n}", count), range(THREADS)))
    elif verb == "take":
        taken = Taken()
        with in_tenant(TENANT), Path(arguments[0]).open("rb") as body:
            take_in(json_lines(body), septet_entry, taken)
        say(f"recorded {taken.recorded} of {len(taken.lines)}")
    elif verb in IN_TENANT:
        with in_tenant(TENANT):
            IN_TENANT[verb]()
    elif verb == "seal":
        batch = int(os.environ.get("BATCH", "0"))
        with in_tenant(TENANT):
            while batch and seal_some(most=batch):
                say("sealed some")
        say(f"sealed {seal_all()}")
    elif verb == "alert":
        with in_tenant(TENANT):
            create_search(name="w", query={"text": "w0"}, threshold=2, window_seconds=86_400)
    elif verb == "raise":
        raise_alerts()
    elif verb == "sealer":
        while True:
            seal_all()
    elif verb == "show":
        say(json.dumps(show()))


main(*sys.argv[1:])
