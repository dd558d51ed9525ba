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

from tests.gateway.queries import FRESH, MUTATIONS, OPERATIONS, Cursor, Operation, Row
from tests.gateway.stack import Stack, stack

pytestmark = pytest.mark.node

ENDPOINTS = ("one process", "apollo", "hive")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("stack")) as started:
        yield started


def filled_in(value: Any, running: Stack) -> Any:
    """Return a variable with the ids, cursors and fresh texts that stand in it."""
    if isinstance(value, dict):
        return {name: filled_in(each, running) for name, each in value.items()}
    if isinstance(value, list):
        return [filled_in(each, running) for each in value]
    if isinstance(value, Row):
        return running.ids[value.kind][value.index]
    if isinstance(value, Cursor):
        document = f"{{ {value.field}(first: {value.rows}) {{ pageInfo {{ endCursor }} }} }}"
        data = running.ask("one process", document, {}, "all").data
        return data[value.field]["pageInfo"]["endCursor"]
    return secrets.token_hex(8) if value is FRESH else value


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_each_operation_is_answered_alike(running: Stack, operation: Operation) -> None:
    answers = {
        endpoint: running.ask(
            endpoint, operation.document, filled_in(operation.variables, running), operation.key
        )
        for endpoint in ENDPOINTS
    }

    # As text: the order of the fields in an answer is promised, too.
    told = {name: (json.dumps(one.data), one.codes) for name, one in answers.items()}
    expected = told["one process"]
    assert expected[1] == set(operation.codes)
    assert [told["apollo"], told["hive"]] == [expected, expected]


@pytest.mark.nightly
def test_reads_are_answered_alike_under_load(running: Stack) -> None:
    reads = [operation for operation in OPERATIONS if operation not in MUTATIONS]
    asked = [(one, filled_in(one.variables, running)) for one in reads]

    def differs(one: tuple[Operation, Any]) -> bool:
        operation, variables = one
        told = [
            running.ask(endpoint, operation.document, variables, operation.key)
            for endpoint in ENDPOINTS
        ]
        return len({(json.dumps(answer.data), frozenset(answer.codes)) for answer in told}) > 1

    with ThreadPoolExecutor(8) as threads:
        for seed in range(20):
            random.Random(seed).shuffle(asked)
            different = [
                one[0].name
                for one, wrong in zip(asked, threads.map(differs, asked), strict=True)
                if wrong
            ]
            assert (seed, different) == (seed, [])
