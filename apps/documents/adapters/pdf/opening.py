"""PDFs of others are opened with care: what is broken or locked is refused, and nothing unpacks."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import pikepdf
from pikepdf import settings

from apps.documents.domain.findings import stop

MOST_PAGES = 20_000
#: Any object may stand where another belongs, and nothing asks each: that it is no dictionary,
#: number or name is found when it is used as one.
MISMATCHES = (TypeError, AttributeError, ValueError, LookupError, ArithmeticError)
# Of one stream that is unpacked to be read, such as the list of a document's objects: a bomb ends
# here. Pages and pictures are copied as they are.
settings.set_qpdf_limits(flate_max_memory=256_000_000, run_length_max_memory=256_000_000)


@contextmanager
def opened(  # nosec B107  empty is none
    given: BinaryIO, place: str = "", password: str = ""
) -> Iterator[pikepdf.Pdf]:
    """Give a PDF; raises DocumentError for one that is none, or that takes another password.

    One that is encrypted is opened by a password of ours alone: whoever gave it may not allow
    what we would do. What it raises within is told the same way: a page may turn out to be broken
    when it is read.
    """
    given.seek(0)
    try:
        with pikepdf.open(given, password=password) as pdf:
            if pdf.is_encrypted and not password:
                stop(place, "encrypted", "the PDF is encrypted: give one without protection")
            count = len(pdf.pages)
            if not 0 < count <= MOST_PAGES:
                stop(place, "size", f"a PDF has 1 to {MOST_PAGES} pages, found {count}")
            yield pdf
    except pikepdf.PasswordError:
        stop(place, "encrypted", "the PDF takes a password: give one without protection")
    except (pikepdf.PdfError, pikepdf.DataDecodingError, RecursionError) as error:
        stop(place, "pdf", f"this is no whole PDF: {_told(error)}")
    except MISMATCHES as error:
        stop(place, "pdf", f"the PDF has something in the place of another: {_told(error)}")


def saved(pdf: pikepdf.Pdf, out: BinaryIO) -> None:
    """Write a PDF: one content has the same bytes each time."""
    with warnings.catch_warnings():
        # Of a form that was damaged when it was given.
        warnings.simplefilter("ignore", pikepdf.PageCopyWarning)
        pdf.save(
            out,
            min_version="1.7",
            deterministic_id=True,
            fix_metadata_version=False,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )


def _told(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0].rpartition(": ")[2][:120]
