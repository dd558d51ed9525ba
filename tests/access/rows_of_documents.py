"""Rows of documents' templates that operations are tried on, each by its name."""

from collections.abc import Callable
from typing import Any

from apps.documents.models import Template, TemplateVersion
from apps.documents.selectors.templates import draft_of
from apps.documents.services.drafts import save_draft
from apps.documents.services.looks import create_partial, create_theme
from apps.documents.services.publishing import publish_template
from apps.documents.services.templates import archive_template, create_template
from kernel.ids import new_id
from tests.documents.signatures import sealed_key


def template() -> Template:
    """Make one with a draft, by a name that no other has."""
    return create_template(name=f"template-{new_id()}", title="A letter")


def published() -> TemplateVersion:
    """Make the only version of a template, and publish it."""
    return publish_template(id=str(template().pk))


def rewritten() -> Template:
    """Make one with a draft that says something else than what was published."""
    made = published().template
    save_draft(id=str(made.pk), sample='{"a": 1}')
    return made


#: Each by its name in an operation.
ROWS: dict[str, Callable[[], Any]] = {
    "template": template,
    "archived template": lambda: archive_template(id=str(template().pk)),
    "published template": lambda: published().template,
    "rewritten template": rewritten,
    "template version": lambda: draft_of(template()),
    "published version": published,
    "theme": lambda: create_theme(name=f"theme-{new_id()}"),
    "signing key": lambda: sealed_key(f"key-{new_id()}"),
    "partial": lambda: create_partial(name=f"partial-{new_id()}", body='{"blocks": []}'),
}
