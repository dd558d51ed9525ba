"""Templates begin as one of the gallery."""

import json
from typing import Any

from apps.documents.domain.gallery import sample_of
from apps.documents.models import Template
from apps.documents.services.templates import create_template
from kernel.errors import NotFoundError


def copy_from_gallery(
    *, sample: str, name: str | None = None, title: str | None = None, theme_id: str | None = None
) -> Template:
    """Make a template with a draft that says what one of the gallery does, by its name if no other.

    Its pictures stay those of the gallery until others are given. Raises NotFoundError, and
    ConflictError when the name is taken.
    """
    found = sample_of(sample)
    if found is None:
        raise NotFoundError(f"the gallery has no template {sample[:60]!r}")
    return create_template(
        name=found.name if name is None else name,
        title=found.title if title is None else title,
        description=found.description,
        formats=found.formats,
        theme_id=theme_id,
        body=_text(found.template),
        schema=_text(found.schema),
        sample=_text(found.data),
        assets={one: {"gallery": one} for one in found.assets},
        note=f"As {found.title!r} of the gallery.",
    )


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
