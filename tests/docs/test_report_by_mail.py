"""The page about a report by mail: its chain goes through all services, in one process or seven."""

import os
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from kernel.services import BY_NAME
from kernel.testing.embedded import embedded
from kernel.testing.migrated import copy_migrated
from kernel.testing.processes import running, wait_for_line
from septet_client import LogKey, ProofError, Septet, check_receipt
from tests.gateway.stack import free_ports
from tests.notifications.sinks import mail_server

ROOT = Path(settings.BASE_DIR)
PAGE = (ROOT / "docs" / "report-by-mail.md").read_text(encoding="utf-8")
#: What the page shows, in its order.
(TEMPLATE, PUBLISH, FLAG, EXPORT, REPORT, MAIL, RUN, LOOK, LET, TRACE) = re.findall(
    r"```graphql\n(.*?)```", PAGE, re.DOTALL
)
PATIENCE_SECONDS = 240
FILE = "query($id: ID!) { file(id: $id) { state scanner detectedType } }"


@dataclass(frozen=True, slots=True)
class Platform:
    """Where each service is, and the mails that have left it."""

    urls: Mapping[str, str]
    key: str
    mails: list[tuple[str, Message]]

    def client(self, service: str) -> Septet:
        """Return a client of the graph of one service."""
        return Septet(f"{self.urls[service]}/{service}", self.key)

    def ask(self, service: str, document: str, **variables: Any) -> Any:
        """Return the first field of an answer; raises SeptetError for what is refused."""
        with self.client(service) as client:
            return next(iter(client.query(document, **variables).values()))


@contextmanager
def one_process(folder: Path, told: Mapping[str, str]) -> Iterator[tuple[dict[str, str], str]]:
    with embedded(folder, told) as platform:
        yield dict.fromkeys(BY_NAME, platform.url), platform.key


@contextmanager
def seven_processes(folder: Path, told: Mapping[str, str]) -> Iterator[tuple[dict[str, str], str]]:
    copy_migrated(folder / "septet.sqlite3")
    ports = dict(zip(BY_NAME, free_ports(len(BY_NAME)), strict=True))
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(folder),
        "PYTHONUNBUFFERED": "1",
        "LOG_LEVEL": "WARNING",
        "SERVICE_URLS": ",".join(f"{name}={url}" for name, url in urls.items()),
        **told,
    }
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                running(
                    [sys.executable, "manage.py", "dev"],
                    cwd=ROOT,
                    env=environment | {"SERVICES": name, "PORT": str(port)},
                )
            )
            for name, port in ports.items()
        ]
        said = "".join(line for one in processes for line in wait_for_line(one, "Septet is at "))
        yield urls, re.findall(r"septet_\w+", said)[0]


