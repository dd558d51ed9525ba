"""Tables where the role of the application owns none: another connection makes them for it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection

pytestmark = [pytest.mark.postgres, pytest.mark.live]

PROGRAM = Path(__file__).with_name("tables_program.py")


def run(environment: dict[str, str], *arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_table_lives_where_the_role_owns_none(tmp_path: Path, db: None) -> None:
    parameters = connection.get_connection_params()
    host, port = parameters["host"], parameters["port"]
    server, name = f"postgres://{parameters['user']}@{host}:{port}", f"tables_{os.getpid()}"
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "DATA_DIR": str(tmp_path),
        "LOG_LEVEL": "ERROR",
        "DATABASE_URL": f"postgres://{name}:secret@{host}:{port}/{name}",
        "DATABASE_SYSTEM_URL": f"{server}/{name}",
    }
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    try:
        run(environment, "manage.py", "migrate", "--verbosity=0")
        told = json.loads(run(environment, PROGRAM))
    finally:
        with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
            admin.execute(f"DROP ROLE IF EXISTS {name}")

    assert told == {
        "rows": [
            {"code": "DE", "name": "Country DE", "people": None},
            {"code": "FR", "name": "Country FR", "people": None},
            {"code": "IT", "name": "=Italy", "people": "59"},
        ],
        "export": ["ready", ""],
        "file": ["code,name,people\r\nDE,Country DE,\r\nFR,Country FR,\r\nIT,'=Italy,59\r\n"],
        "stranger": 0,
        "left": 0,
    }
