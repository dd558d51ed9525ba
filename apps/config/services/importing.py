"""Flags of other systems brought into an environment, all of them as one change."""

import json
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from apps.config.domain.findings import Finding, InvalidDefinitionError
from apps.config.domain.importing.formats import DocumentError, Source, Syntax, read_flags
from apps.config.domain.importing.reports import Import, Line
from apps.config.domain.limits import Limits
from apps.config.domain.parsing import parse
from apps.config.domain.values import kind
from apps.config.domain.yaml import read_yaml
from apps.config.errors import DefinitionRefusedError
from apps.config.models import Environment, FeatureFlag, Origin, Segment
from apps.config.selectors.environments import Reference
from apps.config.services.changes import MOST_CHANGES, Change
from apps.config.services.environments import hold
from apps.config.services.flags import create_flag
from apps.config.services.publishing import publish
from apps.config.services.segments import create_segment
from kernel.errors import InvalidInputError, LimitExceededError

#: Of a document, which takes a second; what flags may be is judged later.
YAML_LIMITS = Limits(definition_bytes=1_000_000, depth=100, nodes=200_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a document."""

    environment: Environment
    revision: int
    #: How many flags and segments are otherwise now than before.
    published: int
    report: tuple[Line, ...]
    warnings: tuple[Finding, ...]


@transaction.atomic
def import_flags(
    environment: Reference,
    document: str | bytes,
    source: Source,
    *,
    reason: str = "",
    dry_run: bool = False,
) -> Imported:
    """Publish what a document says, as one change; a dry run tells the same and changes nothing.

    Flags that are there already get a new version; those that the document does not name stay as
    they are. Raises InvalidInputError, DefinitionRefusedError, ApprovalRequiredError,
    LimitExceededError, NotFoundError.
    """
    read = _read(document, source)
    held = hold(environment)
    segments, flags = read.definition.get("$segments") or {}, read.definition["flags"]
    if len(segments) + len(flags) > MOST_CHANGES:
        raise LimitExceededError(f"at most {MOST_CHANGES} flags and segments at once")
    _leave_out_others(read, flags)
    changes = [*_segments(segments), *_flags(flags)]
    published = publish(
        held.pk, changes, reason=reason or f"import from {source.format}", origin=Origin.IMPORT
    )
    if dry_run:
        transaction.set_rollback(True)
    return Imported(
        environment=held if dry_run else published.environment,
        revision=held.revision if dry_run else published.revision,
        published=sum(version is not None for version in published.versions),
        report=tuple(read.report),
        warnings=published.warnings,
    )


def _read(document: str | bytes, source: Source) -> Import:
    try:
        if source.syntax is Syntax.YAML:
            # Written anew, so that one piece of code judges what a definition may be.
            document = json.dumps(read_yaml(document, YAML_LIMITS), ensure_ascii=False)
        return read_flags(parse(document), source)
    except InvalidDefinitionError as error:
        raise DefinitionRefusedError(error.findings) from None
    except DocumentError as error:
        raise InvalidInputError(str(error)) from None


def _leave_out_others(read: Import, flags: dict[str, Any]) -> None:
    """Leave out what programs know as something else, or know no more."""
    known = FeatureFlag.objects.filter(key__in=list(flags))
    for key, wanted, archived_at in known.values_list("key", "type", "archived_at"):
        found = kind(next(iter(flags[key]["variants"].values())))
        if archived_at is not None:
            message = "there is an archived flag of this key"
        elif wanted not in (None, found):
            message = f"to programs the flag is a {wanted}, and these are a {found}"
        else:
            continue
        del flags[key]
        read.report = [line for line in read.report if line.key != key]
        read.left_out(key, message)


def _flags(given: dict[str, Any]) -> list[Change]:
    known = {flag.key: flag for flag in FeatureFlag.objects.filter(key__in=list(given))}
    return [
        Change(target=known.get(key) or create_flag(key=key), definition=_written(flag))
        for key, flag in given.items()
    ]


def _segments(given: dict[str, Any]) -> list[Change]:
    known = {segment.key: segment for segment in Segment.objects.filter(key__in=list(given))}
    return [
        Change(target=known.get(key) or create_segment(key=key), definition=_written(segment))
        for key, segment in given.items()
    ]


def _written(definition: Any) -> str:
    return json.dumps(definition, ensure_ascii=False, indent=2)
