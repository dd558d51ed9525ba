"""A template as one JSON file, which needs nothing of the tenant that it comes from."""

import json
from typing import Any

from django.db import transaction

from apps.documents.domain.assembling import told
from apps.documents.domain.findings import Finding, InvalidTemplateError
from apps.documents.domain.limits import DEFAULT
from apps.documents.domain.model.parsing import load_json
from apps.documents.domain.written import MOST_SAMPLE_BYTES
from apps.documents.errors import TemplateRefusedError
from apps.documents.models import Template, TemplateVersion
from apps.documents.selectors.templates import judged, newest_of, version_of, written_of
from apps.documents.services.drafts import Texts
from apps.documents.services.templates import create_template
from kernel.errors import ConflictError, NotFoundError

#: What such a file says it is.
KIND = "septetTemplate"
VERSION = 1


def export_template(template: Template, number: int | None = None) -> str:
    """Return a version, the newest if none is named, as a JSON file.

    The partials and the theme of the tenant are in it; of pictures the names, their bytes are
    files. Raises TemplateRefusedError for a draft that cannot be read, NotFoundError, and
    ConflictError for one that is a file of Word or Excel.
    """
    version = newest_of(template) if number is None else version_of(template, number)
    if version is None:
        raise NotFoundError(f"the template {template.name!r} has no version")
    made = {
        KIND: VERSION,
        "name": template.name,
        "title": template.title,
        "description": template.description,
        "formats": template.formats,
        **content_of(template, version),
        "assets": sorted(version.assets),
    }
    return json.dumps(made, ensure_ascii=False, indent=2)


def content_of(template: Template, version: TemplateVersion) -> dict[str, Any]:
    """Return what a version says, as such a file has it.

    Raises TemplateRefusedError, and ConflictError for one that is a file of Word or Excel.
    """
    if version.uploaded is not None:
        raise ConflictError(
            f"version {version.number} is a file, number {version.uploaded.file_version} of"
            f" {version.uploaded.file_id}: take that elsewhere"
        )
    body = json.loads(version.resolved) if version.resolved else _assembled(template, version)
    if version.markdown:
        del body["blocks"]
    return {
        "note": version.note,
        "body": body,
        "markdown": version.markdown,
        "schema": json.loads(version.schema) if version.schema else None,
        "sample": _sample(version),
    }


@transaction.atomic
def import_template(
    *, document: str, name: str | None = None, theme_id: str | None = None
) -> Template:
    """Make a template with a draft of such a file, by the name in it if no other is told.

    Raises TemplateRefusedError, and ConflictError when the name is taken.
    """
    try:
        given = load_json(document, DEFAULT.template_bytes * 2, DEFAULT.depth + 1)
        _check(given)
    except InvalidTemplateError as error:
        raise TemplateRefusedError(error.findings) from None
    return create_template(
        name=name or given["name"],
        title=given["title"],
        description=given.get("description", ""),
        formats=given.get("formats", []),
        theme_id=theme_id,
        **_texts(given),
    )


def texts_in(content: Any) -> Texts:
    """Return what `content_of` told, for a draft to say; raises TemplateRefusedError."""
    wrong = _wrong(content) if isinstance(content, dict) else [Finding("", "type", "an object")]
    if wrong:
        raise TemplateRefusedError(wrong)
    return _texts(content)


def _texts(given: dict[str, Any]) -> Texts:
    return Texts(
        body=json.dumps(given["body"], ensure_ascii=False, indent=2),
        markdown=given.get("markdown", ""),
        schema=told(given["schema"]) if given.get("schema") is not None else "",
        sample=json.dumps(given.get("sample", {}), ensure_ascii=False, indent=2),
        note=given.get("note", ""),
    )


def _assembled(template: Template, version: TemplateVersion) -> dict[str, Any]:
    found = judged(written_of(version), template.theme)
    if found.errors:
        raise TemplateRefusedError(found.errors)
    return found.resolved


def _sample(version: TemplateVersion) -> Any:
    """Return the data to try it with; none that is no JSON, which is no reason to refuse."""
    try:
        return load_json(version.sample, MOST_SAMPLE_BYTES, DEFAULT.data_depth)
    except InvalidTemplateError:
        return {}


def _check(given: Any) -> None:
    if not isinstance(given, dict) or given.get(KIND) != VERSION:
        raise InvalidTemplateError([Finding("", "type", f'a template file says `"{KIND}": 1`')])
    wrong = [
        Finding(f"/{name}", "type", "a text is needed here")
        for name in ("name", "title")
        if not isinstance(given.get(name), str)
    ]
    if not isinstance(given.get("description", ""), str):
        wrong.append(Finding("/description", "type", "a text is needed here"))
    formats = given.get("formats", [])
    if not isinstance(formats, list) or not all(isinstance(one, str) for one in formats):
        wrong.append(Finding("/formats", "type", "a list of texts"))
    wrong += _wrong(given)
    if wrong:
        raise InvalidTemplateError(wrong)


def _wrong(content: dict[str, Any]) -> list[Finding]:
    wrong = [
        Finding(f"/{name}", "type", "a text is needed here")
        for name in ("markdown", "note")
        if not isinstance(content.get(name, ""), str)
    ]
    if not isinstance(content.get("body"), dict):
        wrong.append(Finding("/body", "type", "an object"))
    return wrong
