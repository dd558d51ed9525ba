"""A PDF that is written while it is laid out: what of it is finished is let go of.

reportlab holds the objects of a document until it is saved. Here a page is written when it is full,
so that more pages take no more memory than where each of them begins.
"""

import zlib
from array import array
from typing import Any

from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFDictionary,
    PDFDocument,
    PDFFile,
    PDFIndirectObject,
    PDFName,
    PDFStream,
    PDFTrailer,
    xObjectName,
)

#: Stands in the first line, before it is known what follows: the one that has transparency.
_VERSION = (1, 4)


class _File(PDFFile):
    """Passes on what is added, and knows how much that is."""

    def __init__(self, out: Any) -> None:
        super().__init__(_VERSION)
        out.writelines(self.strings)
        self.strings = []
        self.write = out.write


class StreamedDocument(PDFDocument):
    """Writes each page when it is added, and all else when it is saved."""

    def __init__(self, out: Any, *, lang: str) -> None:
        super().__init__(invariant=1, lang=lang, pdfVersion=_VERSION)
        self._file = _File(out)
        #: At which byte an object begins, by its number; 0 while it is not written.
        self._places = array("Q", [0])

    def reserve(self, form: str) -> None:
        """Let pages name a form that is drawn later."""
        own: Any = self
        own.Reference(None, xObjectName(form))

    def addForm(self, name: str, form: Any) -> None:  # noqa: N802  # reportlab's name
        """Add a form or picture; a form that was named by its page is written at once."""
        own = xObjectName(name)
        if self.idToObject.get(own, form) is not None:
            super().addForm(name, form)
            return
        self.idToObject[own] = form
        self.inObject = None
        self._let_go(own)

    def addPage(self, page: Any) -> None:  # noqa: N802  # reportlab's name
        """Write a page with its content and its links to addresses."""
        filters = PDFArray([PDFName("FlateDecode")])
        packed = zlib.compress(page.stream.encode())
        page.Contents = PDFStream(PDFDictionary({"Filter": filters}), packed)
        name, notes = self.thisPageName(), page.Annots or ()
        super().addPage(page)
        number = self._let_go(name)
        # Bookmarks and links within the document name a page later.
        self.idToObjectNumberAndVersion[name] = number
        own: Any = self
        own.Pages.pages[-1] = b"%d %d R" % number
        self._let_go(page.Contents.__InternalName__)
        for note in notes:
            found: Any = self.idToObject[note.name]
            if isinstance(found, PDFDictionary) and "A" in found:
                self._let_go(note.name)

    def format(self) -> bytes:
        """Write what is left; returns what is still to be written, which is nothing."""
        own: Any = self
        root, info = own.Reference(own.Catalog), own.Reference(self.info)
        number = 0
        # Writing an object may add others.
        while number < self.objectcounter:
            number += 1
            if name := self.numberToId.get(number):
                self._write(name)
        begin, count = self._file.offset, len(self._places)
        lines = [f"xref\n0 {count}\n0000000000 65535 f \n"]
        lines.extend(f"{place:010} 00000 n \n" for place in self._places[1:])
        self._file.add("".join(lines))
        trailer: Any = PDFTrailer(begin, Size=count, Root=root, Info=info, ID=self.ID())
        self._file.add(trailer.format(self))
        return b""

    def _write(self, name: str) -> None:
        number, _ = self.idToObjectNumberAndVersion[name]
        whole = PDFIndirectObject(name, self.idToObject[name]).format(self)
        self._places.extend([0] * (number + 1 - len(self._places)))
        self._places[number] = self._file.add(whole)

    def _let_go(self, name: str) -> tuple[int, int]:
        """Write what nothing names any more, and return its number."""
        self._write(name)
        del self.idToObject[name]
        number = self.idToObjectNumberAndVersion.pop(name)
        del self.numberToId[number[0]]
        return number
