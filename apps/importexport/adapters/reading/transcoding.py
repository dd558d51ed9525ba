"""Text in any encoding becomes UTF-8."""

import codecs
from pathlib import Path
from typing import BinaryIO

from apps.importexport.adapters.reading.unpacking import BLOCK_BYTES
from apps.importexport.errors import SourceEncodingError

MARK = "\ufeff"


def transcode(source: BinaryIO, target: Path, encoding: str) -> None:
    """Write a text in UTF-8, without a mark of byte order.

    Raises SourceEncodingError with the line for what is no text of the encoding.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    first = True
    with target.open("wb") as out:
        while True:
            block = source.read(BLOCK_BYTES)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                line = lines + line_ends(error.object[: error.start].decode(encoding, "replace"))
                raise not_of(encoding, line, error.object[error.start]) from None
            if first and text:
                text, first = text.removeprefix(MARK), False
            out.write(text.encode())
            lines += line_ends(text)
            if not block:
                return


def line_ends(text: str) -> int:
    """Return how many lines end in a text, by whichever of the three ends."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def not_of(encoding: str, line: int, byte: int) -> SourceEncodingError:
    """Return that a line is no text of an encoding."""
    return SourceEncodingError(
        f"line {line:,} is not {encoding} (byte 0x{byte:02X}): choose the encoding it is in, such"
        " as windows-1252, or save the file as UTF-8"
    )
