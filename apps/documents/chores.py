"""What the documents app does for others, such as schedules."""

from collections.abc import Mapping
from typing import Any

from apps.documents.services.documents import create_document
from contracts.chores import Chore, parameters
from kernel.chores.registry import chore

_TEXT = {"type": "string", "maxLength": 255}


@chore(
    Chore(
        name="documents.render",
        title="Make a document",
        description="Makes a document of the published version of a template, with data that are"
        " told or that a question to the graph brings.",
        scope="documents:write",
        parameters=parameters(
            ("template", "format"),
            template=_TEXT,
            format=_TEXT,
            title=_TEXT,
            data={},
            query={"type": "object"},
            locale=_TEXT,
        ),
    )
)
def render(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask for a document, and return its id."""
    return {"documentId": str(create_document(**told).pk)}