def until(found: Callable[[], Any]) -> Any:
    """Return what was found, as soon as it is."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (one := found()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.3)
    return one


def ended(platform: Platform, schedule: str) -> dict[str, Any] | None:
    """Return the last run of a schedule, if it has ended."""
    runs: list[dict[str, Any]] = platform.ask("scheduler", LOOK, id=schedule)["nodes"]
    return runs[0] if runs and runs[0]["state"] not in ("QUEUED", "RUNNING", "WAITING") else None


def set_up(platform: Platform) -> tuple[list[str], str]:
    """Take the steps of the page; return the ids of its three schedules and of its flag."""
    template = platform.ask("documents", TEMPLATE)["documentTemplate"]["id"]
    platform.ask("documents", PUBLISH, id=template)
    flag = platform.ask("config", FLAG)["featureFlag"]["id"]
    export = platform.ask("scheduler", EXPORT)["jobSchedule"]["id"]
    report = platform.ask("scheduler", REPORT, after=export)["jobSchedule"]["id"]
    mail = platform.ask("scheduler", MAIL, after=report)["jobSchedule"]["id"]
    return [export, report, mail], flag


def run(platform: Platform, schedules: list[str]) -> tuple[str, list[dict[str, Any]]]:
    """Run the chain in a trace of its own; return that, and how each of the schedules ended."""
    trace = secrets.token_hex(16)
    before = platform.ask("scheduler", LOOK, id=schedules[-1])["nodes"]
    with platform.client("scheduler") as client:
        client.http.headers["traceparent"] = f"00-{trace}-00f067aa0ba902b7-01"
        client.query(RUN, id=schedules[0])
    until(
        lambda: (
            platform.ask("scheduler", LOOK, id=schedules[-1])["nodes"] != before
            and ended(platform, schedules[-1])
        )
    )
    runs = [ended(platform, one) for one in schedules]
    assert all(runs), runs
    return trace, [one for one in runs if one]


def recorded(platform: Platform, trace: str) -> dict[str, str]:
    """Return what the audit log has of a trace: the id of a log by each action."""
    found = platform.ask("audit", TRACE, trace=trace)["nodes"]
    return {one["action"]: one["id"] for one in found}


def check_chain(platform: Platform) -> None:
    """Run the chain without its flag and with it, and prove what came of it."""
    schedules, flag = set_up(platform)

    _, (export, report, mail) = run(platform, schedules)
    assert [export["state"], report["state"]] == ["SUCCEEDED", "SUCCEEDED"], report
    assert (mail["state"], mail["error"]["code"]) == ("SKIPPED", "SCHEDULER_FLAG_OFF")
    assert platform.mails == []

    platform.ask("config", LET, id=flag)

    def gone() -> Any:
        # Another process hears of a flag a moment later.
        trace, runs = run(platform, schedules)
        return runs[-1]["state"] != "SKIPPED" and (trace, runs)

    trace, (export, report, mail) = until(gone)
    assert [one["state"] for one in (export, report, mail)] == ["SUCCEEDED"] * 3, mail
    pdf = platform.ask("files", FILE, id=report["result"]["fileId"])
    assert (pdf["state"], pdf["detectedType"]) == ("CLEAN", "application/pdf")
    assert pdf["scanner"]
    _check_mail(platform)
    _check_proof(platform, trace)


def _check_mail(platform: Platform) -> None:
    [(to, message)] = platform.mails
    assert to == "ada@example.com"
    assert message["Subject"] == "The report of the night, 1 pages"
    [attached] = [one for one in message.walk() if one.get_filename()]
    body = attached.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert (attached.get_content_type(), body[:5]) == ("application/pdf", b"%PDF-")


def _check_proof(platform: Platform, trace: str) -> None:
    wanted = {
        "scheduler.run.finished",
        "importexport.export.finished",
        "documents.document.ready",
        "files.file.scanned",
        "notifications.notification.sent",
    }
    logs = until(lambda: (found := recorded(platform, trace)).keys() >= wanted and found)
    with Septet(platform.urls["audit"], platform.key) as client:
        keys = [LogKey.parse(one) for one in client.get("/audit/api/log/keys").text.splitlines()]
        receipt = client.receipt(logs["notifications.notification.sent"])
    assert check_receipt(receipt, keys).size > receipt["position"]
    with pytest.raises(ProofError):
        check_receipt(receipt | {"record": receipt["record"].replace("sent", "read")}, keys)


@pytest.mark.parametrize(
    "processes",
    [
        pytest.param(one_process, marks=pytest.mark.processes),
        pytest.param(seven_processes, marks=[pytest.mark.live, pytest.mark.nightly]),
    ],
)
def test_a_report_goes_from_its_schedule_to_a_mail_that_is_proved(
    processes: Callable[..., Any], tmp_path: Path
) -> None:
    with mail_server() as sink:
        told = {"EMAIL_URL": f"smtp://127.0.0.1:{sink.port}", "DEMO_DATA": "false"}
        with processes(tmp_path, told) as (urls, key):
            check_chain(Platform(urls, key, sink.messages))
