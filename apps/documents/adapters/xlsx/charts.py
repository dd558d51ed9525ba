"""A chart as a sheet of its own: what it draws as cells, and the chart of Excel beside them."""

from decimal import Decimal
from typing import Any

from openpyxl.chart import BarChart, LineChart, PieChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.marker import DataPoint

from apps.documents.adapters.drawings import PALETTE
from apps.documents.domain.evaluation import parts
from apps.documents.domain.model.formats import TEXT, Format
from apps.documents.domain.model.texts import Span

_NUMBER = Format("number")
_LABEL_MM, _VALUE_MM = 45.0, 27.0


def table_of(chart: parts.Chart) -> parts.Table:
    """Return what a chart draws as a table: a row for each label, a column for each series."""
    columns = [parts.Column((), _LABEL_MM, "start", TEXT)]
    columns += [parts.Column((Span(one.name),), _VALUE_MM, "end", _NUMBER) for one in chart.series]
    rows = [
        parts.Row(
            "body",
            (
                parts.Cell((), label, TEXT, "start"),
                *(parts.Cell((), _value(one.values[at]), _NUMBER, "end") for one in chart.series),
            ),
        )
        for at, label in enumerate(chart.labels)
    ]
    return parts.Table(tuple(columns), rows, (), True, False, True, False, "")


def _value(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value))


def chart_of(chart: parts.Chart, sheet: Any) -> Any:
    """Return a chart of openpyxl's that draws the table of a sheet."""
    made = _of_kind(chart)
    last, columns = len(chart.labels) + 1, len(chart.series) + 1
    made.add_data(Reference(sheet, 2, 1, columns, last), titles_from_data=True)
    made.set_categories(Reference(sheet, 1, 2, 1, last))
    made.title = chart.title or None
    made.width, made.height = chart.width / 10, chart.height / 10
    _color(made, chart)
    return made


def _of_kind(chart: parts.Chart) -> Any:
    made: Any
    if chart.kind == "pie":
        made = PieChart()
        made.dataLabels = DataLabelList(showPercent=True, showVal=False, showSerName=False)
        return made
    made = LineChart() if chart.kind == "line" else BarChart()
    if chart.kind == "bar" and chart.stacked:
        made.grouping, made.overlap = "stacked", 100
    # Left unsaid, readers take the axes for deleted.
    made.x_axis.delete = made.y_axis.delete = False
    made.y_axis.number_format = "#,##0"
    if len(chart.series) == 1:
        made.legend = None
    return made


def _color(made: Any, chart: parts.Chart) -> None:
    if chart.kind == "pie":
        points = []
        for at in range(len(chart.labels)):
            point: Any = DataPoint(idx=at)
            point.graphicalProperties.solidFill = PALETTE[at % len(PALETTE)][1:]
            points.append(point)
        made.series[0].data_points = points
        return
    for at, (series, one) in enumerate(zip(made.series, chart.series, strict=True)):
        color = (one.color or PALETTE[at % len(PALETTE)])[1:]
        look = series.graphicalProperties
        if chart.kind == "line":
            look.line.solidFill, series.smooth = color, False
        else:
            look.solidFill = color
