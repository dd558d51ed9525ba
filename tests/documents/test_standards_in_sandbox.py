"""What strangers wrote is filled where no file can be opened and nothing imported any more."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from kernel.sandbox import Limits, Sandbox
from tests.documents.invoices import INVOICE_DATA
from tests.documents.standards_in_sandbox import BOOK, FORM, LETTER
from tests.documents.templates import DATA, INVOICE, pdf


@pytest.fixture(scope="module")
def sandbox() -> Any:
    found = Sandbox("tests.documents.standards_in_sandbox")
    yield found
    found.close()


@pytest.mark.parametrize(
    ("function", "given"),
    [
        ("invoice", lambda: json.dumps(INVOICE_DATA).encode()),
        ("pdfs", lambda: pdf(INVOICE, DATA)),
        ("form", lambda: FORM),
        ("word", lambda: LETTER),
        ("excel", lambda: BOOK),
    ],
)
def test_documents_are_made_without_files(
    sandbox: Sandbox, function: str, given: Callable[[], bytes]
) -> None:
    data = given()

    answer = sandbox.run(function, [data], size=len(data), limits=Limits())

    assert all(len(part) > 1_000 for part in answer.parts)
