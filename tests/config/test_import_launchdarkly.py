"""LaunchDarkly's flags at random, through the import, as LaunchDarkly's own SDK answers."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ldclient.client import LDClient
from ldclient.config import Config
from ldclient.context import Context
from ldclient.feature_store import InMemoryFeatureStore
from ldclient.versioned_data_kind import FEATURES, SEGMENTS

from apps.config.domain.compiling import compile_set
from apps.config.domain.importing.launchdarkly import context_of, import_launchdarkly
from apps.config.domain.importing.reports import Line, Outcome

Json = Any
USERS = [f"user-{number}" for number in range(12)]
ORGS = ["acme", "initech", "umbrella"]
VERSIONS = ["1", "1.2", "1.2.3", "2.0.0-rc.1", "2.0.0", "v2.0.0", "two", 2]
TIMES = ["2026-01-01T00:00:00Z", "2026-06-01T12:00:00+02:00", "2026-06-01", 1_767_225_600_000, True]
TEXTS = ["ann@example.com", "bob@example.org", "", "Ann", "10.0.0.1"]
NUMBERS: list[Json] = [0, 1, 17, 17.5, True, "17"]
OPERATORS = {
    "in": [*TEXTS, *NUMBERS],
    "startsWith": [*TEXTS, 1],
    "endsWith": [".com", ".org", 1],
    "contains": ["example", "nn"],
    "matches": ["^ann", "[0-9]+", "(", 1],
    "lessThan": NUMBERS,
    "lessThanOrEqual": NUMBERS,
    "greaterThan": NUMBERS,
    "greaterThanOrEqual": NUMBERS,
    "before": TIMES,
    "after": TIMES,
    "semVerEqual": VERSIONS,
    "semVerLessThan": VERSIONS,
    "semVerGreaterThan": VERSIONS,
}
ATTRIBUTES = ["email", "age", "version", "since", "tags", "a.b", "/slash", "missing", "anonymous"]
PATHS = ["/plan", "/address/city", "key", "/a~1b", "/tags", "missing"]


class Maker:
    """Makes up flags, segments and contexts from one seed."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)

    def some(self, items: list[Json], most: int = 3) -> list[Json]:
        return self.draw.sample(items, self.draw.randint(0, min(most, len(items))))

    def clause(self, segments: list[str]) -> Json:
        if segments and self.draw.random() < 0.25:
            return {
                "attribute": "",
                "op": "segmentMatch",
                "values": self.some([*segments, "no-such"], 2),
                "negate": self.draw.random() < 0.3,
            }
        name = self.draw.choice(list(OPERATORS))
        clause = {
            "attribute": self.draw.choice(ATTRIBUTES),
            "op": name,
            "values": self.some(OPERATORS[name]),
            "negate": self.draw.random() < 0.3,
        }
        if self.draw.random() < 0.4:
            clause |= {
                "contextKind": self.draw.choice(["user", "org"]),
                "attribute": self.draw.choice(PATHS),
            }
        return clause

    def clauses(self, segments: list[str]) -> list[Json]:
        return [self.clause(segments) for _ in range(self.draw.randint(0, 2))]

    def outcome(self, count: int) -> Json:
        if self.draw.random() < 0.5:
            return {"variation": self.draw.randrange(count)}
        weights = [self.draw.choice([0, 10_000, 30_000, 60_000]) for _ in range(count)]
        rollout: Json = {
            "variations": [
                {"variation": number, "weight": weight} for number, weight in enumerate(weights)
            ]
        }
        if self.draw.random() < 0.4:
            rollout["seed"] = self.draw.randrange(100)
        if self.draw.random() < 0.4:
            rollout["bucketBy"] = self.draw.choice(["email", "age", "missing", "version"])
        if self.draw.random() < 0.3:
            rollout["kind"] = "experiment"
        if self.draw.random() < 0.3:
            rollout["contextKind"] = self.draw.choice(["org", "user"])
            rollout["bucketBy"] = self.draw.choice(["key", "/plan", "/address/city"])
        return {"rollout": rollout}

    def segment(self, key: str, others: list[str]) -> Json:
        segment: Json = {
            "key": key,
            "version": 1,
            "salt": f"salt of {key}",
            "included": self.some(USERS),
            "excluded": self.some(USERS),
            "rules": [{"clauses": self.clauses(others)} for _ in range(self.draw.randint(0, 2))],
        }
        for rule in segment["rules"]:
            if self.draw.random() < 0.5:
                rule["weight"] = self.draw.choice([0, 30_000, 100_000])
                rule["bucketBy"] = self.draw.choice(["key", "email", "missing"])
            if self.draw.random() < 0.2:
                rule |= {"rolloutContextKind": "org", "bucketBy": "/plan"}
        if self.draw.random() < 0.3:
            segment["includedContexts"] = [{"contextKind": "org", "values": self.some(ORGS)}]
            segment["excludedContexts"] = [{"contextKind": "org", "values": self.some(ORGS)}]
        return segment

    def flag(self, key: str, others: list[str], segments: list[str]) -> Json:
        variations: list[Json] = self.draw.choice(
            [[True, False], ["a", "b", "c"], [1, 2.5], [{"x": 1}, {}], [1, "one", None]]
        )
        count = len(variations)
        flag = {
            "key": key,
            "version": 1,
            "on": self.draw.random() < 0.9,
            "salt": f"salt of {key}",
            "variations": variations,
            "offVariation": self.draw.choice([None, 0, 1]),
            "fallthrough": self.outcome(count),
            "targets": [{"variation": 0, "values": self.some(USERS)}],
            "rules": [
                {"id": str(number), "clauses": self.clauses(segments), **self.outcome(count)}
                for number in range(self.draw.randint(0, 3))
            ],
            "prerequisites": [
                {"key": other, "variation": self.draw.randrange(2)}
                for other in self.some(others, 1)
            ],
        }
        if self.draw.random() < 0.3:
            flag["contextTargets"] = [
                {"contextKind": "org", "variation": 1, "values": self.some(ORGS)},
                {"contextKind": "user", "variation": 0, "values": []},
            ]
        return flag

    def environment(self) -> Json:
        segments: dict[str, Json] = {}
        for key in ("beta", "staff"):
            segments[key] = self.segment(key, list(segments))
        flags: dict[str, Json] = {}
        for number in range(6):
            key = f"flag-{number}"
            flags[key] = self.flag(key, [*flags, "no-such"], list(segments))
        return {"flags": flags, "segments": segments}

    def context(self) -> Json:
        user = {
            "kind": "user",
            "key": self.draw.choice(USERS),
            "email": self.draw.choice([*TEXTS, None]),
            "age": self.draw.choice(NUMBERS),
            "version": self.draw.choice(VERSIONS),
            "since": self.draw.choice(TIMES),
            "tags": self.some([*TEXTS, 17], 2),
            "a.b": self.draw.choice(TEXTS),
            "/slash": self.draw.choice(TEXTS),
            "a/b": self.draw.choice(TEXTS),
            "plan": self.draw.choice(TEXTS),
            "address": {"city": self.draw.choice(TEXTS)},
        }
        if self.draw.random() < 0.3:
            user["anonymous"] = True
        if self.draw.random() < 0.5:
            return user
        org = {
            "key": self.draw.choice(ORGS),
            "plan": self.draw.choice([*TEXTS, 17]),
            "address": {"city": self.draw.choice([*TEXTS, 17])},
        }
        return {"kind": "multi", "user": {**user, "kind": "user"} | {"kind": "user"}, "org": org}


