"""Unleash's answers: toggles as its front-end clients are told them, and what clients report."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from apps.config.domain.evaluations import Evaluation
from apps.config.domain.values import kind

#: How often a client may say at once that it has found something.
MOST_REPORTED = 1_000_000_000
_PAYLOADS = {"string": "string", "number": "number", "object": "json"}
#: What of a request is of Unleash itself; the rest are properties.
_FIELDS = ("userId", "sessionId", "environment", "appName", "remoteAddress", "currentTime")


def read_context(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return our context: properties beside the fields, and the user as who is asked for."""
    properties = given.get("properties")
    found = {
        **(properties if isinstance(properties, dict) else {}),
        **{name: given[name] for name in _FIELDS if given.get(name)},
    }
    unit = found.get("userId") or found.get("sessionId")
    return found if unit is None else {"targetingKey": str(unit), **found}


def toggles(evaluations: Iterable[Evaluation]) -> dict[str, Any]:
    """Return the toggles that are enabled: a client takes all others for disabled."""
    return {"toggles": [toggle for each in evaluations if (toggle := _toggle(each))]}


def read_metrics(body: Any) -> dict[str, dict[str, int]]:
    """Return of each toggle how often clients have found what, since they last told.

    What was found is the name of a variant, or `true` or `false` for what had none. Raises
    ValueError for what is no report.
    """
    bucket = body.get("bucket") if isinstance(body, dict) else None
    toggles = bucket.get("toggles") if isinstance(bucket, dict) else None
    if not isinstance(toggles, dict) or not all(isinstance(one, dict) for one in toggles.values()):
        raise ValueError("a report has a bucket with toggles, each an object")
    return {name: _found(told) for name, told in toggles.items()}


def _found(told: Mapping[str, Any]) -> dict[str, int]:
    variants = told.get("variants") or {}
    if not isinstance(variants, dict):
        raise ValueError("variants of a toggle are an object")  # noqa: TRY004  as is promised
    named = {name: _times(times) for name, times in variants.items() if name != "disabled"}
    # Who has got a variant has found the toggle enabled, too.
    enabled = max(_times(told.get("yes", 0)) - sum(named.values()), 0)
    return {**named, "true": enabled, "false": _times(told.get("no", 0))}


def _times(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= MOST_REPORTED:
        raise ValueError(f"a count is a whole number from 0 to {MOST_REPORTED:,}")
    return given


def _toggle(found: Evaluation) -> dict[str, Any] | None:
    if found.error_code is not None or found.variant is None or found.value is False:
        return None
    if found.value is True:
        variant: dict[str, Any] = {"name": "disabled", "enabled": False}
    else:
        variant = {"name": found.variant, "enabled": True, "payload": payload_of(found.value)}
    return {
        "name": found.key,
        "enabled": True,
        "impressionData": False,
        "variant": {**variant, "feature_enabled": True},
    }


def payload_of(value: Any) -> dict[str, str]:
    """Return a value as the payload of a variant."""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return {"type": _PAYLOADS.get(kind(value), "json"), "value": text}
