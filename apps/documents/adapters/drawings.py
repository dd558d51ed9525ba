"""Charts and barcodes as drawings of reportlab, which PDF and HTML both take."""

from decimal import Decimal
from math import ceil
from typing import Any

from reportlab.graphics.barcode import createBarcodeDrawing
from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.charts.legends import Legend
from reportlab.graphics.charts.linecharts import HorizontalLineChart
from reportlab.graphics.charts.piecharts import Pie
from reportlab.graphics.shapes import Drawing, String
from reportlab.lib.colors import HexColor, white
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth

from apps.documents.adapters.qr import draw_qr
from apps.documents.domain.evaluation import parts
from apps.documents.domain.expressions.locales import Locale

#: Told apart by those who do not see colours as most do (Okabe and Ito), dark on white.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#5b4b8a", "#4d4d4d")
_NAMES = {
    "code128": "Code128",
    "code39": "Standard39",
    "ean13": "EAN13",
    "ean8": "EAN8",
}
_INK = HexColor("#374151")
_GRID = HexColor("#d1d5db")
_SIZE = 8
#: Points for the legend at the side, the percents around a pie, and a line of labels.
_LEGEND, _PERCENT, _LABEL = 96.0, 26.0, 18.0
#: Of the name of a category, in characters; so many of them stand aslant where they are long.
_LONGEST, _SLANTED = 24, 24


def draw_chart(chart: parts.Chart, locale: Locale, font: str, bold: str) -> Drawing:
    """Return a chart with its title, axes and legend; fonts are names that reportlab knows."""
    drawing = Drawing(chart.width * mm, chart.height * mm)
    top = drawing.height
    if chart.title:
        top -= 16
        drawing.add(String(0, top + 4, chart.title, fontName=bold, fontSize=10, fillColor=_INK))
    if chart.kind == "pie":
        side = min(top - 2 * _LABEL, drawing.width - 2 * _PERCENT - _LEGEND)
        plot, x = _pie(chart, locale, font), 2 * _PERCENT + max(side, 20)
        plot.x, plot.y, plot.width, plot.height = _PERCENT, _LABEL, max(side, 20), max(side, 20)
        plot.slices.labelRadius = 1 + 24 / plot.width
        drawing.add(plot)
        drawing.add(_legend(chart, chart.labels, font, x, top - _LABEL))
        return drawing
    many = len(chart.series) > 1
    plot = _axes(chart, locale, font)
    plot.x = 12 + max(
        stringWidth(_axis_number(locale, value), font, _SIZE) for value in _extremes(chart)
    )
    plot.width = max(drawing.width - plot.x - 6 - (_LEGEND if many else 0), 20)
    plot.y = 10 + _label(plot.categoryAxis, list(chart.labels), plot.width, font)
    plot.height = max(top - plot.y - 6, 20)
    drawing.add(plot)
    if many:
        names = [one.name for one in chart.series]
        drawing.add(_legend(chart, names, font, drawing.width - _LEGEND + 8, top - 4))
    return drawing


def _extremes(chart: parts.Chart) -> tuple[float, float]:
    """Return about the least and the most that the axis of a chart names."""
    found = [[value or 0 for value in one.values] for one in chart.series]
    if chart.stacked:
        found = [[sum(column) for column in zip(*found, strict=True)]]
    every = [value for one in found for value in one] or [0]
    return min(every), max(every)


def _axis_number(locale: Locale, value: float) -> str:
    return locale.number(Decimal(f"{value:.6g}"))


def _colors(chart: parts.Chart) -> list[Any]:
    count = len(chart.labels) if chart.kind == "pie" else len(chart.series)
    given = [one.color for one in chart.series] if chart.kind != "pie" else []
    return [
        HexColor(given[at] if at < len(given) and given[at] else PALETTE[at % len(PALETTE)])
        for at in range(count)
    ]


