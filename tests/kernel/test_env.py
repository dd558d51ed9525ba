"""Settings: read by type, and refused with a sentence that names them."""

import os
import subprocess
import sys
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from kernel.env import Environment, Mail

ROOT = Path(settings.BASE_DIR)


@pytest.mark.parametrize(
    ("method", "text", "value"),
    [
        ("number", "8", 8),
        ("number", " 0 ", 0),
        ("items", "a, b,,c ", ("a", "b", "c")),
        ("items", "", ()),
        (
            "origins",
            "https://a.example, http://localhost:8000",
            ("https://a.example", "http://localhost:8000"),
        ),
        (
            "origins",
            "https://*.a.example,http://[::1]:80",
            ("https://*.a.example", "http://[::1]:80"),
        ),
        ("duration", "500ms", timedelta(seconds=0.5)),
        ("duration", "30s", timedelta(seconds=30)),
        ("duration", "1.5h", timedelta(hours=1.5)),
        ("duration", "7d", timedelta(days=7)),
        ("path", "/tmp/x", Path("/tmp/x").resolve()),
        ("networks", "10.0.0.7, fd00::/8", (ip_network("10.0.0.7/32"), ip_network("fd00::/8"))),
    ],
)
def test_a_value_is_read_by_its_type(method: str, text: str, value: object) -> None:
    environment = Environment({"NAME": text})
    arguments = ["NAME"] if method in {"origins", "networks"} else ["NAME", object()]

    assert getattr(environment, method)(*arguments) == value


@pytest.mark.parametrize(
    "text", ["example.com", "ftp://a.example", "https://a.example/path", "https://", "https://a b"]
)
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="expected origins such as https://"):
        Environment({"NAME": f"https://good.example,{text}"}).origins("NAME")


def test_a_rate_is_read_as_units_a_minute_and_units_at_once() -> None:
    environment = Environment({"SOME": "600:100", "NONE": "0"})

    assert environment.rate("SOME", "0") == (600, 100)
    assert environment.rate("NONE", "600:100") is None
    assert environment.rate("UNSAID", "60:10") == (60, 10)


@pytest.mark.parametrize("text", ["600", "600:", "0:100", "600:0", "many:100", "-1:1"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="expected units a minute and units at once"):
        Environment({"NAME": text}).rate("NAME", "0")


def test_a_url_has_one_of_the_schemes() -> None:
    environment = Environment({"NAME": "redis://:p@ss@host:6379/0"})

    assert environment.url("NAME", "", ("redis",)) == "redis://:p@ss@host:6379/0"
    assert environment.url("UNSAID", "", ("redis",)) == ""
    with pytest.raises(ImproperlyConfigured, match=r"^NAME=redis:…: expected rediss:// and where$"):
        environment.url("NAME", "", ("rediss",))


@pytest.mark.parametrize("text", ["1", "true", "YES", "On"])
def test_what_means_yes_is_true(text: str) -> None:
    assert Environment({"NAME": text}).flag("NAME", default=False) is True


@pytest.mark.parametrize("text", ["0", "false", "NO", "off"])
def test_what_means_no_is_false(text: str) -> None:
    assert Environment({"NAME": text}).flag("NAME", default=True) is False


def test_without_a_value_the_default_holds() -> None:
    assert Environment({}).number("NAME", 7) == 7


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("sqlite:///var/x.sqlite3", {"NAME": "var/x.sqlite3"}),
        ("sqlite:////var/x.sqlite3", {"NAME": "/var/x.sqlite3"}),
        (
            "postgres://me:p%40ss@db.example.com:5433/septet?sslmode=require",
            {
                "NAME": "septet",
                "USER": "me",
                "PASSWORD": "p@ss",
                "HOST": "db.example.com",
                "PORT": "5433",
                "OPTIONS": {"sslmode": "require"},
            },
        ),
    ],
)
def test_a_database_is_read_from_its_url(url: str, parts: dict[str, Any]) -> None:
    database = Environment({"DATABASE_URL": url}).database("DATABASE_URL", "")

    assert {name: database[name] for name in parts} == parts


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mysql://user:secret@host/db", "found another scheme"),
        ("sqlite:///", "found no file name"),
        ("postgres://user:secret@host", "found no database name"),
    ],
)
def test_a_wrong_database_is_refused_without_telling_its_password(url: str, reason: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=reason) as caught:
        Environment({"DATABASE_URL": url}).database("DATABASE_URL", "")

    assert str(caught.value).startswith("DATABASE_URL=")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "mail"),
    [
        ("console:", Mail("console")),
        ("file:///var/spool/a%20b", Mail("filebased", folder="/var/spool/a b")),
        ("smtp://mx.example.com", Mail("smtp", host="mx.example.com", port=587)),
        (
            "smtp://a%40b:p%2Fw@mx.example.com:2525?tls=1",
            Mail("smtp", "", "mx.example.com", 2525, "a@b", "p/w", tls=True),
        ),
        (
            "smtps://u:p@mx.example.com",
            Mail("smtp", "", "mx.example.com", 465, "u", "p", ssl=True),
        ),
    ],
)
def test_where_mail_goes_is_a_url(url: str, mail: Mail) -> None:
    assert Environment({"M": url}).mail("M", Path("/x")) == mail


