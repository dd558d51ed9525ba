"""What real composers make of the seven subgraphs is what one process serves."""

import json
import subprocess
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, lexicographic_sort_schema, print_schema

from kernel.federation import subgraph as federation
from kernel.services import BY_NAME
from project.graph import composed_endpoint, subgraph
from project.supergraph import compose, endpoint
from tests.gateway.stack import installed
from tests.node.packages import node

pytestmark = pytest.mark.node

#: All that are left when one is away; any two, in `make nightly`.
#: Both composers take long: two are enough to see that one may be missing, the rest is for nights.
SUBSETS = [
    pytest.param(some, marks=[pytest.mark.nightly] * (number not in (0, 4)))
    for number, some in enumerate(
        [*combinations(BY_NAME, len(BY_NAME) - 1), *combinations(BY_NAME, 2)]
    )
]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What both composers say of some services."""

    errors: list[str]
    warnings: list[str]
    api: str
    api_of_ours: str


@cache
def composed(*services: str) -> Verdict:
    """Compose by the product's composer, which raises on an error, and by Apollo's."""
    installed("composer")
    installed("apollo")
    sdls = {name: subgraph(name).sdl for name in services}
    urls = {name: endpoint(name, "http://127.0.0.1") for name in services}
    given = {
        "services": [{"name": name, "url": urls[name], "sdl": sdl} for name, sdl in sdls.items()],
        "supergraph": compose(sdls, urls),
    }
    done = subprocess.run(
        [node(), str(Path(__file__).with_name("compose_apollo.mjs"))],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    return Verdict(
        errors=answer["errors"],
        warnings=[hint["message"] for hint in answer["hints"] if hint["level"] == "WARN"],
        api=_sorted(build_schema(answer["api"])),
        api_of_ours=_sorted(build_schema(answer["apiOfOurs"])),
    )


def _sorted(schema: GraphQLSchema) -> str:
    """Print all of a schema: types, fields, arguments, defaults, values and descriptions."""
    return print_schema(lexicographic_sort_schema(schema))


def test_both_composers_take_all_seven_without_an_error_or_a_warning() -> None:
    verdict = composed(*BY_NAME)

    assert (verdict.errors, verdict.warnings) == ([], [])


def test_one_process_serves_what_a_gateway_serves_member_for_member() -> None:
    assert _sorted(composed_endpoint().schema) == composed(*BY_NAME).api


def test_both_composers_make_the_same_api() -> None:
    verdict = composed(*BY_NAME)

    assert verdict.api_of_ours == verdict.api


@pytest.mark.parametrize("services", SUBSETS, ids=" ".join)
def test_any_of_the_services_together_are_what_a_gateway_serves(services: tuple[str, ...]) -> None:
    ours = federation.compose([subgraph(name) for name in services])

    verdict = composed(*services)

    assert (verdict.errors, verdict.warnings) == ([], [])
    assert _sorted(ours) == verdict.api == verdict.api_of_ours
