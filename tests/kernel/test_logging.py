"""Log lines: one object each, found by ids, without secrets, and not to be made by a caller."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.core.signing import Signer

from kernel.observability.context import request_ids
from kernel.observability.logging import ConsoleFormatter, JsonFormatter, Repeats, logging_config
from kernel.tenancy.context import in_tenant

KEY = "septet_live_0123456789abcdef_" + "a" * 72


def line(message: str, *arguments: Any, **extra: Any) -> str:
    record = logging.LogRecord("septet.x", logging.INFO, __file__, 1, message, arguments, None)
    vars(record).update(extra)
    return JsonFormatter().format(record)


def test_a_line_is_one_object_with_the_time_in_utc_and_the_ids() -> None:
    with request_ids("mine", f"00-{'1' * 32}-{'2' * 16}-01"):
        told = json.loads(line("GET %s", "/x", status=200))

    assert datetime.fromisoformat(told["time"]).utcoffset() == UTC.utcoffset(None)
    del told["time"]
    assert told == {
        "level": "INFO",
        "logger": "septet.x",
        "message": "GET /x",
        "request_id": "mine",
        "trace_id": "1" * 32,
        "span_id": "2" * 16,
        "status": 200,
    }
    handler = logging_config(level="INFO", style="json")["handlers"]["stderr"]
    assert (handler["class"], handler["formatter"]) == ("logging.StreamHandler", "line")


@pytest.mark.parametrize("of", ["event", "job"])
def test_a_line_tells_the_tenant_and_which_event_or_job_it_is_about(of: Any) -> None:
    tenant = uuid4()
    with request_ids("mine", "", of=of), in_tenant(tenant):
        told = json.loads(line("x"))

    assert (told[f"{of}_id"], told["tenant_id"]) == ("mine", str(tenant))


def test_what_is_said_again_and_again_is_said_so_often_and_then_counted() -> None:
    repeats = Repeats(2, seconds=10)

    def say(at: float, level: int = logging.WARNING, name: str = "septet.x", **about: str) -> Any:
        record = logging.LogRecord(name, level, __file__, 1, "away: %s", (at,), None)
        record.created = at
        vars(record).update(about)
        return getattr(record, "held_back", 0) if repeats.filter(record) else "left out"

    assert [say(at) for at in (0, 1, 2, 9)] == [0, 0, "left out", "left out"]
    assert [say(at) for at in (10, 11, 12)] == [2, 0, "left out"]
    # What is an error, a request or said by others is another matter.
    assert say(12, level=logging.ERROR) == 0
    assert [say(12, name="septet.request") for _ in range(5)] == [0] * 5
    assert say(12, name="septet.y") == 0
    # One slow statement does not hide another.
    assert [say(12, statement=one) for one in "aaabbb"] == [0, 0, "left out"] * 2


@pytest.mark.parametrize(
    "text", ['a\n{"level": "ERROR"}', "a\r\nb", 'a", "level": "ERROR', "\x1b[2J"]
)
def test_no_text_makes_a_line_of_its_own(text: str) -> None:
    made = line("%s", text, told=text)

    assert len(made.splitlines()) == 1
    assert "\x1b" not in made
    told = json.loads(made)
    assert (told["level"], told["message"], told["told"]) == ("INFO", text, text)


@pytest.mark.parametrize("given", ["a\nb", "x" * 65, "", 'a"b'])
def test_an_id_that_is_none_is_replaced(given: str) -> None:
    with request_ids(given, "") as ids:
        assert ids.request != given
        assert len(ids.request) == 36


def test_a_key_is_masked_wherever_it_stands() -> None:
    for made in (line("key %s", KEY), line("x", told={"key": KEY}), _failure()):
        assert "a" * 20 not in made
        assert "septet_live_0123456789abcdef_***" in made


def test_a_path_that_lets_in_who_has_it_is_masked() -> None:
    told = line("Internal Server Error: %s", "/account/password/reset/1-abc-def/", status=500)

    assert json.loads(told)["message"] == "Internal Server Error: /account/password/reset/***/"


def test_the_signature_of_a_link_is_masked_and_times_are_not() -> None:
    signed = Signer(salt="x").sign_object(["a"])

    told = json.loads(line("Not Found: /audit/view/%s/ at 12:00:00", signed))["message"]

    assert told == f"Not Found: /audit/view/{signed.rpartition(':')[0]}:***/ at 12:00:00"


def test_a_traceback_is_part_of_its_line() -> None:
    told = json.loads(_failure())

    assert told["exception"].startswith("Traceback")
    assert "ValueError" in told["exception"]


def test_lines_for_people_are_masked_too() -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "key %s", (KEY,), None)

    assert ConsoleFormatter().format(record).endswith("key septet_live_0123456789abcdef_***")


def _failure() -> str:
    try:
        raise ValueError(KEY)
    except ValueError:
        record = logging.LogRecord("x", 40, __file__, 1, "failed", (), sys.exc_info())
        return JsonFormatter().format(record)
