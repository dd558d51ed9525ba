"""Whether this process lives, and whether it should be sent work."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from threading import Event
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from kernel.observability.figures import release

#: A check that takes longer has failed.
DEADLINE_SECONDS = 1.0

Check = Callable[[], str]
_checks: dict[str, Check] = {}
_draining = Event()
_aside = Event()
_started = Event()
_migrated = Event()
_pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="health")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    ok: bool
    detail: str


def register_check(name: str, check: Check) -> None:
    """Make readiness depend on a part: the check returns a detail, or raises what is wrong."""
    _checks[name] = check


def drain() -> None:
    """Ask for no more work: from now on this process is not ready."""
    _draining.set()


def set_aside(aside: bool) -> None:
    """Ask for no work for now, or take it again: what staff do before they look at a process."""
    (_aside.set if aside else _aside.clear)()


def standing() -> str:
    """Return in one word whether work may be sent here: `up`, `draining` or `stopping`."""
    if _draining.is_set():
        return "stopping"
    return "draining" if _aside.is_set() else "up"


def readiness() -> dict[str, Finding]:
    """Run every check at the same time, none longer than the deadline."""
    begun = time.monotonic()
    running = {name: _pool.submit(_released, check) for name, check in _checks.items()}
    findings = {
        name: _finding(future, DEADLINE_SECONDS - (time.monotonic() - begun))
        for name, future in running.items()
    }
    if _draining.is_set():
        findings["process"] = Finding(ok=False, detail="stopping")
    elif _aside.is_set():
        findings["process"] = Finding(ok=False, detail="drained by staff")
    return findings


def live(_request: HttpRequest) -> JsonResponse:
    """Answer as long as the process can answer anything."""
    return _answer({"status": "live"}, ok=True)


def ready(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when work may be sent here, else 503 with what is wrong."""
    findings = readiness()
    ok = all(finding.ok for finding in findings.values())
    checks = {
        name: {"ok": finding.ok, "detail": finding.detail} for name, finding in findings.items()
    }
    return _answer({"status": "ready" if ok else "not ready", "checks": checks}, ok=ok)


def startup(request: HttpRequest) -> JsonResponse:
    """Answer 200 from the moment this process was ready for the first time."""
    if _started.is_set():
        return _answer({"status": "started"}, ok=True)
    response = ready(request)
    if response.status_code == 200:
        _started.set()
    return response


def check_database() -> str:
    """Ask the database for nothing in particular."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "answers"


def check_migrations() -> str:
    """Fail while migrations wait to be applied; once they are, ask no more."""
    if _migrated.is_set():
        return "applied"
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        raise RuntimeError(f"{len(waiting)} migrations wait: run `manage.py migrate`")
    _migrated.set()
    return "applied"


def _released(check: Check) -> str:
    try:
        return check()
    finally:
        release()


def _finding(future: Future[str], seconds: float) -> Finding:
    try:
        return Finding(ok=True, detail=future.result(timeout=max(seconds, 0)))
    except FutureTimeoutError:
        return Finding(ok=False, detail=f"no answer within {DEADLINE_SECONDS:g} s")
    except RuntimeError as error:
        return Finding(ok=False, detail=str(error))
    except Exception as error:  # noqa: BLE001  whatever it is, this part is not ready
        return Finding(ok=False, detail=type(error).__name__)


def _answer(body: dict[str, Any], *, ok: bool) -> JsonResponse:
    response = JsonResponse(body, status=200 if ok else 503)
    response["Cache-Control"] = "no-store"
    return response