@contextmanager
def launchdarkly(payload: Json) -> Iterator[LDClient]:
    """LaunchDarkly's client with these flags, alone."""
    store = InMemoryFeatureStore()  # type: ignore[no-untyped-call]
    store.init({FEATURES: payload["flags"], SEGMENTS: payload["segments"]})  # type: ignore[no-untyped-call]
    client = LDClient(
        Config("sdk-key", feature_store=store, use_ldd=True, send_events=False), start_wait=0
    )
    try:
        yield client
    finally:
        client.close()  # type: ignore[no-untyped-call]


def theirs(context: Json) -> Context:
    given = json.loads(json.dumps(context))
    if given["kind"] == "multi":
        given["user"].pop("kind")
    return Context.from_dict(given)


@pytest.mark.parametrize("seed", range(60))
def test_every_flag_answers_as_in_launchdarkly(seed: int) -> None:
    maker = Maker(seed)
    payload = maker.environment()
    flags = compile_set(import_launchdarkly(payload).definition)

    with launchdarkly(json.loads(json.dumps(payload))) as client:
        for _ in range(25):
            context = maker.context()
            for key, flag in payload["flags"].items():
                expected = client.variation_detail(key, theirs(context), None)
                found = flags.evaluate(key, context_of(context))
                assert found.error_code is None, (key, found)
                mixed = flag["variations"] == [1, "one", None]
                number = expected.variation_index
                if number is None:
                    assert found.variant is None, (key, context, flag)
                    continue
                value = flag["variations"][number]
                wanted = json.dumps(value) if mixed else value
                assert json.dumps(found.value) == json.dumps(wanted), (key, context, flag, found)


