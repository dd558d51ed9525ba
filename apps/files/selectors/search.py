"""Files by words: of their names, and of their text."""

import re

from django.db import connections
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from apps.files.conf import scanner_required
from apps.files.domain.search import asked_words, fts5, tsquery
from apps.files.domain.verdicts import BASIC_CHECK
from apps.files.models import SERVED, BlobText, File, FileState
from kernel.errors import InvalidInputError
from kernel.tenancy.context import current_tenant_id
from kernel.tenancy.models import view_of

MOST_CHARACTERS = 200
_TABLE = BlobText._meta.db_table  # noqa: SLF001  Django's own way to it

_SQLITE = (
    f"SELECT blob_id FROM {_TABLE} WHERE tenant_id = %s"  # noqa: S608  a name of ours # nosec B608
    " AND id IN (SELECT rowid FROM files_words WHERE files_words MATCH %s)"
)
_NAMED = f"SELECT id FROM {view_of(File)} WHERE upper(name::text) LIKE upper(%s)"  # noqa: S608  a name of ours # nosec B608
_POSTGRESQL = (
    f"SELECT blob_id FROM {view_of(BlobText)}"  # noqa: S608  a name of ours # nosec B608
    " WHERE array_to_tsvector(string_to_array(words, ' ')) @@ %s::tsquery"
)


def name_has(part: str, using: str) -> Q:
    """Return which files have this part in their name, whatever its case."""
    if connections[using].vendor == "sqlite":
        return Q(name__icontains=part)
    escaped = re.sub(r"([\\%_])", r"\\\1", part)
    return Q(pk__in=RawSQL(_NAMED, (f"%{escaped}%",)))  # noqa: S611  as above # nosec B611


def tenant_word() -> str:
    """Return the word that each text of the current tenant has, and no other."""
    return f"t{current_tenant_id().hex}"


def given_out() -> Q:
    """Return which files are given out: of no others anything is shown that was made of them."""
    rule = Q(state__in=SERVED, trashed_at=None)
    if scanner_required():
        rule &= Q(state=FileState.RELEASED) | ~Q(scanner__startswith=BASIC_CHECK)
    return rule


def with_words(rows: QuerySet[File], text: str) -> QuerySet[File]:
    """Return files with all of these words in their name, or in the text of what they have now.

    From three characters on a word stands for all that begin with it; of a name it may be any
    part. Raises InvalidInputError when there is no word in it.
    """
    if len(text) > MOST_CHARACTERS:
        raise InvalidInputError(f"a text to look for has at most {MOST_CHARACTERS} characters")
    words = asked_words(text)
    if not words:
        raise InvalidInputError("a text to look for has words")
    named = Q()
    for word in text.split():
        named &= name_has(word, rows.db)
    if connections[rows.db].vendor == "sqlite":
        found = RawSQL(_SQLITE, (current_tenant_id().hex, fts5(words, tenant_word())))  # noqa: S611  bound # nosec B611
    else:
        found = RawSQL(_POSTGRESQL, (tsquery(words, tenant_word()),))  # noqa: S611  as above # nosec B611
    return rows.filter(named | given_out() & Q(blob__in=found))
