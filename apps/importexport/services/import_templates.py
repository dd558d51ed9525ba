"""Mappings that are kept by a name, for the next file with the same header."""

from django.db import IntegrityError, transaction

from apps.importexport.models import ImportJob, ImportTemplate
from contracts.import_templates import (
    ImportTemplateCreated,
    ImportTemplateDeleted,
    ImportTemplateRenamed,
)
from kernel.errors import ConflictError, InvalidInputError
from kernel.events.publishing import publish
from kernel.rows import change, check, delete, locked


@transaction.atomic
def create_template(*, name: str, import_id: str) -> ImportTemplate:
    """Keep what an import does, to be suggested when a file with its header comes again.

    Raises ConflictError when the name is taken, InvalidInputError when nothing is mapped yet.
    """
    job = locked(ImportJob, import_id)
    if not job.mapping or not job.fingerprint:
        raise InvalidInputError("the import has no header yet, or no mapping")
    made = ImportTemplate(
        name=name,
        dataset=job.dataset,
        fingerprint=job.fingerprint,
        mapping=job.mapping,
        rules=job.rules,
        mode=job.mode,
    )
    check(made)
    _save(made)
    publish(ImportTemplateCreated(template_id=str(made.pk), name=made.name, dataset=made.dataset))
    return made


@transaction.atomic
def delete_template(*, id: str) -> ImportTemplate:
    """Remove a template and return it as it was; imports that were made by it stay."""
    found = locked(ImportTemplate, id)
    delete([found])
    publish(ImportTemplateDeleted(template_id=str(found.pk), name=found.name))
    return found


@transaction.atomic
def rename_template(*, id: str, name: str) -> ImportTemplate:
    """Call a template something else; raises ConflictError when the name is taken."""
    found = locked(ImportTemplate, id)
    former = found.name
    try:
        with transaction.atomic():
            change(found, name=name)
    except IntegrityError:
        raise ConflictError(f"there is an import template {name!r} already") from None
    publish(ImportTemplateRenamed(template_id=str(found.pk), name=name, former=former))
    return found


def _save(made: ImportTemplate) -> None:
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        raise ConflictError(f"there is an import template {made.name!r} already") from None