def test_a_bucket_is_the_one_that_launchdarkly_documents() -> None:
    # The test vectors of LaunchDarkly's SDKs: key "hashKey", salt "saltyA".
    shares = {"userKeyA": 42_157, "userKeyB": 67_084, "userKeyC": 10_343}
    for key, share in shares.items():
        flag = {
            "on": True,
            "salt": "saltyA",
            "variations": [True, False],
            "fallthrough": {
                "rollout": {
                    "variations": [
                        {"variation": 0, "weight": share},
                        {"variation": 1, "weight": 100_000 - share},
                    ]
                }
            },
        }
        below = import_launchdarkly({"flags": {"hashKey": flag}}).definition
        shares_above = json.loads(json.dumps(flag))
        shares_above["fallthrough"]["rollout"]["variations"][0]["weight"] = share + 1
        above = import_launchdarkly({"flags": {"hashKey": shares_above}}).definition

        assert compile_set(below).evaluate("hashKey", {"targetingKey": key}).value is False
        assert compile_set(above).evaluate("hashKey", {"targetingKey": key}).value is True


def test_the_report_tells_what_is_otherwise_now() -> None:
    clause = {"attribute": "email", "op": "matches", "values": ["(?=x)"], "negate": False}
    payload = {
        "flags": {
            "ahead": {
                "on": True,
                "variations": ["a", "b"],
                "rules": [{"clauses": [clause], "variation": 1}],
                "fallthrough": {"variation": 0},
            },
            "mixed": {"on": False, "offVariation": 0, "variations": [1, "one"]},
            "needs": {
                "on": True,
                "offVariation": 1,
                "variations": [True, False],
                "prerequisites": [{"key": "gone", "variation": 0}],
                "fallthrough": {"variation": 0},
            },
            "gone": {"key": "gone", "deleted": True, "version": 3},
            "plain": {"on": True, "variations": [True, False], "fallthrough": {"variation": 0}},
        },
        "segments": {"big": {"key": "big", "unbounded": True, "rules": []}},
    }

    result = import_launchdarkly(payload)

    assert [(line.key, line.outcome) for line in result.report] == [
        ("segment big", Outcome.LEFT_OUT),
        ("ahead", Outcome.LEFT_OUT),
        ("mixed", Outcome.CHANGED),
        ("needs", Outcome.CHANGED),
        ("plain", Outcome.IMPORTED),
    ]
    assert result.report[3] == Line("needs", Outcome.CHANGED, "it is off: there is no flag 'gone'")
    flags = compile_set(result.definition)
    assert flags.evaluate("ahead", {"email": "x"}).value == "a"
    assert flags.evaluate("needs").value is False
    assert flags.evaluate("plain").variant == "on"


def test_what_the_api_lists_is_read_for_one_environment() -> None:
    listed = {
        "items": [
            {
                "key": "new-invoice",
                "variations": [{"value": True, "name": "New"}, {"value": False}],
                "environments": {
                    "production": {"on": False, "offVariation": 1},
                    "test": {"on": True, "fallthrough": {"variation": 0}},
                },
            },
            {"key": "old", "archived": True, "variations": []},
        ]
    }

    production = compile_set(import_launchdarkly(listed).definition)
    test = compile_set(import_launchdarkly(listed, environment="test").definition)

    assert list(production) == ["new-invoice"]
    assert production.evaluate("new-invoice").value is False
    assert test.evaluate("new-invoice").value is True
