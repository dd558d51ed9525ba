"""Flagsmith's environment document of flags that it decides as we do."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from apps.config.domain.exporting.branches import (
    Branch,
    NotRepresentableError,
    Row,
    branches,
    leaving_out,
    with_rests,
)
from apps.config.domain.exporting.flagsmith_conditions import Conditions, is_id
from apps.config.domain.importing.reports import Import
from apps.config.domain.values import kind, text

Json = Any

TEXTS = "its values are texts there, which programs read as JSON"


def export_flagsmith(definition: Mapping[str, Any], *, environment: str) -> Import:
    """Give each flag that Flagsmith decides as we do: shares as it hashes them itself, no others.

    A boolean flag is a feature that is enabled or not, any other one with a value; every row of its
    rules is a segment that overrides it.
    """
    document = _Document(definition)
    for key, flag in definition["flags"].items():
        if not flag or flag.get("state") == "DISABLED":
            document.result.left_out(key, "it is disabled: everybody gets their own default")
            continue
        with leaving_out(document.result, key):
            document.add(key, flag)
    return document.finish(environment)


class _Document:
    def __init__(self, definition: Mapping[str, Any]) -> None:
        self.definition = definition
        self.result = Import({})
        self.states: list[Json] = []
        # By their rules: whom several flags mean alike is one segment.
        self.segments: dict[str, dict[str, Json]] = {}
        self.environment_key = ""

    def add(self, key: str, flag: Mapping[str, Json]) -> None:
        """Add all of a flag or, raising NotRepresentableError, nothing of it."""
        evaluators = self.definition.get("$evaluators") or {}
        rows = branches(flag, evaluators, self.definition.get("$segments") or {})
        conditions = Conditions()
        feature = _Feature(key, flag, len(self.states) + 1, conditions)
        found: dict[str, dict[str, Json]] = {}
        fixed = {segment["id"]: form for form, segment in self.segments.items() if segment["id"]}
        for number, (tests, state) in enumerate(feature.states(rows)):
            if not tests:
                break
            rules, own = conditions.rules(tests)
            form = json.dumps([own, rules])
            if own and fixed.setdefault(own, form) != form:
                raise NotRepresentableError(f"two segments that are hashed as {own}")
            # What stands twice is never reached the second time.
            if form not in found:
                override = state | {"feature_segment": {"priority": number}}
                found[form] = {"id": own, "rules": rules, "override": override}
        if conditions.environment_key:
            if self.environment_key not in ("", conditions.environment_key):
                raise NotRepresentableError("its users are hashed as those of another environment")
            self.environment_key = conditions.environment_key
        self.states.append(state)
        for form, segment in found.items():
            override = segment.pop("override")
            known = self.segments.setdefault(form, segment | {"feature_states": []})
            known["feature_states"].append(override)
        for note in sorted(conditions.notes):
            self.result.changed(key, note)
        if not conditions.notes:
            self.result.imported(key)

    def finish(self, environment: str) -> Import:
        taken = {segment["id"] for segment in self.segments.values()}
        free = (number for number in range(1, 2**31) if number not in taken)
        segments = []
        for segment in self.segments.values():
            number = segment["id"] or next(free)
            segments.append({**segment, "id": number, "name": f"segment {number}"})
        self.result.definition = {
            "id": 1,
            "name": environment,
            "api_key": self.environment_key or environment,
            "project": {
                "id": 1,
                "name": environment,
                "hide_disabled_flags": False,
                "organisation": {
                    "id": 1,
                    "name": environment,
                    "feature_analytics": False,
                    "stop_serving_flags": False,
                    "persist_trait_data": True,
                },
                "segments": segments,
            },
            "feature_states": self.states,
            "identity_overrides": [],
        }
        return self.result


class _Feature:
    def __init__(
        self, key: str, flag: Mapping[str, Json], number: int, conditions: Conditions
    ) -> None:
        self.key = key
        self.number = number
        self.variants: Mapping[str, Json] = flag["variants"]
        self.default: str | None = flag.get("defaultVariant") or None
        self.conditions = conditions
        kinds = {kind(value) for value in self.variants.values()}
        self.switch = kinds == {"boolean"}
        whole = all(type(value) in (str, int) for value in self.variants.values())
        self.texts = not self.switch and not whole
        if self.texts:
            conditions.notes.add(TEXTS)

    def states(self, rows: list[Branch]) -> Iterator[tuple[Row, dict[str, Json]]]:
        """Return what each row says of the feature."""
        rows = with_rests(rows, self.default)
        while rows:
            row, *rows = rows
            if not row.splits:
                yield row.tests, self._state(row.outcome)
                continue
            bucket = _bucket(row.outcome)
            # Whom a split leaves without anything gets the control there.
            rest, *rows = rows
            if rest.tests != row.tests or not isinstance(rest.outcome, str) or self.switch:
                raise NotRepresentableError("a split that leaves somebody to the next rule")
            yield row.tests, self._split(bucket, rest.outcome)

    def _state(self, outcome: Any) -> dict[str, Json]:
        value = next(iter(self.variants.values())) if outcome is None else self._value(outcome)
        if self.switch and outcome is None:
            raise NotRepresentableError("nothing, where a feature is enabled or not")
        return {
            "feature": {"id": self.number, "name": self.key, "type": "STANDARD"},
            "enabled": value if self.switch else outcome is not None,
            "feature_state_value": None if self.switch else value,
            "django_id": None,
            "featurestate_uuid": str(uuid5(NAMESPACE_OID, f"{self.key} {outcome}")),
            "feature_segment": None,
            "multivariate_feature_state_values": [],
        }

    def _value(self, variant: Any) -> Json:
        value = self.variants.get(variant)
        if value is None:
            raise NotRepresentableError(f"there is no variant {variant!r}")
        if self.texts and not isinstance(value, str):
            return json.dumps(value)
        return value

    def _split(self, bucket: Mapping[str, Json], control: str) -> dict[str, Json]:
        split = bucket.get("split") or []
        if bucket.get("with_end") or not split or None in [variant for variant, _ in split]:
            raise NotRepresentableError("a split that is none of Flagsmith's variants")
        self.conditions.identity(bucket.get("by"))
        state = self._state(control) | self._hashed(bucket.get("ids") or [])
        state["feature"] = {**state["feature"], "type": "MULTIVARIATE"}
        state["multivariate_feature_state_values"] = [
            {
                "id": number,
                "percentage_allocation": share,
                "multivariate_feature_option": {
                    "id": number,
                    "key": variant,
                    "value": self._value(variant),
                },
                "mv_fs_value_uuid": str(uuid5(NAMESPACE_OID, f"{self.key} {variant}")),
            }
            for number, (variant, share) in enumerate(split, 1)
        ]
        return state

    def _hashed(self, ids: list[Json]) -> dict[str, Json]:
        """Return by which of its ids a feature is hashed."""
        [own] = ids if len(ids) == 1 else [""]
        own = text(own)
        if is_id(own):
            return {"django_id": int(own)}
        try:
            if str(UUID(own)) == own:
                return {"featurestate_uuid": own}
        except ValueError:
            pass
        raise NotRepresentableError("a split that is hashed by no id of a feature")


def _bucket(rule: Any) -> Mapping[str, Json]:
    bucket = rule.get("septet.bucket")
    if not isinstance(bucket, dict) or bucket.get("algorithm") != "flagsmith":
        [name] = list(rule) or ["nothing"]
        raise NotRepresentableError(f"{name} puts other users into its shares than Flagsmith does")
    return bucket
