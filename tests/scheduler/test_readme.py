"""What the README shows is what happens."""

import re
from pathlib import Path

from django.conf import settings

from kernel.testing.graphql import GraphQLClient

README = Path(settings.BASE_DIR) / "apps" / "scheduler" / "README.md"


def test_every_question_and_change_is_answered(graphql: GraphQLClient) -> None:
    asked = re.findall(r"```graphql\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)

    told = [graphql(one).data for one in asked]

    assert len(told) >= 6
    assert told[0]["createJobSchedule"]["error"] is None
    assert len(told[0]["createJobSchedule"]["jobSchedule"]["nextRuns"]) == 3
    assert told[1]["cronPreview"]["problem"]["position"] == 2
    days = next(one["jobCalendar"] for one in told if "jobCalendar" in one)
    assert [one["hours"] for one in days] == [24, 24, 24, 24, 24, 24, 23]
