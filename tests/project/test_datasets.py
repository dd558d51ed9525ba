"""The datasets of all services together: by GraphQL, and over HTTP as the page about them says."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from contracts.datasets import Dataset, Mode, Wanted
from kernel.datasets.client import all_datasets
from kernel.datasets.registry import datasets_of
from kernel.datasets.services import read_page
from kernel.identity.models import Tenant
from kernel.services import BY_NAME
from kernel.tenancy.context import acting_as
from kernel.testing.datasets import somebody
from kernel.testing.embedded import embedded
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key
from project.demo import load_data, make_tenant

NAMES = [
    "audit.logs",
    "notifications.notifications",
    "notifications.preferences",
    "notifications.subscribers",
    "notifications.templates",
    "files.files",
    "documents.templates",
    "scheduler.runs",
    "scheduler.schedules",
    "config.configurations",
    "config.flags",
    "config.segments",
    "identity.members",
]
PAGE = Path(settings.BASE_DIR) / "docs" / "datasets.md"


def test_everybody_is_told_what_they_may_read_or_write(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk)):
        assert [one.name for one in all_datasets()] == NAMES
    with acting_as(somebody(tenant.pk, "scheduler:write", "config:read")):
        assert [one.name for one in all_datasets()] == NAMES[8:-1]
    with acting_as(somebody(tenant.pk, "tenant:read")):
        assert [one.name for one in all_datasets()] == NAMES[-1:]
    with acting_as(somebody(tenant.pk, "tenant:own")):
        assert all_datasets() == []


def test_the_graph_tells_fields_modes_and_what_may_be_done(tenant: Tenant) -> None:
    secret = make_key(tenant, "importexport:read", "notifications:read", "scheduler:write").secret
    document = """{ datasets { name title key modes cursor readable writable
      fields { name title kind required maxLength choices readOnly masked } } }"""

    found = GraphQLClient(secret)(document).data["datasets"]

    notifications, _preferences, subscribers, _templates, schedules = found
    assert [one["name"] for one in found] == [*NAMES[1:5], NAMES[8]]
    assert (subscribers["readable"], subscribers["writable"]) == (True, False)
    assert (notifications["readable"], notifications["writable"]) == (True, False)
    assert (schedules["readable"], schedules["writable"]) == (False, True)
    assert schedules["modes"] == ["INSERT", "UPDATE", "UPSERT", "REPLACE", "DELETE"]
    assert (notifications["modes"], notifications["cursor"]) == ([], "created_at")
    assert schedules["fields"][0] == {
        "name": "name",
        "title": "Name",
        "kind": "TEXT",
        "required": True,
        "maxLength": 200,
        "choices": [],
        "readOnly": False,
        "masked": False,
    }
    assert [one["name"] for one in notifications["fields"] if one["masked"]] == ["recipient"]


def test_every_dataset_is_told_as_json_and_says_what_it_is() -> None:
    for service in BY_NAME:
        for one in datasets_of(service):
            dataset = one.dataset
            assert Dataset.of(json.loads(json.dumps(dataset.told()))) == dataset
            assert dataset.read_scope.partition(":")[0] == service
            assert Mode.UPDATE in dataset.modes or not dataset.write_scope


@pytest.mark.django_db
def test_every_row_of_the_demo_has_the_fields_that_are_named_and_is_json() -> None:
    make_tenant()
    load_data(lambda _: None)
    with acting_as(somebody(Tenant.objects.get().pk)):
        for dataset in all_datasets():
            rows = read_page(dataset.name, Wanted(limit=dataset.most_rows)).rows
            assert json.loads(json.dumps(rows)) == rows
            assert all(list(row) == [one.name for one in dataset.fields] for row in rows)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.processes
def test_the_commands_of_the_page_answer_as_it_says(tmp_path: Path) -> None:
    examples = re.findall(r"```sh\n(curl .*?)```\s+```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(examples) == 4

    with embedded(tmp_path) as platform:
        for command, answer in examples:
            done = subprocess.run(
                ["bash", "-ec", command.replace("http://localhost:8000", platform.url)],
                env={"PATH": os.environ["PATH"], "SEPTET_KEY": platform.key},
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            )
            assert json.loads(done.stdout) == json.loads(answer), command
