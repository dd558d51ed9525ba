"""The command line: what it says, and how it ends."""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from apps.audit.models import AuditLog
from kernel.dynamic.declaring import REGISTRY
from kernel.errors import DomainError
from kernel.identity.erasure import advance_deletions
from kernel.identity.models import ApiKey, Tenant
from kernel.identity.services import create_service_account
from kernel.services import BY_NAME
from kernel.tenancy.context import in_tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from project.demo import ADMINISTRATOR, TENANT
from project.management.commands.errors_reference import Code, sources
from project.management.commands.errors_reference import found_in as found_errors
from project.management.commands.settings_reference import found_in, page


def _under(error: type[DomainError]) -> Iterator[type[DomainError]]:
    yield error
    for one in error.__subclasses__():
        yield from _under(one)


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
    assert "audit: 1,238 audit logs" in second
    with in_tenant(tenant.pk):
        # And what was set up: two rules, a schema, a source, a link, a hold that was released.
        assert AuditLog.objects.count() == 1238 + 7


def test_a_key_is_issued_and_revoked(tenant: Tenant) -> None:
    secret = run("key", "issue", "--tenant", tenant.slug, "--scope", "audit:read").strip()
    graphql = GraphQLClient(secret)

    before = graphql("{ auditLogs { totalCount } }")
    run("key", "revoke", ApiKey.objects.get().pk)
    after = graphql("{ auditLogs { totalCount } }")

    assert before.data == {"auditLogs": {"totalCount": 0}}
    assert (after.status, after.codes) == (401, ["UNAUTHENTICATED"])


def test_a_key_of_an_account_is_rotated_and_listed_without_its_secret(tenant: Tenant) -> None:
    create_service_account(tenant=tenant, name="robot", scopes=["audit:read"])
    issue = ("key", "issue", "--tenant", tenant.slug, "--account", "robot", "--expires-in", "90d")
    issued = json.loads(run(*issue, "--json"))

    rotated = json.loads(run("key", "rotate", issued["id"], "--overlap", "0s", "--json"))
    listed = [json.loads(line) for line in run("key", "list", "--json").splitlines()]
    shown = run("key", "list", "--tenant", tenant.slug)

    assert (rotated["id"], rotated["owner"]) == (issued["id"], "robot")
    assert rotated["secret"] != issued["secret"]
    assert [GraphQLClient(one["secret"])("{ __typename }").status for one in (issued, rotated)] == [
        401,
        200,
    ]
    assert listed == [{name: rotated[name] for name in listed[0]}]
    assert "secret" not in listed[0]
    assert issued["id"] in shown
    assert "active" in shown


def test_a_tenant_is_made_suspended_resumed_and_listed(db: None) -> None:
    said = [run("tenant", verb, "acme", "--json") for verb in ("create", "suspend", "resume")]
    states = [json.loads(line)["state"] for line in said]

    assert states == ["active", "suspended", "active"]
    assert run("tenant", "list") == "acme             active     acme\n"


