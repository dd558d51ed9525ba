"""CloudTrail records as audit entries, judged on the real file."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from apps.audit.domain.cloudtrail import cloudtrail_entry
from apps.audit.domain.entries import EntryError


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    path = Path(__file__).parent.parent / "data" / "cloudtrail" / "events.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_every_record_of_the_file_is_an_entry(records: list[dict[str, Any]]) -> None:
    entries = [cloudtrail_entry(record) for record in records]

    for entry in entries:
        entry.check()
    assert len({entry.idempotency_key for entry in entries}) == 1233
    assert Counter(entry.actor.type for entry in entries) == {
        "IAMUser": 1186,
        "AssumedRole": 33,
        "AWSService": 14,
    }


def test_a_record_keeps_who_what_when_and_from_where(records: list[dict[str, Any]]) -> None:
    record = next(one for one in records if one["eventName"] == "DeleteSecret")

    entry = cloudtrail_entry(record)

    assert entry.action == "secretsmanager.DeleteSecret"
    assert entry.occurred_at == datetime.fromisoformat(record["eventTime"]).astimezone(UTC)
    assert (entry.actor.type, entry.actor.name) == ("IAMUser", "bert-jan")
    assert entry.actor.id == "arn:aws:iam::123837392027:user/bert-jan"
    assert [target.type for target in entry.targets] == ["AWS::SecretsManager::Secret"]
    assert entry.context.ip_address == record["sourceIPAddress"]
    assert entry.context.location == record["awsRegion"]
    assert entry.metadata["requestParameters"] == record["requestParameters"]
    assert entry.idempotency_key == f"cloudtrail:{record['eventID']}"


def test_a_role_acts_under_its_own_name(records: list[dict[str, Any]]) -> None:
    record = next(one for one in records if one["userIdentity"]["type"] == "AssumedRole")

    entry = cloudtrail_entry(record)

    assert entry.actor.name == "stratus-red-team-ec2-get-password-data-role"


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({}, "the field eventSource is missing"),
        ({"eventSource": 1}, "'int' object"),
        ({"eventSource": "s3.amazonaws.com"}, "the field eventName is missing"),
    ],
)
def test_what_is_no_record_is_refused_with_the_reason(record: dict[str, Any], reason: str) -> None:
    with pytest.raises(EntryError, match=reason):
        cloudtrail_entry(record)
