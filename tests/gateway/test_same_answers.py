"""One process and seven behind a gateway answer the shared operations alike.

`make test-all` runs the whole set once, one operation after the other. `make nightly` also runs
all reads together from many threads, twenty times over, each time in another order: what a gateway
plans, batches or deduplicates under load gives the same answers.
"""

import json
import random
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.gateway.queries import FRESH, OPERATIONS, Cursor, Operation, Own, Row
from tests.gateway.stack import Stack, stack

pytestmark = pytest.mark.node

ENDPOINTS = ("one process", "apollo", "hive")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("stack")) as started:
        yield started


def filled_in(value: Any, running: Stack, endpoint: str) -> Any:
    """Return a variable with the ids, cursors and fresh texts that stand in it."""
    if isinstance(value, dict):
        return {name: filled_in(each, running, endpoint) for name, each in value.items()}
    if isinstance(value, list):
        return [filled_in(each, running, endpoint) for each in value]
    if isinstance(value, Row):
        return running.ids[value.kind][value.index]
    if isinstance(value, Own):
        return running.ids[f"own {value.kind}"][ENDPOINTS.index(endpoint)]
    if isinstance(value, Cursor):
        document = f"{{ {value.field}(first: {value.rows}) {{ pageInfo {{ endCursor }} }} }}"
        data = running.ask("one process", document, {}, "all").data
        return data[value.field]["pageInfo"]["endCursor"]
    return secrets.token_hex(8) if value is FRESH else value


def asked_everywhere(running: Stack, operation: Operation) -> dict[str, tuple[str, set[str]]]:
    """Return by endpoint the data, as text, and the codes of the errors."""
    answers = {}
    for endpoint in ENDPOINTS:
        variables = filled_in(operation.variables, running, endpoint)
        answer = running.ask(endpoint, operation.document, variables, operation.key)
        # As text: the order of the fields in an answer is promised, too.
        answers[endpoint] = json.dumps(answer.data), answer.codes
    return answers


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_each_operation_is_answered_alike(running: Stack, operation: Operation) -> None:
    answers = asked_everywhere(running, operation)

    expected = answers["one process"]
    assert expected[1] == set(operation.codes)
    assert answers == dict.fromkeys(ENDPOINTS, expected)


@pytest.mark.nightly
def test_reads_are_answered_alike_under_load(running: Stack) -> None:
    reads = [one for one in OPERATIONS if "mutation" not in one.document]

    def differs(operation: Operation) -> bool:
        answers = asked_everywhere(running, operation)
        return any(answer != answers["one process"] for answer in answers.values())

    with ThreadPoolExecutor(8) as threads:
        for seed in range(20):
            shuffled = random.Random(seed).sample(reads, len(reads))
            different = [
                one.name
                for one, wrong in zip(shuffled, threads.map(differs, shuffled), strict=True)
                if wrong
            ]
            assert (seed, different) == (seed, [])