def _axes(chart: parts.Chart, locale: Locale, font: str) -> Any:
    plot: Any = VerticalBarChart() if chart.kind == "bar" else HorizontalLineChart()
    plot.data = [
        tuple(0 if value is None and chart.kind == "bar" else value for value in one.values) or (0,)
        for one in chart.series
    ]
    for axis in (plot.categoryAxis, plot.valueAxis):
        axis.labels.fontName = font
        axis.labels.fontSize = _SIZE
        axis.labels.fillColor = _INK
        axis.strokeColor = _GRID
        axis.visibleTicks = False
    plot.valueAxis.visibleAxis = False
    plot.valueAxis.visibleGrid = True
    plot.valueAxis.gridStrokeColor = _GRID
    plot.valueAxis.gridStrokeWidth = 0.4
    plot.valueAxis.forceZero = True
    plot.valueAxis.labelTextFormat = lambda value: _axis_number(locale, value)
    marks = plot.bars if chart.kind == "bar" else plot.lines
    for at, color in enumerate(_colors(chart)):
        if chart.kind == "bar":
            marks[at].fillColor = color
            marks[at].strokeColor = white
            marks[at].strokeWidth = 0.3
        else:
            marks[at].strokeColor = color
            marks[at].strokeWidth = 1.8
    if chart.kind == "bar":
        plot.groupSpacing = 4
    if chart.stacked and chart.kind == "bar":
        plot.categoryAxis.style = "stacked"
    return plot


def _label(axis: Any, labels: list[str], width: float, font: str) -> float:
    """Name the categories: in lines, aslant, or only some of them; returns how high that is."""
    labels = [one if len(one) <= _LONGEST else one[: _LONGEST - 1] + "…" for one in labels] or [""]
    room = width / len(labels) - 3
    widest = max(stringWidth(one, font, _SIZE) for one in labels)
    word = max(stringWidth(part, font, _SIZE) for one in labels for part in one.split() or [""])
    if room < word < room * 1.15:
        shrunk = room / word
        axis.labels.fontSize, widest, word = _SIZE * shrunk, widest * shrunk, room
    high = float(_SIZE)
    if widest > room >= word:
        labels = [one.replace(" ", "\n") for one in labels]
        high *= 1.2 * max(one.count("\n") + 1 for one in labels)
    elif widest > room and len(labels) <= _SLANTED:
        axis.labels.angle = 35
        axis.labels.boxAnchor = "ne"
        high = widest * 0.58 + _SIZE * 0.8
    elif widest > room:
        step = ceil((widest + 3) / (room + 3))
        labels = [name if at % step == 0 else "" for at, name in enumerate(labels)]
    axis.labels.leading = _SIZE * 1.2
    axis.labels.dy = -3
    axis.categoryNames = labels
    return high


def _pie(chart: parts.Chart, locale: Locale, font: str) -> Any:
    plot: Any = Pie()
    data: list[Any] = [max(value or 0, 0) for value in chart.series[0].values] or [1]
    whole = sum(data)
    if not whole:
        data, whole = [1] * len(data), len(data)
    plot.data = data
    plot.labels = [locale.percent(Decimal(f"{value / whole:.6f}")) for value in data]
    plot.simpleLabels = True
    plot.startAngle = 90
    plot.slices.fontName = font
    plot.slices.fontSize = _SIZE
    plot.slices.fontColor = _INK
    plot.slices.strokeColor = white
    plot.slices.strokeWidth = 0.8
    for at, color in enumerate(_colors(chart)):
        plot.slices[at].fillColor = color
    return plot


def _legend(chart: parts.Chart, names: Any, font: str, x: float, y: float) -> Any:
    legend: Any = Legend()
    legend.x, legend.y = x, y
    legend.boxAnchor = "nw"
    legend.fontName = font
    legend.fontSize = _SIZE
    legend.fillColor = _INK
    legend.strokeColor = None
    legend.alignment = "right"
    legend.dx = legend.dy = 7
    legend.deltay = 10
    legend.columnMaximum = 20
    legend.colorNamePairs = [
        (color, name[:24]) for color, name in zip(_colors(chart), names, strict=False)
    ][:20]
    return legend


def draw_barcode(barcode: parts.Barcode, font: str) -> Drawing:
    """Return a barcode, with its text under it unless it shall have none."""
    if barcode.symbology == "qr":
        return draw_qr(barcode.value, side_of_qr(barcode))
    more: dict[str, Any] = {} if barcode.symbology.startswith("ean") else {"quiet": 1}
    if barcode.symbology == "code39":
        more["checksum"] = 0
    return _barcode(
        _NAMES[barcode.symbology],
        value=barcode.value,
        barHeight=(barcode.size or 15) * mm,
        humanReadable=barcode.caption,
        fontName=font,
        **more,
    )


def side_of_qr(barcode: parts.Barcode) -> float:
    """Return how wide and high a QR code is, in points."""
    return (barcode.size or 30) * mm


def _barcode(name: str, **options: Any) -> Drawing:
    drawing: Drawing = createBarcodeDrawing(name, **options)  # type: ignore[no-untyped-call]  # reportlab's
    return drawing