def test_a_tenant_is_exported_into_a_new_file_only(tenant: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "out.zip"
    export = ("tenant", "export", tenant.slug, "--output", str(file))

    told = json.loads(run(*export, "--json"))

    assert told["file"] == str(file)
    assert "manifest.json" in ZipFile(file).namelist()
    with pytest.raises(CommandError, match="File exists; name another"):
        run(*export)


def test_a_tenant_is_deleted_after_its_name_was_typed_and_the_report_stays(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = ("tenant", "delete", tenant.slug, "--grace", "0s")
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    with pytest.raises(CommandError, match="nothing was done"):
        run(*delete)
    assert json.loads(run("tenant", "list", "--json"))["state"] == "active"

    monkeypatch.setattr("builtins.input", lambda _: tenant.slug)
    first = run(*delete)
    advance_deletions("")
    drain()
    advance_deletions("")
    report = run("tenant", "report", tenant.slug)
    told = json.loads(run("tenant", "report", tenant.slug, "--json"))

    assert "waiting, to be erased after" in first
    assert f"{tenant.slug} finished" in report
    assert told["parts"]["identity"] == {"identity.tenant": 1}
    assert run("tenant", "list") == ""


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("tenant", "report", "nobody"), "no deletion of a tenant nobody"),
        (("key", "issue", "--tenant", "nobody"), "no tenant nobody"),
        (("key", "revoke", "0" * 16), "no API key 0000"),
        (("key", "rotate", "0" * 16), "no API key 0000"),
        (("key", "list", "--tenant", "nobody"), "no tenant nobody"),
        (("tenant", "suspend", "nobody"), "no tenant nobody"),
        (("tenant", "create", "Not A Slug"), "slug"),
    ],
)
def test_a_command_that_cannot_be_done_says_why(
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


def test_the_page_of_dynamic_settings_is_what_apps_declare() -> None:
    run("dynamic_reference", "--check")
    run("cache_reference", "--check")


def test_the_page_of_indexes_is_what_the_models_have() -> None:
    run("indexes_reference", "--check")


def test_every_app_has_something_that_operators_change() -> None:
    assert {setting.app for setting in REGISTRY.values()} == set(BY_NAME)


def test_the_errors_page_is_what_the_classes_say() -> None:
    run("errors_reference", "--check")


def test_every_code_that_is_used_is_on_the_errors_page() -> None:
    page = (Path(settings.BASE_DIR) / "docs/reference/errors.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE)
    written = re.compile(r"""(?:\bcode\b[^=\n]*=|_refusal\(.*,|"code":)\s*"([A-Z_]+)\"""")
    used = {code for text in sources() for code in written.findall(text)}

    classes = {one.code for one in _under(DomainError)}

    assert {"INTERNAL", "NOT_FOUND", "WORKER_LOST", "GRAPHQL_VALIDATION_FAILED"} <= used
    assert sorted(used | classes) == listed


def test_an_error_takes_from_its_parent_what_it_does_not_say() -> None:
    source = '''
class FullError(DomainError):
    """No room."""

    code = "FULL"
    status = 507
    retryable: ClassVar[bool] = True


class SameError(FullError):
    """The same to a caller."""


class FullerError(SameError):
    """Even less room.

    Much less.
    """

    code = "FULLER"


class OtherError(ValueError):
    code = "OTHER"
'''

    assert found_errors([source]) == [
        Code("FULL", 507, True, "No room."),
        Code("FULLER", 507, True, "Even less room."),
    ]


@pytest.mark.parametrize("name", ["settings", "errors"])
def test_a_reference_page_is_written_when_it_drifted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setattr(settings, "BASE_DIR", tmp_path)

    with pytest.raises(CommandError, match=f"run `manage.py {name}_reference`"):
        run(f"{name}_reference", "--check")
    written, unchanged = run(f"{name}_reference"), run(f"{name}_reference", "--check")

    assert (written, unchanged) == (f"wrote docs/reference/{name}.md\n", "")


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


def test_the_doctor_names_a_key_that_secrets_need_and_that_is_lost(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PORT", 0)
    TOTP.activate(User.objects.create_user("ada"), generate_totp_secret())
    sound = _finding("secrets")

    key = base64.b64encode(bytes(range(32))).decode()
    monkeypatch.setattr(settings, "ENCRYPTION_KEYS", f"other:{key}")
    lost = _finding("secrets")

    assert sound == {
        "check": "secrets",
        "ok": True,
        "detail": "1 encrypted, keys test, active test",
    }
    assert lost["detail"] == (
        "1 need keys that are not in the key ring: test; see docs/runbooks/encryption-keys.md"
    )


def _finding(check: str) -> dict[str, object]:
    out = StringIO()
    with suppress(SystemExit):
        call_command("doctor", "--json", stdout=out)
    findings = [json.loads(line) for line in out.getvalue().splitlines()]
    return next(one for one in findings if one["check"] == check)
