"""What somebody may say of how a source is written."""

from apps.importexport.domain.formats.dialects import Dialect
from apps.importexport.domain.formats.encodings import ENCODINGS
from apps.importexport.errors import SourceChoiceError

MOST_HEADER_ROW = 1_000


def check_choices(dialect: Dialect) -> None:
    """Raise SourceChoiceError for what no file can be written in."""
    if dialect.encoding not in ENCODINGS:
        names = ", ".join(ENCODINGS)
        raise SourceChoiceError(f"no encoding {dialect.encoding[:40]!r}: it is one of {names}")
    for what, sign in (("delimiter", dialect.delimiter), ("quote", dialect.quote or '"')):
        if len(sign) != 1 or not sign.isascii() or sign in "\r\n\0":
            raise SourceChoiceError(f"a {what} is one character of ASCII, not {sign[:10]!r}")
    if dialect.delimiter == dialect.quote:
        raise SourceChoiceError("delimiter and quote are two different characters")
    if not isinstance(dialect.empty_texts, bool):
        raise SourceChoiceError("whether empty texts are told apart is true or false")
    if not 0 <= dialect.header_row <= MOST_HEADER_ROW:
        raise SourceChoiceError(
            f"the header is in one of the first {MOST_HEADER_ROW:,} rows, or in none (0)"
        )
