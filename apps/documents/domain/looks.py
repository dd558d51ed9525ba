"""Themes and partials by themselves, held to what a template takes of them."""

import re
from typing import Any

from apps.documents.domain.findings import Finding, InvalidTemplateError
from apps.documents.domain.limits import DEFAULT
from apps.documents.domain.model.parsing import load_json, read_template

#: Of templates, themes and partials: what is in addresses and expressions.
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)


def check_theme(theme: dict[str, Any]) -> None:
    """Raise InvalidTemplateError for colours and sizes that no template takes."""
    read_template({"septet": 1, "title": "a", "theme": theme, "blocks": []})


def read_partial(text: str) -> dict[str, Any]:
    """Return a partial of its JSON; raises InvalidTemplateError, but not for what it includes."""
    partial = load_json(text, DEFAULT.template_bytes, DEFAULT.depth)
    try:
        read_template({"septet": 1, "title": "a", "partials": {"this": partial}, "blocks": []})
    except InvalidTemplateError as error:
        # Which others there are is known when a template that includes it is published.
        found = [
            Finding(
                one.place.removeprefix("/partials/this"),
                one.code,
                one.message,
                one.block,
                one.expression,
                one.at,
            )
            for one in error.findings
            if one.code != "partial"
        ]
        if found:
            raise InvalidTemplateError(found) from error
    return dict(partial)
