"""The README's tour: its questions are asked, and the answers it prints are the true ones."""

import json
import os
import re
import subprocess
from ast import literal_eval
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from kernel.identity.models import Tenant
from kernel.testing.embedded import Embedded, embedded
from kernel.testing.graphql import GraphQLClient
from project.demo import load_data, make_tenant
from project.portal.examples import EXAMPLES, snippets
from septet_client import Septet

ROOT = Path(settings.BASE_DIR)
README = (ROOT / "README.md").read_text(encoding="utf-8")
#: A question, and the answer printed under it.
ASKED = re.findall(r"```graphql\n(.*?)```\s+```json\n(.*?)```", README, re.DOTALL)
SENT = re.findall(r"```sh\n(curl .*?)```\s+```json\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def graphql(db: None) -> GraphQLClient:
    """A client with the demo's own key."""
    made = make_tenant()
    assert made
    load_data(lambda _: None)
    return GraphQLClient(made.api_key)


def test_the_tour_asks_and_sends_something() -> None:
    assert (len(ASKED), len(SENT)) == (3, 2)


def test_every_printed_answer_is_the_true_one(graphql: GraphQLClient) -> None:
    for question, answer in ASKED:
        assert graphql(question).data == json.loads(answer)


def test_every_example_of_the_editor_is_answered(graphql: GraphQLClient) -> None:
    assert [*EXAMPLES] == [*settings.SERVICES]
    for example in (one for some in EXAMPLES.values() for one in some):
        assert all(graphql(example.query).data.values()), example.title


def test_what_the_tour_tells_of_the_back_office_is_true(graphql: GraphQLClient) -> None:
    found = graphql(
        """{ auditLogs(filter: {text: "StopLogging"}, order: OLDEST_FIRST) {
             nodes { occurredAt action actor { name } } } }"""
    ).data["auditLogs"]["nodes"]

    assert found == [
        {
            "occurredAt": f"2023-07-10T{time}+00:00",
            "action": "cloudtrail.StopLogging",
            "actor": {"name": "bert-jan"},
        }
        for time in ("12:00:42", "12:01:23")
    ]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """The platform as `make run` starts it."""
    with embedded(tmp_path_factory.mktemp("platform")) as started:
        yield started


@pytest.mark.parametrize(("command", "answer"), SENT)
def test_every_printed_command_gives_its_printed_answer_also_twice(
    platform: Embedded, command: str, answer: str
) -> None:
    here = command.replace("http://localhost:8000", platform.url)

    answers: list[Any] = [
        json.loads(
            subprocess.run(
                ["bash", "-c", here],
                env={"PATH": os.environ["PATH"], "SEPTET_KEY": platform.key},
                capture_output=True,
                check=True,
            ).stdout
        )
        for _ in range(2)
    ]

    assert answers == [json.loads(answer)] * 2


def test_every_program_of_the_portal_asks_what_the_editor_asks(
    platform: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEPTET_KEY", platform.key)
    with Septet(platform.url, platform.key) as septet:
        for example in (one for some in EXAMPLES.values() for one in some):
            wanted = septet.query(example.query)
            programs = snippets(example, platform.url)

            answer = subprocess.run(
                ["bash", "-c", programs["curl"]], capture_output=True, check=True
            ).stdout
            with redirect_stdout(StringIO()) as by_python:
                exec(programs["Python"], {})

            by_curl = json.loads(answer)["data"]
            # What has a time or a state in it may be another a moment later.
            assert by_curl.keys() == literal_eval(by_python.getvalue()).keys() == wanted.keys()
            if example in EXAMPLES["audit"]:
                assert by_curl == literal_eval(by_python.getvalue()) == wanted


def test_every_link_and_picture_of_the_pages_is_there() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    missing = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(
            r"\]\((?!https?:|cid:|#)([^)#]+)", page.read_text(encoding="utf-8")
        )
        if not (page.parent / target).exists()
    ]

    assert missing == []


def test_every_service_has_its_page() -> None:
    pages = {path.parent.name for path in (ROOT / "apps").glob("*/README.md")}

    assert pages == set(settings.SERVICES)


@pytest.mark.parametrize(
    "page", sorted((ROOT / "apps").glob("*/README.md")), ids=lambda p: p.parent.name
)
def test_the_examples_of_every_page_run(graphql: GraphQLClient, page: Path) -> None:
    examples = re.findall(r"```graphql\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)

    assert examples
    # Those with variables belong to a tour, which has a test of its own.
    for example in (one for one in examples if "($" not in one):
        assert graphql(example).data


def test_the_demo_tenant_is_made_once(graphql: GraphQLClient) -> None:
    assert make_tenant() is None
    assert Tenant.objects.count() == 1
