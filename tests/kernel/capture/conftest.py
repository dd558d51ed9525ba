"""The tables of the captured models."""

from typing import Any

import pytest
from django.db import connection

from tests.kernel.capture.shop import Customer, Order, Shelf


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Add the tables once; what tests write into them is rolled back like the rest."""
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        for model in (Shelf, Customer, Order):
            editor.create_model(model)
