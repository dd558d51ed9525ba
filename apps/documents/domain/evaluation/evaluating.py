"""A template and data become a document."""

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from apps.documents.domain.evaluation import parts
from apps.documents.domain.evaluation.barcodes import checked_barcode
from apps.documents.domain.evaluation.filling import Filler
from apps.documents.domain.evaluation.tables import fill_table
from apps.documents.domain.expressions.frames import Frame
from apps.documents.domain.expressions.locales import Locale
from apps.documents.domain.findings import stop
from apps.documents.domain.limits import DEFAULT, Limits
from apps.documents.domain.model import blocks as b
from apps.documents.domain.model.texts import Expression, words
from contracts.expressions.values import truth

#: Of one picture, as a file.
MOST_IMAGE_BYTES = 20_000_000


def evaluate(
    template: b.Template,
    data: Mapping[str, Any],
    *,
    locale: str | None = None,
    assets: Mapping[str, bytes] | None = None,
    limits: Limits = DEFAULT,
) -> parts.Document:
    """Return a document of JSON data, in a locale other than the template's if one is named.

    Its parts are evaluated while they are taken. Raises DocumentError with the place, block and
    expression, and ValueError if there is no such locale.
    """
    place = Locale(locale or template.locale, template.currency, template.zone)
    evaluator = _Evaluator(template, Frame(data, limits, locale=place), assets or {})
    page = evaluator.page(template.page)
    return parts.Document(
        evaluator.filler.words(template.title),
        place,
        template.author,
        template.subject,
        template.keywords,
        template.theme,
        page,
        evaluator.sequence(template.blocks, page),
        any(isinstance(block, b.Contents) for block in b.every(template)),
    )


