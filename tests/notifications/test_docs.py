"""What the page of the documentation shows is what happens."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail

from apps.notifications.domain.dkim import Signer
from apps.notifications.models import Notification
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from tests.notifications.people import StandingClock

PAGE = (Path(settings.BASE_DIR) / "docs" / "messages.md").read_text(encoding="utf-8")


def test_every_change_and_question_is_answered(
    graphql: GraphQLClient, moved: StandingClock
) -> None:
    say, preview, became = re.findall(r"```graphql\n(.*?)```", PAGE, re.DOTALL)

    told = graphql(say).data
    assert [one["error"] for one in told.values()] == [None] * 5
    drain()
    moved.by(hours=2)
    drain()
    template = told["template"]["notificationTemplate"]["id"]
    shown = graphql(preview, id=template).data["notificationTemplatePreview"]
    nodes = graphql(became).data["notifications"]["nodes"]

    assert (shown["locale"], shown["subject"]) == ("de", "March ist fertig")
    assert "color: #0b6e4f" in shown["html"]
    assert {(one["channel"], one["state"]) for one in nodes} == {
        ("IN_APP", "SENT"),
        ("EMAIL", "SENT"),
    }
    [message] = mail.outbox
    assert message.subject == "March ist fertig"
    assert "Get no more of these</a>" in str(message.message())
    assert Notification.objects.count() == 2


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_the_key_that_it_makes_signs(tmp_path: Path) -> None:
    [script] = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)

    done = subprocess.run(
        ["sh", "-ec", script], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )

    key = (tmp_path / "dkim.pem").read_text()
    signer = Signer.of(key, domain="example.org", selector="septet")
    assert len(done.stdout) > 300
    assert signer.key.key_size == 2048
