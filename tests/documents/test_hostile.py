"""No template and no data gets out, or takes more than it may, and the next document is made."""

import csv
import io

import docx
import pypdfium2
import pytest
from openpyxl import load_workbook

from apps.documents.errors import (
    DataRefusedError,
    DocumentRefusedError,
    FindingsError,
    RenderingLimitError,
    TemplateRefusedError,
)
from apps.documents.services.rendering import Source, render
from kernel.sandbox import Limits
from tests.documents.hostile import ATTACKS, Attack
from tests.documents.reading import Tags

LIMITS = Limits(memory_bytes=200_000_000, cpu_seconds=2, seconds=60, output_bytes=5_000_000)
REFUSALS: dict[type[FindingsError], str] = {
    TemplateRefusedError: "template",
    DataRefusedError: "data",
    DocumentRefusedError: "document",
}
NEXT = Source(
    template=b'{"septet":1,"title":"A","blocks":[{"type":"table","columns":[{"title":"A"}],'
    b'"rows":[["{{ 7 * 6 }}"]]}]}'
)


def ended(attack: Attack, out: io.BytesIO) -> tuple[str, ...]:
    """Return how an attack ends: by what was refused and why, by a limit, or by a document."""
    source = Source(template=attack.template, data=attack.data, assets=attack.assets)
    try:
        render(source, out, format=attack.format, limits=LIMITS)
    except FindingsError as error:
        return REFUSALS[type(error)], error.findings[0].code
    except RenderingLimitError as error:
        return "limit", next(one for one in ("time", "memory", "room") if one in str(error))
    return ()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_is_stopped_and_the_next_document_is_made(attack: Attack) -> None:
    out, after = io.BytesIO(), io.BytesIO()

    assert ended(attack, out) in (attack.ends, attack.or_ends or attack.ends)

    render(NEXT, after, format="csv", limits=LIMITS)
    assert after.getvalue() == b"A\r\n42\r\n"
    if not attack.ends:
        assert_inert(attack, out.getvalue())


def assert_inert(attack: Attack, content: bytes) -> None:
    """See that a document has the text as it was given, and nothing that runs or refers."""
    text = ""
    match attack.format:
        case "pdf":
            text = "".join(
                page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(content)
            )
            assert squeezed(attack.inert) in squeezed(text)
            assert not [one for one in (b"/JavaScript", b"/Launch", b"/URI") if one in content]
        case "docx":
            read = docx.Document(io.BytesIO(content))
            text = "\n".join(paragraph.text for paragraph in read.paragraphs)
            assert attack.inert in text
            assert "instrText" not in read.element.xml
        case "xlsx":
            cells = [cell for sheet in load_workbook(io.BytesIO(content)) for cell in sheet[2]]
            assert [(cell.value, cell.data_type) for cell in cells] == [(attack.inert, "s")]
            text = str(cells[0].value)
        case "csv":
            rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
            assert rows[1] == [attack.inert]
            text = rows[1][0]
        case "html":
            tags = Tags()
            tags.feed(content.decode())
            text = "".join(tags.texts)
            assert attack.inert in text
            names = {tag for tag, _ in tags.seen}
            assert not names & {"script", "img", "a", "svg", "iframe", "object", "link"}
    assert "root:x:0:0" not in text


def squeezed(text: str) -> str:
    """Return a text without the room that lines and pages make."""
    return "".join(text.split()).replace("\ufffe", "").replace("\u00ad", "")


def test_there_are_enough_attacks_of_each_kind() -> None:
    assert len(ATTACKS) > 100
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)
    kinds = {" ".join(attack.ends) for attack in ATTACKS}
    assert {"limit time", "limit memory", "limit room", "document size", "template json"} <= kinds
