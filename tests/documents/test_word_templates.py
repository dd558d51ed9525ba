"""Templates made in Word: filled, judged when they are given, and reaching nothing."""

import io
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from jinja2.exceptions import TemplateSyntaxError

from apps.documents.adapters import packages
from apps.documents.adapters.docx.environment import Environment
from apps.documents.adapters.docx.templates import check_docx_template, fill_docx_template
from apps.documents.adapters.packages import check_package
from apps.documents.domain.expressions.locales import Locale
from apps.documents.domain.findings import DocumentError, InvalidTemplateError

GERMAN = Locale("de_DE", "EUR", "Europe/Berlin")
DATA: dict[str, Any] = {
    "name": "Ärzte & <Co>",
    "total": 1234.5,
    "day": "2026-05-31",
    "vip": False,
    "lines": [{"name": "Öl", "items": 3, "price": 1.1}, {"name": "Mehl", "price": 2}],
}


def saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def template(*paragraphs: str, rows: tuple[tuple[str, str], ...] = (), header: str = "") -> bytes:
    book = docx.Document()
    for text in paragraphs:
        book.add_paragraph(text)
    if rows:
        table = book.add_table(0, 2)
        for row in rows:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text
    if header:
        book.sections[0].header.paragraphs[0].text = header
    return saved(book)


def filled(content: bytes, data: dict[str, Any] | None = None) -> bytes:
    out = io.BytesIO()
    fill_docx_template(content, DATA if data is None else data, out, GERMAN)
    return out.getvalue()


def texts(content: bytes) -> list[str]:
    return [one.text for one in docx.Document(io.BytesIO(content)).paragraphs]


def findings(do: Callable[[], object]) -> list[str]:
    with pytest.raises(InvalidTemplateError) as error:
        do()
    return [f"{one.place} {one.code} {one.message}" for one in error.value.findings]


