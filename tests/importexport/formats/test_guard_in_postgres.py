"""PostgreSQL guards texts as we do."""

import random

import pytest
from django.db import connection

from apps.importexport.domain.formats.formulas import guarded, guarded_sql, unguarded

#: With all that the rule names; a NUL is no text of PostgreSQL.
ALPHABET = (
    "'=+-@\uff1d\uff0b\uff0d\uff20 \t\n\x0b\x0c\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u200a\u200b"
    '\u2028\u2029\u202f\u205f\u3000\ufeff.1290eEaé%\\$^[]{}()|*?"/;😀'
)


@pytest.mark.postgres
@pytest.mark.django_db
def test_the_rule_is_the_same_in_sql() -> None:
    draw = random.Random(11)
    texts = ["".join(draw.choices(ALPHABET, k=draw.randint(0, 6))) for _ in range(20_000)]
    texts += [f"{sign}{number}" for sign in ("", "-", "'", "'+", "''-") for number in range(-9, 9)]

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {guarded_sql('given.text')} FROM unnest(%s::text[]) WITH ORDINALITY"
            " AS given (text, place) ORDER BY place",
            [texts],
        )
        found = [row[0] for row in cursor.fetchall()]

    assert found == [guarded(text) for text in texts]
    assert [unguarded(text) for text in found] == texts
