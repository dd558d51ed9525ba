"""A template's JSON becomes blocks, or findings that say what to mend."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from apps.documents.domain.expressions.locales import Locale
from apps.documents.domain.findings import Finding, InvalidTemplateError, under
from apps.documents.domain.limits import DEFAULT, Limits
from apps.documents.domain.model import blocks as b
from apps.documents.domain.model.pages import read_page
from apps.documents.domain.model.reading import Notes, Reader
from apps.documents.domain.model.runs import needed_text, read_text
from apps.documents.domain.model.shapes import read_pdf
from apps.documents.domain.model.tables import ALIGNS, read_table

VERSION = 1

_PARAGRAPH_ALIGNS: tuple[b.Align, ...] = (*ALIGNS, "justify")
_LOOKS: tuple[b.Look, ...] = ("normal", "display", "lead", "small", "quote", "code")
_SYMBOLOGIES: tuple[b.Symbology, ...] = ("code128", "code39", "ean13", "ean8", "qr")
_CHARTS: tuple[b.ChartKind, ...] = ("bar", "line", "pie")
_CONTROLS: tuple[b.Control, ...] = ("text", "checkbox", "choice")
_NOWHERE_ELSE = "only at the top of a template, not within another block"


def parse_template(text: str | bytes, limits: Limits = DEFAULT) -> b.Template:
    """Return a template of its JSON; raises InvalidTemplateError with every finding."""
    return read_template(load_json(text, limits.template_bytes, limits.depth), limits)


def load_json(text: str | bytes, most_bytes: int, most_depth: int) -> Any:
    """Return what a JSON text holds; raises InvalidTemplateError, also for what is too large."""
    if len(text) > most_bytes:
        _refuse("size", f"at most {most_bytes} bytes")
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        _refuse("json", f"no JSON: {error}"[:200])
    if _too_deep(given, most_depth):
        _refuse("depth", f"it nests at most {most_depth} deep")
    return given


def read_template(given: Any, limits: Limits = DEFAULT) -> b.Template:
    """Return a template of what its JSON holds; raises InvalidTemplateError."""
    if not isinstance(given, dict):
        _refuse("type", "a template is an object")
    if given.get("septet") != VERSION:
        _refuse("version", f'a template says `"septet": {VERSION}`', "/septet")
    if _too_deep(given, limits.depth):
        _refuse("depth", f"a template nests at most {limits.depth} deep")
    notes = Notes(limits)
    template = _Parser(notes).template(given)
    if notes.findings:
        raise InvalidTemplateError(notes.findings)
    return template


def _refuse(code: str, message: str, place: str = "") -> NoReturn:
    raise InvalidTemplateError([Finding(place, code, message)])


def _too_deep(value: Any, left: int) -> bool:
    if isinstance(value, dict):
        return not left or any(_too_deep(one, left - 1) for one in value.values())
    if isinstance(value, list):
        return not left or any(_too_deep(one, left - 1) for one in value)
    return False


def _count(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(_count, value.values()))
    return 1 + sum(map(_count, value)) if isinstance(value, list) else 1


class _Parser:
    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.partials: dict[str, tuple[frozenset[str], tuple[b.Block, ...]]] = {}
        #: Values of JSON in each partial with all that it includes, and in all inclusions so far.
        self.weights: dict[str, int] = {}
        self.weight = 0
        self.fields: set[str] = set()
        self.page = b.Page()
        self.kinds: Mapping[str, Callable[[Reader], b.Block]] = {
            "heading": _heading,
            "paragraph": _paragraph,
            "list": _listing,
            "table": read_table,
            "image": _image,
            "chart": _chart,
            "barcode": _barcode,
            "pageBreak": lambda reader: b.PageBreak(reader.place),
            "rule": lambda reader: b.Rule(reader.place),
            "spacer": lambda reader: b.Spacer(reader.place, reader.number("height", 0, 500) or 5),
            "contents": _contents,
            "field": self._field,
            "keep": lambda reader: b.Keep(
                reader.place, self.blocks(reader, "blocks"), reader.flag("panel")
            ),
            "columns": self._columns,
            "repeat": self._repeat,
            "when": self._when,
            "include": self._include,
            "section": self._section,
        }

    def template(self, given: Mapping[str, Any]) -> b.Template:
        reader = Reader(given, "", "", self.notes, frozenset())
        reader.take("septet")
        locale, currency, zone = self._locale(reader)
        self._partials(reader)
        self.page = read_page(reader, self.blocks, self.page)
        archive, invoice = read_pdf(reader)
        template = b.Template(
            title=needed_text(reader, "title"),
            locale=locale,
            currency=currency,
            zone=zone,
            page=self.page,
            theme=self._theme(reader),
            blocks=self.blocks(reader, "blocks", top=True),
            partials=tuple((name, blocks) for name, (_, blocks) in self.partials.items()),
            author=reader.string("author"),
            subject=reader.string("subject", 500),
            keywords=tuple(
                reader.checked(one, place, 100) for one, place in reader.values("keywords", 50)
            ),
            archive=archive,
            invoice=invoice,
        )
        reader.finish()
        return template

    def _locale(self, reader: Reader) -> tuple[str, str, str]:
        locale = reader.string("locale", 40) or "en"
        currency = reader.string("currency", 3) or "USD"
        zone = reader.string("timezone", 60) or "UTC"
        for key, given in (
            ("locale", (locale, "USD", "UTC")),
            ("currency", ("en", currency, "UTC")),
            ("timezone", ("en", "USD", zone)),
        ):
            try:
                Locale(*given)
            except ValueError as error:
                reader.refuse(key, "locale", str(error))
        return locale, currency, zone

    def _theme(self, reader: Reader) -> b.Theme:
        given = reader.take("theme")
        plain = b.Theme()
        if given is None:
            return plain
        if not isinstance(given, dict):
            reader.refuse("theme", "type", "an object")
            return plain
        inner = Reader(given, reader.at("theme"), "", self.notes, frozenset())
        theme = b.Theme(
            inner.number("size", 5, 30) or plain.size,
            inner.color("color", plain.color),
            inner.color("accent", plain.accent),
            inner.color("stripe", plain.stripe),
        )
        inner.finish()
        return theme

    def _partials(self, reader: Reader) -> None:
        """A partial includes only those before it: there is no circle."""
        given = reader.take("partials")
        if given is None:
            return
        if not isinstance(given, dict) or len(given) > self.notes.limits.partials:
            reader.refuse("partials", "type", f"at most {self.notes.limits.partials} by name")
            return
        for name, partial in given.items():
            place = under(reader.at("partials"), name[:60])
            if not isinstance(partial, dict):
                self.notes.add(place, "type", "an object with `blocks`")
                continue
            takes = Reader(partial, place, "", self.notes, frozenset())
            names = frozenset(
                takes.checked(one, where, 40) for one, where in takes.values("takes", 20)
            )
            inner = Reader(partial, place, "", self.notes, names)
            inner.take("takes")
            before = self.weight
            blocks = self.blocks(inner, "blocks")
            self.weights[name] = _count(partial) + self.weight - before
            inner.finish()
            self.partials[name] = (names, blocks)

    def blocks(
        self, reader: Reader, key: str, names: frozenset[str] | None = None, *, top: bool = False
    ) -> tuple[b.Block, ...]:
        """Return the blocks of a list."""
        found = []
        for given, place in reader.objects(key, self.notes.limits.blocks):
            self.notes.blocks += 1
            if self.notes.blocks > self.notes.limits.blocks:
                message = f"a template has at most {self.notes.limits.blocks} blocks"
                self.notes.add(place, "size", message)
                break
            block = self._block(given, place, reader.names if names is None else names, top)
            if block is not None:
                found.append(block)
        return tuple(found)

    def _block(
        self, given: Mapping[str, Any], place: str, names: frozenset[str], top: bool
    ) -> b.Block | None:
        kind = given.get("type")
        read = self.kinds.get(kind) if isinstance(kind, str) else None
        if read is None:
            message = f"a block has a `type`, one of {', '.join(sorted(self.kinds))}"
            self.notes.add(under(place, "type"), "block", message)
            return None
        if kind == "section" and not top:
            self.notes.add(place, "section", _NOWHERE_ELSE, "section")
        reader = Reader(given, place, str(kind), self.notes, names)
        block = read(reader)
        reader.finish()
        return block

    def _field(self, reader: Reader) -> b.Block:
        name = reader.name("name")
        if name in self.fields:
            reader.refuse("name", "twice", f"there is a field {name!r} before")
        self.fields.add(name)
        control = reader.choice("control", _CONTROLS, "text")
        options = tuple(reader.checked(one, at, 200) for one, at in reader.values("options", 200))
        if (control == "choice") != bool(options):
            reader.refuse("options", "choice", "a choice has `options`, and nothing else has them")
        label = needed_text(reader, "label")
        return b.Field(reader.place, name, control, label, read_text(reader, "value"), options)

    def _columns(self, reader: Reader) -> b.Block:
        shares, columns = [], []
        for given, place in reader.objects("columns", 6):
            inner = Reader(given, place, "columns", self.notes, reader.names)
            shares.append(inner.number("share", 0.05, 100) or 1.0)
            columns.append(self.blocks(inner, "blocks"))
            inner.finish()
        if not columns:
            reader.refuse("columns", "missing", "from one to six columns with `blocks`")
        return b.Columns(reader.place, tuple(shares), tuple(columns))

    def _repeat(self, reader: Reader) -> b.Block:
        name = reader.name("as", "item")
        inner = reader.names | {name}
        return b.Repeat(
            reader.place,
            reader.needed("over"),
            name,
            self.blocks(reader, "blocks", inner),
            self.blocks(reader, "else"),
        )

    def _when(self, reader: Reader) -> b.Block:
        return b.When(
            reader.place,
            reader.needed("test"),
            self.blocks(reader, "blocks"),
            self.blocks(reader, "else"),
        )

    def _include(self, reader: Reader) -> b.Block:
        partial = reader.string("partial", 60)
        takes = self.partials.get(partial, (frozenset(), ()))[0]
        if partial not in self.partials:
            message = f"there is no partial {partial!r} before this place"
            reader.refuse("partial", "partial", message)
        # Partials that include each other twice over would double with each step.
        self.weight += self.weights.get(partial, 0)
        if self.weight > self.notes.limits.included_values:
            message = f"what is included holds more than {self.notes.limits.included_values} values"
            reader.refuse("partial", "size", message)
        given = reader.take("with") or {}
        if not isinstance(given, dict):
            reader.refuse("with", "type", "an object of names and expressions")
            given = {}
        elif partial in self.partials and given.keys() != takes:
            wanted = ", ".join(sorted(takes)) or "nothing"
            reader.refuse("with", "partial", f"{partial!r} takes {wanted}")
        inner = Reader(given, reader.at("with"), "include", self.notes, reader.names)
        values = tuple((name, inner.needed(name)) for name in given)
        return b.Include(reader.place, partial, values)

    def _section(self, reader: Reader) -> b.Block:
        page = read_page(reader, self.blocks, self.page)
        return b.Section(reader.place, page, self.blocks(reader, "blocks"))


def _heading(reader: Reader) -> b.Block:
    return b.Heading(reader.place, reader.whole("level", 1, 6, 1), needed_text(reader, "text"))


def _paragraph(reader: Reader) -> b.Block:
    align = reader.choice("align", _PARAGRAPH_ALIGNS, "start")
    look = reader.choice("look", _LOOKS, "normal")
    return b.Paragraph(reader.place, read_text(reader, "text"), align, look)


def _listing(reader: Reader) -> b.Block:
    return b.Listing(reader.place, reader.flag("ordered"), _items(reader))


def _items(reader: Reader) -> tuple[b.Item, ...]:
    found = []
    for given, place in reader.objects("items", 2_000):
        outer = Reader(given, place, "list", reader.notes, reader.names)
        over = outer.expression("over")
        name = outer.name("as", "item")
        inner = Reader(
            given, place, "list", reader.notes, reader.names | {name} if over else reader.names
        )
        inner.take("over"), inner.take("as")
        text = needed_text(inner, "text")
        found.append(b.Item(text, _items(inner), over, name))
        inner.finish()
    return tuple(found)


def _image(reader: Reader) -> b.Block:
    image = b.Image(
        reader.place,
        read_text(reader, "alt"),
        read_text(reader, "asset"),
        reader.expression("data"),
        reader.number("width", 1, 2_000),
        reader.number("height", 1, 2_000),
        reader.choice("align", ALIGNS, "start"),
        reader.flag("decorative"),
    )
    if bool(image.asset) == (image.data is not None):
        reader.refuse("", "missing", "an image has `asset`, a name, or `data`, an expression")
    return image


def _chart(reader: Reader) -> b.Block:
    name = reader.name("as", "item")
    inner = reader.names | {name}
    kind = reader.choice("kind", _CHARTS, "bar")
    series = tuple(
        _series(Reader(given, place, "chart", reader.notes, reader.names), inner)
        for given, place in reader.objects("series", 20)
    )
    if not series or (kind == "pie" and len(series) > 1):
        reader.refuse("series", "missing", "a chart has from one to 20 series, a pie one")
    return b.Chart(
        reader.place,
        kind,
        reader.needed("over"),
        name,
        reader.needed("label", names=inner),
        series,
        read_text(reader, "alt"),
        read_text(reader, "title"),
        reader.flag("stacked"),
        reader.number("width", 20, 1_000) or 160,
        reader.number("height", 20, 1_000) or 80,
    )


def _series(reader: Reader, names: frozenset[str]) -> b.Series:
    value = reader.needed("value", names=names)
    series = b.Series(read_text(reader, "name"), value, reader.color("color"))
    reader.finish()
    return series


def _barcode(reader: Reader) -> b.Block:
    return b.Barcode(
        reader.place,
        reader.choice("symbology", _SYMBOLOGIES, "code128"),
        needed_text(reader, "value"),
        read_text(reader, "alt"),
        reader.number("size", 5, 300),
        reader.choice("align", ALIGNS, "start"),
        reader.flag("caption", True),
    )


def _contents(reader: Reader) -> b.Block:
    return b.Contents(reader.place, read_text(reader, "title"), reader.whole("levels", 1, 6, 3))