def changed(content: bytes, parts: dict[str, bytes]) -> bytes:
    """Return a package with parts put in or replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w") as made:
        for name in given.namelist():
            if name not in parts:
                made.writestr(name, given.read(name))
        for name, part in parts.items():
            made.writestr(name, part)
    return out.getvalue()


def test_placeholders_loops_and_conditions_are_filled_in_the_locale() -> None:
    content = template(
        "{{ name }}: {{ total | currency }} bis {{ day | date }}",
        "{% if vip %}Danke{% else %}Gruß{% endif %} {{ missing.field }}.",
        "{%p for line in lines %}",
        "{{ loop.index }} {{ line.name | upper }} {{ line.items }} {{ line.price * 2 }}",
        "{%p endfor %}",
        "{{ lines | sum('price') }} {{ lines[0].name ~ '!' }} {{ 7 / 2 }}",
        rows=(
            ("{%tr for line in lines %}", ""),
            ("{{ line.name }}", "{{ line.price | number(2) }}"),
            ("{%tr endfor %}", ""),
        ),
        header="Kopf {{ name }}",
    )

    assert check_docx_template(content) == ()
    made = filled(content)

    assert texts(made) == [
        "Ärzte & <Co>: 1.234,50\xa0€ bis 31.05.2026",
        "Gruß .",
        "1 ÖL 3 2,2",
        "2 MEHL  4",
        "3,1 Öl! 3,5",
    ]
    book = docx.Document(io.BytesIO(made))
    assert [[cell.text for cell in row.cells] for row in book.tables[0].rows] == [
        ["Öl", "1,10"],
        ["Mehl", "2,00"],
    ]
    assert book.sections[0].header.paragraphs[0].text == "Kopf Ärzte & <Co>"
    assert filled(content) == made


def test_data_stays_text_and_is_never_a_template_or_a_page_break() -> None:
    data = {"name": "{{ 1 }}{% for %}</w:t>\x07\x0c", "day": "a\nb"}

    made = filled(template("{{ name }}", "{{ day }}"), data)

    assert texts(made) == [
        "{{ 1 }}{% for %}</w:t>" + "\N{REPLACEMENT CHARACTER}" * 2,
        "a\nb",
    ]


@pytest.mark.parametrize(
    "hostile",
    [
        "{{ ''.__class__ }}",
        "{{ ''['__class__'] | upper }}{{ ''.__class__.__mro__ }}",
        "{{ lines.append(1) }}",
        "{{ name.upper() }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ self.__init__ }}",
        "{{ lipsum.__globals__ }}",
        "{{ range(1000000) }}",
        "{{ namespace() }}",
        "{{ name | attr('__class__') }}",
        "{{ lines | map('upper') }}",
        "{{ '%99999999d' | format(1) }}",
        "{{ name | center(99999999) }}",
        "{{ name | safe }}",
        "{% set x = 1 %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{% macro m() %}{% endmacro %}",
        "{% call m() %}{% endcall %}",
        "{% block b %}{% endblock %}",
        "{% filter upper %}{% endfilter %}",
        "{% with a = 1 %}{% endwith %}",
        "{% autoescape false %}{{ name }}{% endautoescape %}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ 9 // 2 }}",
        "{{ lines[::1] }}",
        "{{ {'a': 1} }}",
        "{% for a in lines recursive %}{{ loop(lines) }}{% endfor %}",
        "{% for a, b in lines %}{% endfor %}",
        "{{ name is callable }}",
        "{{ _private }}",
        "{% for a in lines %}" * 7 + "{% endfor %}" * 7,
        "{{ each item is counted }}",
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{{ name",
        "{% for line in lines %}",
        "{%tr for line in lines %}{%tr endfor %}",
    ],
)
def test_what_reaches_beyond_the_data_is_refused(hostile: str) -> None:
    assert list(Environment(GERMAN).mistakes(hostile))
    with pytest.raises(TemplateSyntaxError):
        Environment(GERMAN).from_string(hostile)


def test_the_place_of_a_mistake_is_its_paragraph() -> None:
    content = template("eins", "zwei {{ name | nix }}", header="{{ 1 +")

    found = check_docx_template(content)

    assert [(one.place, one.expression) for one in found] == [
        ("/word/document.xml/2", "zwei {{ name | nix }}"),
        ("/word/header1.xml/1", "{{ 1 +"),
    ]
    assert "there is no filter 'nix'" in found[0].message
    assert findings(lambda: filled(content))[0].startswith("/word/document.xml/2 template")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ lines }}", "a list is no text"),
        ("{{ name * 2 }}", "takes two numbers, found text and number"),
        ("{{ total + name }}", "takes two numbers"),
        ("{{ total / 0 }}", "gives no number"),
        ("{{ name | currency }}", "a number is needed"),
        ("{{ name | date }}", "no date of ISO 8601"),
        ("{{ day | date('yyyy' * 99) }}", "takes two numbers"),
        (
            "{{ lines | join(name ~ name ~ name ~ name ~ name ~ name ~ name ~ name ~ name) }}",
            "at most 100",
        ),
        ("{% for one in name %}{% endfor %}", "a list is needed to loop over"),
        ("{{ 1 > name }}", "does not fit"),
        ("{{ -name }}", "does not fit"),
    ],
)
def test_data_that_does_not_fit_is_told_with_its_paragraph(text: str, message: str) -> None:
    content = template("eins", text)

    with pytest.raises(DocumentError, match=message) as error:
        filled(content)

    assert error.value.finding.place == "/word/document.xml/2"
    assert error.value.finding.expression == text


def test_loops_and_texts_have_an_end() -> None:
    many = [{"name": "x"}] * 3000
    turns = "{% for a in lines %}{% for b in lines %}{% endfor %}{% endfor %}"
    long = "{% for a in lines %}{{ name }}{% endfor %}"

    with pytest.raises(DocumentError, match="too many turns"):
        filled(template(turns), {"lines": many})
    with pytest.raises(DocumentError, match="too many characters"):
        filled(template(long), {"lines": many, "name": "x" * 20_000})


RELATIONSHIPS = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    b'<Relationship Id="r1" Type="http://x/%s" Target="%s" TargetMode="External"/></Relationships>'
)
LAUGHS = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><a xmlns="http://x">&b;</a>'


def rels(kind: bytes, target: bytes) -> dict[str, bytes]:
    return {"word/_rels/document.xml.rels": RELATIONSHIPS % (kind, target)}


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"word/vbaProject.bin": b""}, "/word/vbaProject.bin active"),
        ({"word/embeddings/ole.bin": b""}, "/word/embeddings/ole.bin active"),
        (rels(b"image", b"http://a/x.png"), "/word/_rels/document.xml.rels active"),
        (rels(b"attachedTemplate", b"http://a/x.dotm"), "/word/_rels/document.xml.rels active"),
        (rels(b"hyperlink", b"file:///etc/passwd"), "/word/_rels/document.xml.rels active"),
        (rels(b"aFChunk", b"x.html"), "/word/_rels/document.xml.rels active"),
        ({"word/x.xml": LAUGHS}, "/word/x.xml xml"),
        ({"word/x.xml": LAUGHS.decode().encode("utf-16")}, "/word/x.xml xml"),
        ({"word/x.xml": b"<a>" * 300 + b"</a>" * 300}, "/word/x.xml xml"),
        ({"word/x.xml": b"<a>"}, "/word/x.xml xml"),
        ({"../x.xml": b"<a/>"}, " package"),
        ({"WORD/document.xml": b"<a/>"}, " package"),
        ({f"x{at}": b"" for at in range(2_001)}, " size"),
    ],
)
def test_files_that_harm_whoever_opens_them_are_refused(parts: dict[str, bytes], told: str) -> None:
    content = changed(template("Guten Tag"), parts)

    assert findings(lambda: check_docx_template(content))[0].startswith(told)


def test_links_to_pages_are_taken() -> None:
    check_package(
        changed(template("a"), rels(b"hyperlink", b"https://a.example/")), "word/document.xml"
    )


@pytest.mark.parametrize("pieces", [["DDEAUTO c:\\\\x"], ["INCLUDE", "TEXT a"], ["{{ na", "me }}"]])
def test_codes_of_fields_that_fetch_or_are_filled_are_refused(pieces: list[str]) -> None:
    book = docx.Document()
    run = book.add_paragraph()._p
    for piece in pieces:
        run.append(parse_xml(f"<w:r {nsdecls('w')}><w:instrText>{piece}</w:instrText></w:r>"))

    assert findings(lambda: check_docx_template(saved(book)))[0].startswith(
        "/word/document.xml active"
    )


def test_what_is_no_file_of_word_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "_MOST_UNPACKED", 1_000_000)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made:
        for at in range(3):
            made.writestr(f"word/{at}.bin", b"\0" * 400_000)
    whole = template("a")
    for content, told in (
        (b"", " package"),
        (b"PK\x03\x04", " package"),
        (whole[:-30], " package"),
        (zlib.compress(whole), " package"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", " encrypted"),
        (bomb.getvalue(), " size"),
        (b"x" * 20_000_001, " size"),
        (changed(whole, {"[Content_Types].xml": b"<Types/>"}), " package"),
    ):
        assert findings(lambda content=content: check_docx_template(content))[0].startswith(told)  # type: ignore[misc]
