"""The table of the model with secrets."""

import base64
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.kernel.secrets.vaults import Vault


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Add the table once; what tests write into it is rolled back like the rest."""
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.create_model(Vault)


@pytest.fixture
def ring_file(settings: Any, tmp_path: Path) -> Path:
    """A path where the ring of keys will be made."""
    settings.ENCRYPTION_KEYS = ""
    settings.DATA_DIR = tmp_path
    settings.ENCRYPTION_KEYS_FILE = tmp_path / "encryption_keys.json"
    return tmp_path / "encryption_keys.json"


def key_text(byte: int) -> str:
    """Return a key of one repeated byte."""
    return base64.b64encode(bytes([byte]) * 32).decode()
