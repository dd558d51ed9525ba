"""Whether this process lives, and whether it should be sent work."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from threading import Event, Lock
from typing import Any, Literal

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from kernel.observability.figures import release

#: A check that takes longer has failed.
DEADLINE_SECONDS = 1.0
#: How old the answer of what is asked from time to time may be.
FRESH_SECONDS = 5.0
#: How long the first of these answers is waited for.
FIRST_SECONDS = 0.2

Check = Callable[[], str]
State = Literal["ok", "degraded", "down"]
#: From the best to the worst.
STATES: tuple[State, ...] = ("ok", "degraded", "down")
_checks: dict[str, Check] = {}
_draining = Event()
_aside = Event()
_started = Event()
_WORDS: dict[State, str] = {"ok": "ready", "degraded": "degraded", "down": "not ready"}
_migrated = Event()
_pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="health")
#: Apart, or those that wait for an answer would leave no thread to ask.
_asking = ThreadPoolExecutor(max_workers=4, thread_name_prefix="health-asking")


class DegradedError(Exception):
    """What a check raises of a part without which things are slower or wait, and go on."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    state: State
    detail: str


def worst(findings: Iterable[Finding]) -> State:
    """Return how all of it is, which is as its worst part."""
    return max((finding.state for finding in findings), key=STATES.index, default="ok")


def register_check(name: str, check: Check) -> None:
    """Make readiness depend on a part: the check returns a detail, or raises what is wrong.

    Where it raises DegradedError, work may be sent here all the same.
    """
    _checks[name] = check


class Lately:
    """A check of what answers late when it is away: asked aside, and answered from memory."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._lock = Lock()
        self._asked: Future[str] | None = None
        self._answered: Future[str] | None = None
        self._asked_at = float("-inf")

    def __call__(self) -> str:
        """Return or raise what was last found, which is at most two times FRESH_SECONDS old."""
        with self._lock:
            if self._asked is None or (
                self._asked.done() and time.monotonic() - self._asked_at >= FRESH_SECONDS
            ):
                self._asked_at = time.monotonic()
                self._answered, self._asked = self._asked, _asking.submit(_released, self._check)
            latest = self._asked if self._asked.done() else self._answered or self._asked
        try:
            return latest.result(timeout=FIRST_SECONDS)
        except FutureTimeoutError:
            raise DegradedError("has not answered yet") from None


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


def readiness(within_seconds: float | None = None) -> dict[str, Finding]:
    """Run every check at the same time, none longer than that, or than a probe waits."""
    seconds = DEADLINE_SECONDS if within_seconds is None else within_seconds
    begun = time.monotonic()
    running = {name: _pool.submit(_released, check) for name, check in _checks.items()}
    findings = {
        name: _finding(future, begun + seconds - time.monotonic(), seconds)
        for name, future in running.items()
    }
    if _draining.is_set():
        findings["process"] = Finding("down", "stopping")
    elif _aside.is_set():
        findings["process"] = Finding("down", "drained by staff")
    return findings


def live(_request: HttpRequest) -> JsonResponse:
    """Answer as long as the process can answer anything."""
    return _answer({"status": "live"}, ok=True)


def ready(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when work may be sent here, if slowly, else 503; with what is wrong."""
    findings = readiness()
    state = worst(findings.values())
    checks = {
        name: {"ok": found.state == "ok", "state": found.state, "detail": found.detail}
        for name, found in findings.items()
    }
    return _answer({"status": _WORDS[state], "checks": checks}, ok=state != "down")


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


def _finding(future: Future[str], left: float, seconds: float) -> Finding:
    try:
        return Finding("ok", future.result(timeout=max(left, 0)))
    except FutureTimeoutError:
        return Finding("down", f"no answer within {seconds:g} s")
    except DegradedError as error:
        return Finding("degraded", str(error))
    except RuntimeError as error:
        return Finding("down", str(error))
    except Exception as error:  # noqa: BLE001  whatever it is, this part is not ready
        return Finding("down", type(error).__name__)


def _answer(body: dict[str, Any], *, ok: bool) -> JsonResponse:
    response = JsonResponse(body, status=200 if ok else 503)
    response["Cache-Control"] = "no-store"
    return response
