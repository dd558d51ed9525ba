"""The command line: what it says, and how it ends."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from apps.audit.models import AuditLog
from kernel.identity.models import ApiKey, Tenant
from kernel.tenancy.context import in_tenant
from kernel.testing.graphql import GraphQLClient
from project.demo import ADMINISTRATOR, TENANT
from project.management.commands.settings_reference import found_in, page


def run(*command: str, **options: Any) -> str:
    out = StringIO()
    call_command(*command, stdout=out, **options)
    return out.getvalue()


def test_the_demo_is_made_once_and_told_once(db: None) -> None:
    first, second = run("demo"), run("demo")

    tenant = Tenant.objects.get()
    assert tenant.slug == TENANT
    assert "Shown once" in first
    assert ADMINISTRATOR in first
    assert "septet_" not in second
    assert "audit: 1,233 audit logs" in second
    with in_tenant(tenant.pk):
        assert AuditLog.objects.count() == 1233


def test_a_key_is_issued_and_revoked(tenant: Tenant) -> None:
    secret = run("key", "issue", "--tenant", tenant.slug, "--scope", "audit:read").strip()
    graphql = GraphQLClient(secret)

    before = graphql("{ auditLogs { totalCount } }")
    run("key", "revoke", ApiKey.objects.get().pk)
    after = graphql("{ auditLogs { totalCount } }")

    assert before.data == {"auditLogs": {"totalCount": 0}}
    assert (after.status, after.codes) == (401, ["UNAUTHENTICATED"])


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("key", "issue", "--tenant", "nobody"), "no tenant nobody"),
        (("key", "revoke", "0" * 16), "no API key 0000"),
    ],
)
def test_a_key_command_that_cannot_be_done_says_why(
    db: None, command: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(CommandError, match=reason):
        run(*command)


def test_the_checked_in_schemas_are_what_the_classes_make() -> None:
    run("schema", "--check")


def test_a_schema_that_drifted_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "BASE_DIR", tmp_path)

    with pytest.raises(CommandError, match="graphql of audit, notifications"):
        run("schema", "--check")


def test_the_settings_page_is_what_the_settings_say() -> None:
    run("settings_reference", "--check")


def test_a_setting_without_a_comment_is_refused() -> None:
    with pytest.raises(CommandError, match="PORT has no comment"):
        found_in('# --- One ---\n\nPORT = env.number("PORT", 1)\n')


def test_a_setting_is_shown_with_its_form_default_and_meaning() -> None:
    source = '# --- One ---\n\n# How long.\nX = env.duration("X", timedelta(seconds=5))\n'

    assert "| `X` | time such as 30s | `5s` | How long. |" in page(found_in(source))


def test_the_doctor_finds_a_sound_platform_sound(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PORT", 0)

    findings = [json.loads(line) for line in run("doctor", "--json").splitlines()]

    assert [one["check"] for one in findings if not one["ok"]] == []
    assert {one["check"] for one in findings} >= {"database", "migrations", "folder", "port"}


def test_the_doctor_prints_the_repair_and_ends_with_1(
    db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(settings, "PORT", 0)
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path / "missing")
    out = StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("doctor", stdout=out)

    assert ended.value.code == 1
    assert "set DATA_DIR" in out.getvalue()
    assert "none yet: run `manage.py demo`" in out.getvalue()
