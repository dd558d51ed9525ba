"""PDFs of others are opened with care: what is broken or locked is refused, and nothing unpacks."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import pikepdf
from pikepdf import settings

from apps.documents.domain.findings import stop

MOST_PAGES = 20_000
#: The code of a finding that a password mends.
LOCKED = "encrypted"
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

    What is made of it is no longer protected. So a password that only opens it is enough where its
    owner lets others copy from it, and else the owner's is needed. What it raises within is told
    the same way: a page may turn out to be broken when it is read.
    """
    given.seek(0)
    try:
        with pikepdf.open(given, password=password) as pdf:
            if pdf.is_encrypted:
                _check_allowed(pdf, place, password)
            count = len(pdf.pages)
            if not 0 < count <= MOST_PAGES:
                stop(place, "size", f"a PDF has 1 to {MOST_PAGES} pages, found {count}")
            yield pdf
    except pikepdf.PasswordError:
        message = "another password" if password else "a password: give it, or one without"
        stop(place, LOCKED, f"the PDF takes {message}")
    except (pikepdf.PdfError, pikepdf.DataDecodingError, RecursionError) as error:
        stop(place, "pdf", f"this is no whole PDF: {_told(error)}")
    except MISMATCHES as error:
        stop(place, "pdf", f"the PDF has something in the place of another: {_told(error)}")


def _check_allowed(pdf: pikepdf.Pdf, place: str, password: str) -> None:
    if not password:
        stop(place, LOCKED, "the PDF is protected: give its password, or one without")
    if not (pdf.owner_password_matched or pdf.allow.extract):
        message = "the password opens the PDF, but nobody may copy from it: give its owner's"
        stop(place, LOCKED, message)


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
