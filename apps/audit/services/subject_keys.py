"""Keys of data subjects: made when something personal is first told of one."""

import base64
import secrets
from collections.abc import Collection

from apps.audit.domain.personal import KEY_BYTES, subject_index
from apps.audit.models import SubjectIndexKey, SubjectKey
from apps.audit.selectors.subjects import OpenKey, opened, opened_index


def keys_for(subjects: Collection[str]) -> dict[str, OpenKey]:
    """Return the key of each subject; one that has none is given one."""
    index_key = opened_index(_index_key())
    indexes = {subject_index(index_key, subject): subject for subject in subjects}
    found = _under(indexes)
    missing = sorted(indexes.keys() - found.keys())
    if missing:
        # In order, so that no two writers wait for each other in a circle. Of two that make the
        # same key one is stored, and both use that.
        SubjectKey.objects.bulk_create(
            [SubjectKey(subject_index=one, secret=_new_secret()) for one in missing],
            ignore_conflicts=True,
        )
        found |= _under(missing)
    return {indexes[index]: opened(key) for index, key in found.items()}


def known_keys(subjects: Collection[str]) -> dict[str, OpenKey]:
    """Return the key of each subject that has one."""
    row = SubjectIndexKey.objects.first() if subjects else None
    if row is None:
        return {}
    index_key = opened_index(row)
    indexes = {subject_index(index_key, subject): subject for subject in subjects}
    return {indexes[index]: opened(key) for index, key in _under(indexes).items()}


def _index_key() -> SubjectIndexKey:
    row = SubjectIndexKey.objects.first()
    if row is None:
        made = SubjectIndexKey(secret=_new_secret())
        SubjectIndexKey.objects.bulk_create([made], ignore_conflicts=True)
        row = SubjectIndexKey.objects.get()
    return row


def _under(indexes: Collection[bytes]) -> dict[bytes, SubjectKey]:
    rows = SubjectKey.objects.filter(subject_index__in=list(indexes))
    return {bytes(row.subject_index or b""): row for row in rows}


def _new_secret() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