def test_without_one_mail_is_kept_in_a_folder() -> None:
    mail = Environment({}).mail("M", Path("/data/mail"))

    assert mail == Mail("filebased", folder="/data/mail")
    assert mail.backend == "django.core.mail.backends.filebased.EmailBackend"


@pytest.mark.parametrize(
    "url",
    ["mx.example.com", "imap://h", "smtp://", "file://host/x", "file:///", "smtp://u:secret@h?a=1"],
)
def test_a_wrong_mail_url_is_told_without_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        Environment({"EMAIL_URL": url}).mail("EMAIL_URL", Path("/x"))

    assert str(caught.value).startswith("EMAIL_URL=")
    assert "secret" not in str(caught.value)


def test_pairs_are_read_by_name() -> None:
    given = {"P": " ops=staff, devs = acme:editor "}

    assert Environment(given).pairs("P") == {"ops": "staff", "devs": "acme:editor"}


def test_numbers_and_choices_are_read_by_name() -> None:
    given = Environment({"N": "a.b=3, c.d=64", "C": "a.b=end"})

    assert given.numbers("N", at_least=1, at_most=64) == {"a.b": 3, "c.d": 64}
    assert given.choices("C", choices=("beginning", "end")) == {"a.b": "end"}


WRONG = {
    "CONSUMER_CONCURRENCY": "audit.trail=0",
    "KAFKA_OFFSET_RESET": "audit.trail=middle",
    "EMAIL_URL": "pigeon:",
    "OIDC_GROUPS": "ops",
    "SESSION_LIFETIME": "long",
    "SERVICES": "audit,nothing",
    "PORT": "70000",
    "WEB_THREADS": "0",
    "STOP_TIMEOUT": "soon",
    "DEBUG": "maybe",
    "LOG_LEVEL": "LOUD",
    "LOG_FORMAT": "xml",
    "GRAPHQL_MAX_TOKENS": "many",
    "DATABASE_URL": "mongodb://localhost/x",
    "SERVICE_URLS": "audit",
    "TRUSTED_ORIGINS": "example.com",
    "TRUSTED_PROXIES": "10.0.0.1/8",
    "REDIS_URL": "localhost:6379",
    "RATE_LIMIT_TENANT": "600",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_ends_the_start_with_one_sentence(name: str, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), name: WRONG[name]}

    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "check"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.startswith(f"septet cannot start: {name}")
    assert done.stderr.count("\n") == 1
    assert "expected" in done.stderr


def test_a_folder_that_is_made_is_for_nobody_else(tmp_path: Path) -> None:
    made = Environment({"DATA_DIR": str(tmp_path / "new")}).folder("DATA_DIR", tmp_path)

    # It holds the database, and mail with links that let one in.
    assert made.stat().st_mode & 0o077 == 0
