"""Drafts of templates: begun, saved and discarded. They may be wrong until they are published."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.db.models import Max

from apps.documents.domain.checking.schemas import MOST_BYTES
from apps.documents.domain.gallery import pictures
from apps.documents.domain.limits import DEFAULT
from apps.documents.domain.model.reading import UNWRITABLE
from apps.documents.domain.written import MOST_SAMPLE_BYTES
from apps.documents.models import Template, TemplateUpload, TemplateVersion
from apps.documents.selectors.templates import draft_of, newest_of, version_of
from apps.documents.services.uploads import take_upload
from contracts.templates import TemplateDraftDiscarded, TemplateDraftSaved
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError, NotFoundError
from kernel.events.actors import current_actor
from kernel.events.publishing import publish
from kernel.ids import canonical_id
from kernel.rows import check, locked

#: Of one template.
MOST_VERSIONS = 1_000
MOST_ASSETS = 100
_MOST = {
    "body": DEFAULT.template_bytes,
    "markdown": DEFAULT.template_bytes,
    "schema": MOST_BYTES,
    "sample": MOST_SAMPLE_BYTES,
}
#: What a template is before anybody has written it.
EMPTY = '{\n  "septet": 1,\n  "title": "Untitled",\n  "blocks": []\n}'


class Texts(TypedDict, total=False):
    """What a version says, as it is written."""

    body: str
    markdown: str
    schema: str
    sample: str
    assets: Mapping[str, Mapping[str, Any]]
    #: A version of a file, or one that another version is already; None to be written again.
    uploaded: Mapping[str, Any] | TemplateUpload | None
    note: str


def texts_of(version: TemplateVersion) -> Texts:
    """Return what a version says, for another to say; its note is its own."""
    return Texts(
        body=version.body,
        markdown=version.markdown,
        schema=version.schema,
        sample=version.sample,
        assets=version.assets,
        uploaded=version.uploaded,
    )


def writable(template_id: str) -> Template:
    """Return a template that may be written, locked; raises ConflictError for an archived one."""
    template = locked(Template, template_id)
    if template.archived_at is not None:
        raise ConflictError(f"the template {template.name!r} is archived: restore it first")
    return template


def begin_draft(
    template: Template, texts: Texts, before: TemplateVersion | None = None
) -> TemplateVersion:
    """Make the draft of a template that has none; the template is locked, or new.

    What is not told is as in the version `before`.
    """
    last = TemplateVersion.objects.filter(template=template).aggregate(last=Max("number"))["last"]
    if (last or 0) >= MOST_VERSIONS:
        raise LimitExceededError(f"a template has at most {MOST_VERSIONS} versions")
    actor = current_actor()
    draft = TemplateVersion(
        template=template,
        number=(last or 0) + 1,
        author_type=actor.type,
        author_id=actor.id,
        author_name=actor.name,
        **{
            "body": EMPTY,
            **(texts_of(before) if before else {}),
            **_checked(texts, before.uploaded if before else None),
        },
    )
    check(draft, only=("note",))
    draft.save()
    _tell(draft)
    return draft


@transaction.atomic
def draft_template(*, id: str, number: int | None = None) -> TemplateVersion:
    """Begin a draft with what a version says, the newest if none is named.

    Raises ConflictError while there is a draft, NotFoundError.
    """
    template = writable(id)
    draft = draft_of(template)
    if draft is not None:
        raise ConflictError(f"version {draft.number} of {template.name!r} is a draft already")
    source = newest_of(template) if number is None else version_of(template, number)
    return begin_draft(template, Texts(), source)


@transaction.atomic
def save_draft(
    *, id: str, saved_at: datetime | None = None, **texts: Unpack[Texts]
) -> TemplateVersion:
    """Keep what is told in the draft of a template, which begins if there is none.

    What is not told stays. Raises ConflictError when it was saved at another time than is told:
    somebody else has written meanwhile.
    """
    template = writable(id)
    draft = draft_of(template)
    if draft is None:
        return begin_draft(template, texts, newest_of(template))
    if saved_at is not None and saved_at != draft.saved_at:
        raise ConflictError(f"the draft was saved by others at {draft.saved_at:%Y-%m-%d %H:%M:%S}Z")
    wanted = _checked(texts, draft.uploaded)
    other = {name: value for name, value in wanted.items() if getattr(draft, name) != value}
    if not other:
        return draft
    actor = current_actor()
    told = {"author_type": actor.type, "author_id": actor.id, "author_name": actor.name}
    for name, value in {**other, **told, "saved_at": clock.now()}.items():
        setattr(draft, name, value)
    check(draft, only=("note",))
    draft.save(update_fields=[*other, *told, "saved_at"])
    _tell(draft)
    return draft


@transaction.atomic
def discard_draft(*, id: str) -> TemplateVersion:
    """Remove the draft of a template and return it as it was; raises NotFoundError."""
    template = locked(Template, id)
    draft = draft_of(template)
    if draft is None:
        raise NotFoundError(f"the template {template.name!r} has no draft")
    TemplateVersion.objects.filter(pk=draft.pk).delete()
    publish(
        TemplateDraftDiscarded(
            template_id=str(template.pk), name=template.name, number=draft.number
        )
    )
    return draft


def _tell(draft: TemplateVersion) -> None:
    template = draft.template
    publish(
        TemplateDraftSaved(template_id=str(template.pk), name=template.name, number=draft.number)
    )


def _checked(texts: Texts, now: TemplateUpload | None = None) -> dict[str, Any]:
    """Return what is told as it is kept; raises InvalidInputError, LimitExceededError."""
    found: dict[str, Any] = dict(texts)
    for name, most in _MOST.items():
        text = found.get(name, "")
        if len(text) > most:
            raise LimitExceededError(f"{name} has at most {most} characters, found {len(text)}")
        if wrong := UNWRITABLE.search(text):
            raise InvalidInputError(f"{name} holds U+{ord(wrong[0]):04X}, which nothing writes")
    if "assets" in found:
        found["assets"] = checked_assets(found["assets"])
    if isinstance(found.get("uploaded"), Mapping):
        found["uploaded"] = take_upload(found["uploaded"], now)
    if found.get("sample") == "":
        found["sample"] = "{}"
    return found


def checked_assets(told: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return pictures as they are kept; raises InvalidInputError, LimitExceededError."""
    if len(told) > MOST_ASSETS:
        raise LimitExceededError(f"a version has at most {MOST_ASSETS} pictures, found {len(told)}")
    made = {}
    for name, one in told.items():
        if not name or len(name) > 60 or UNWRITABLE.search(name):
            raise InvalidInputError(
                f"a picture is named by 1 to 60 characters, found {name[:80]!r}"
            )
        made[name] = _asset(one)
    return made


def _asset(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a picture as it is kept: a version of a file, or one of the gallery."""
    gallery, file, version = (told.get(name) for name in ("gallery", "file", "version"))
    if gallery and not file and version is None:
        if gallery not in pictures():
            raise InvalidInputError(f"the gallery has no picture {gallery[:60]!r}")
        return {"gallery": gallery}
    if gallery or not file or version is None:
        raise InvalidInputError("a picture is a version of a file, or one of the gallery")
    if version < 1:
        raise InvalidInputError(f"versions of files begin with 1, found {version}")
    return {"file": canonical_id(file), "version": version}
