"""What programs tell of answers that they found themselves."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.config.models import FlagUsage, UsageWriter
from kernel.testing.graphql import GraphQLClient
from tests.config.definitions import live

pytestmark = pytest.mark.usefixtures("tenant")

WRITER = str(UUID(int=7))
REPORT = """mutation($writer: ID!, $batch: BigInt!, $answers: [FeatureFlagAnswersInput!]!) {
  reportFeatureFlagUsage(writer: $writer, batch: $batch, answers: $answers) }"""


def answer(**changed: Any) -> dict[str, Any]:
    return {"flag": "dark-mode", "variant": "on", "evaluations": 2, **changed}


def evaluations() -> dict[str, int]:
    return dict(FlagUsage.objects.values_list("variant", "evaluations"))


def test_a_report_counts_once_however_often_it_is_told(graphql: GraphQLClient) -> None:
    live("dark-mode")
    told = {"writer": WRITER, "answers": [answer(), answer(variant=None), answer(flag="none")]}

    for batch in (1, 1, 2, 1):
        assert graphql(REPORT, batch=batch, **told).data == {"reportFeatureFlagUsage": True}

    assert evaluations() == {"on": 4, "": 4}


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("INVALID_INPUT", {"answers": [answer(evaluations=0)]}),
        ("INVALID_INPUT", {"answers": [answer(evaluations=10**9 + 1)]}),
        ("INVALID_INPUT", {"answers": [answer(), answer(reason="BECAUSE")]}),
        ("INVALID_INPUT", {"answers": [answer(errorCode="E" * 41)]}),
        ("INVALID_INPUT", {"batch": 0}),
        ("INVALID_INPUT", {"writer": "me"}),
        ("LIMIT_EXCEEDED", {"answers": [answer()] * 501}),
    ],
)
def test_a_report_that_is_none_is_refused_as_a_whole(
    graphql: GraphQLClient, code: str, changed: dict[str, Any]
) -> None:
    live("dark-mode")

    found = graphql(REPORT, **{"writer": WRITER, "batch": 1, "answers": [answer()]} | changed)

    assert found.codes == [code]
    assert not FlagUsage.objects.exists()
    assert not UsageWriter.objects.exists()


def test_many_answers_take_as_many_queries_as_few(graphql: GraphQLClient) -> None:
    counts = []
    for batch, many in ((1, 2), (2, 40)):
        for number in range(many):
            live(f"flag-{batch}-{number}")
        answers = [answer(flag=f"flag-{batch}-{number}") for number in range(many)]
        with CaptureQueriesContext(connection) as queries:
            graphql(REPORT, writer=str(UUID(int=batch)), batch=batch, answers=answers)
        counts.append(len(queries))

    assert counts[0] == counts[1]
