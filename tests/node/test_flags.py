"""The clients of flags that people have in JavaScript, against the real server."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from apps.config.models import KeyKind
from apps.config.services.flags import update_flag
from tests.config.definitions import boolean, live, put
from tests.config.wire import key_of, server  # noqa: F401  a fixture
from tests.node.packages import install, node

pytestmark = [
    pytest.mark.node,
    pytest.mark.usefixtures("tenant"),
    pytest.mark.django_db(transaction=True),
]

FOLDER = Path(__file__).parent


def of(variants: dict[str, Any], default_variant: str) -> str:
    return json.dumps({"state": "ENABLED", "variants": variants, "defaultVariant": default_variant})


def test_openfeatures_and_unleashs_clients_get_values_and_changes(server: str) -> None:  # noqa: F811
    program = node()
    install(FOLDER)
    rule = {"if": [{"==": [{"var": "plan"}, "pro"]}, "on"]}
    switch = live("switch", boolean(targeting=rule))
    colour = live("colour", of({"blue": "#00f"}, "blue"))
    for flag in (switch, colour):
        update_flag(id=str(flag.pk), client_visible=True)
    live("ratio", of({"half": 0.5}, "half"))
    live("shape", of({"square": {"sides": 4}}, "square"))
    live("a/b c-ü")

    process = subprocess.Popen(
        [program, "flags.mjs", server, key_of(), key_of(KeyKind.CLIENT)],
        cwd=FOLDER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin
        assert process.stdout
        first = json.loads(process.stdout.readline())
        assert process.stdout.readline() == "waiting\n"
        put(switch, boolean("off"))
        process.stdin.write("\n")
        process.stdin.flush()
        then = json.loads(process.stdout.readline())

    on = {"value": True, "variant": "on", "reason": "TARGETING_MATCH"}
    assert first["server"] == {
        "switch": on,
        "ratio": {"value": 0.5, "variant": "half", "reason": "STATIC"},
        "shape": {"value": {"sides": 4}, "variant": "square", "reason": "STATIC"},
        "odd": {"value": False, "variant": "off", "reason": "STATIC"},
        "missing": {"value": True, "reason": "ERROR", "errorCode": "FLAG_NOT_FOUND"},
    }
    assert first["web"]["switch"] == on
    assert first["web"]["hidden"]["errorCode"] == "FLAG_NOT_FOUND"
    assert (first["unleash"]["switch"], first["unleash"]["hidden"]) == (True, False)
    assert first["unleash"]["colour"]["payload"] == {"type": "string", "value": "#00f"}
    assert then == {
        "flagsChanged": ["switch"],
        "switch": {"value": False, "variant": "off", "reason": "STATIC"},
    }
