"""Tags and metadata: what owners say of their files."""

from collections.abc import Mapping, Sequence

from django.db import transaction

from apps.files.domain.labels import LabelError, checked_metadata, checked_tags
from apps.files.models import File, FileTag
from contracts.files import FileLabelled
from kernel.errors import InvalidInputError
from kernel.events.publishing import publish
from kernel.rows import change, locked


@transaction.atomic
def label_file(
    *,
    id: str,
    tags: Sequence[str] | None = None,
    metadata: Sequence[Mapping[str, str]] | None = None,
) -> File:
    """Give a file these tags and this metadata in place of what it has; None leaves them."""
    try:
        wanted = None if tags is None else checked_tags(tags)
        said = None if metadata is None else checked_metadata(metadata)
    except LabelError as error:
        raise InvalidInputError(str(error)) from None
    file = locked(File, id)
    fields = []
    if wanted is not None:
        had = set(FileTag.objects.filter(file=file).values_list("name", flat=True))
        if had != set(wanted):
            FileTag.objects.filter(file=file, name__in=had - set(wanted)).delete()
            new = [FileTag(file=file, name=name) for name in wanted if name not in had]
            FileTag.objects.bulk_create(new)
            fields.append("tags")
    if said is not None and said != file.metadata:
        change(file, metadata=said)
        fields.append("metadata")
    if fields:
        publish(FileLabelled(file_id=str(file.pk), name=file.name, fields=tuple(fields)))
    return file