class _Evaluator:
    def __init__(self, template: b.Template, frame: Frame, assets: Mapping[str, bytes]) -> None:
        self.template = template
        self.partials = dict(template.partials)
        self.frame = frame
        self.limits = frame.limits
        self.filler = Filler(frame)
        self.assets = assets
        self.blocks = 0
        self.rows = 0
        self.headings = 0
        self.kinds: Mapping[type, Callable[[Any], parts.Part]] = {
            b.Heading: self._heading,
            b.Paragraph: self._paragraph,
            b.Listing: self._listing,
            b.Table: lambda block: fill_table(block, self.filler, self._count_row),
            b.Image: self._image,
            b.Chart: self._chart,
            b.Barcode: self._barcode,
            b.PageBreak: lambda _: parts.PageBreak(),
            b.Rule: lambda _: parts.Rule(),
            b.Spacer: lambda block: parts.Spacer(block.height),
            b.Contents: lambda one: parts.Contents(self.filler.spans(one.title), one.levels),
            b.Field: self._field,
            b.Keep: lambda block: parts.Keep(self._held(block.blocks), block.panel),
            b.Columns: self._columns,
        }

    def sequence(
        self, blocks: tuple[b.Block, ...], page: parts.Page | None = None
    ) -> Iterator[parts.Part]:
        """Yield what blocks come to; after a section the paper is `page` again."""
        for block in blocks:
            self._count_block(block.place)
            match block:
                case b.Repeat():
                    yield from self._repeated(block)
                case b.When():
                    held = truth(self.filler.value(block.test))
                    yield from self.sequence(block.blocks if held else block.otherwise)
                case b.Include():
                    given = {name: self.filler.value(one) for name, one in block.given}
                    with self.filler.named(given):
                        yield from self.sequence(self.partials[block.partial])
                case b.Section():
                    yield self.page(block.page)
                    yield from self.sequence(block.blocks)
                    if page is not None and block is not blocks[-1]:
                        yield page
                case _:
                    yield self.kinds[type(block)](block)

    def _repeated(self, block: b.Repeat) -> Iterator[parts.Part]:
        empty = True
        for _ in self.filler.each(block.over, block.name):
            empty = False
            yield from self.sequence(block.blocks)
        if empty:
            yield from self.sequence(block.otherwise)

    def _held(self, blocks: tuple[b.Block, ...]) -> tuple[parts.Part, ...]:
        """Return parts that are all there, rows of tables too."""
        return tuple(parts.held(part) for part in self.sequence(blocks))

    def _count_block(self, place: str) -> None:
        self.blocks += 1
        self.filler.step(place)
        if self.blocks > self.limits.evaluated_blocks:
            stop(place, "size", f"more than {self.limits.evaluated_blocks} blocks after loops")

    def _count_row(self, place: str) -> None:
        self.rows += 1
        if self.rows > self.limits.evaluated_rows:
            stop(place, "size", f"more than {self.limits.evaluated_rows} rows", "table")

    def page(self, page: b.Page) -> parts.Page:
        """Return paper with what stands on each sheet of it."""
        return parts.Page(
            page.width,
            page.height,
            page.margins,
            self._held(page.header),
            self._held(page.footer),
            self.filler.words(page.watermark)[:80],
            page.border,
        )

    def _heading(self, block: b.Heading) -> parts.Part:
        self.headings += 1
        return parts.Heading(block.level, self.filler.spans(block.text), self.headings)

    def _paragraph(self, block: b.Paragraph) -> parts.Part:
        return parts.Paragraph(self.filler.spans(block.text), block.align, block.look)

    def _listing(self, block: b.Listing) -> parts.Part:
        return parts.Listing(block.ordered, tuple(self._items(block.items, block.place)))

    def _items(self, items: tuple[b.Item, ...], place: str) -> Iterator[parts.Item]:
        for item in items:
            if item.over is None:
                yield self._item(item, place)
                continue
            for _ in self.filler.each(item.over, item.name):
                yield self._item(item, place)

    def _item(self, item: b.Item, place: str) -> parts.Item:
        self._count_block(place)
        return parts.Item(self.filler.spans(item.text), tuple(self._items(item.items, place)))

    def _columns(self, block: b.Columns) -> parts.Part:
        whole = sum(block.shares)
        return parts.Columns(
            tuple(share / whole for share in block.shares),
            tuple(self._held(column) for column in block.columns),
        )

    def _field(self, block: b.Field) -> parts.Part:
        filler = self.filler
        label, value = filler.spans(block.label), filler.words(block.value)
        if block.control == "choice" and value and value not in block.options:
            stop(block.place, "choice", f"{value[:40]!r} is none of the options", "field")
        return parts.Field(block.name, block.control, label, value, block.options)

    def _image(self, block: b.Image) -> parts.Part:
        alt = "" if block.decorative else self.filler.words(block.alt)
        data = self._asset(block) if block.data is None else self._decoded(block, block.data)
        if len(data) > MOST_IMAGE_BYTES:
            stop(block.place, "size", f"a picture has at most {MOST_IMAGE_BYTES} bytes", "image")
        return parts.Image(data, alt, block.width, block.height, block.align, block.place)

    def _asset(self, block: b.Image) -> bytes:
        name = self.filler.words(block.asset)
        if name not in self.assets:
            stop(block.place, "asset", f"there is no asset {name[:60]!r}", "image")
        return self.assets[name]

    def _decoded(self, block: b.Image, data: Expression) -> bytes:
        value = self.filler.value(data)
        if not isinstance(value, str):
            stop(block.place, "type", "a picture in the data is a text of base64", "image")
        if len(value) > MOST_IMAGE_BYTES * 4 // 3 + 4:
            stop(block.place, "size", f"a picture has at most {MOST_IMAGE_BYTES} bytes", "image")
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            stop(block.place, "value", "a picture in the data is a text of base64", "image")

    def _chart(self, block: b.Chart) -> parts.Part:
        labels: list[str] = []
        values: list[list[float | None]] = [[] for _ in block.series]
        for _ in self.filler.each(block.over, block.name):
            if len(labels) == self.limits.chart_points:
                stop(block.place, "size", f"at most {self.limits.chart_points} points", "chart")
            labels.append(self.filler.shown(block.label))
            for series, found in zip(block.series, values, strict=True):
                found.append(self._point(series))
        return parts.Chart(
            block.kind,
            tuple(labels),
            tuple(
                parts.Series(self.filler.words(one.name), tuple(found), one.color)
                for one, found in zip(block.series, values, strict=True)
            ),
            self.filler.words(block.alt),
            self.filler.words(block.title),
            block.stacked,
            block.width,
            block.height,
        )

    def _point(self, series: b.Series) -> float | None:
        value = self.filler.value(series.value)
        if value is None:
            return None
        if not isinstance(value, Decimal) or abs(value) > Decimal(10) ** 15:
            message = "a chart draws numbers of at most 15 digits"
            stop(series.value.place, "type", message, "chart")
        return float(value)

    def _barcode(self, block: b.Barcode) -> parts.Part:
        value = checked_barcode(block, self.filler.words(block.value))
        alt = self.filler.words(block.alt) or value
        return parts.Barcode(block.symbology, value, alt, block.size, block.align, block.caption)


def title_of(heading: parts.Heading) -> str:
    """Return a heading as one line."""
    return " ".join(words(heading.text).split())
