"""Flagsmith's environment document, as it is served to SDKs, as the context of its engine."""

from collections.abc import Mapping
from typing import Any

Json = Any


def context_of_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return features and segments as Flagsmith's engine is given them.

    What single identities override is not among them: it is no rule.
    """
    key = document["api_key"]
    return {
        "environment": {"key": key, "name": document.get("name") or key},
        "features": _features(document["feature_states"]),
        "segments": {
            str(segment["id"]): {
                "key": str(segment["id"]),
                "name": segment["name"],
                "rules": [_rule(rule) for rule in segment["rules"]],
                "overrides": list(_features(segment.get("feature_states") or []).values()),
            }
            for segment in document["project"].get("segments") or []
        },
    }


def _features(states: list[Mapping[str, Any]]) -> dict[str, Json]:
    return {state["feature"]["name"]: _feature(state) for state in states}


def _feature(state: Mapping[str, Any]) -> dict[str, Json]:
    found = {
        "key": str(state.get("django_id") or state.get("featurestate_uuid")),
        "name": state["feature"]["name"],
        "enabled": state["enabled"],
        "value": state.get("feature_state_value"),
        "variants": [
            {
                "key": each["multivariate_feature_option"].get("key"),
                "value": each["multivariate_feature_option"]["value"],
                "weight": each["percentage_allocation"],
                "priority": each["id"],
            }
            for each in state.get("multivariate_feature_state_values") or []
        ],
    }
    order = state.get("feature_segment") or {}
    return found | ({"priority": order["priority"]} if "priority" in order else {})


def _rule(rule: Mapping[str, Any]) -> dict[str, Json]:
    return {
        "type": rule["type"],
        "rules": [_rule(each) for each in rule.get("rules") or []],
        "conditions": [
            {
                "operator": each["operator"],
                "property": each.get("property_") or "",
                "value": each.get("value"),
            }
            for each in rule.get("conditions") or []
        ],
    }
