"""How large a template, its data and one evaluation may be."""

from dataclasses import dataclass

from contracts.expressions import limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(limits.Limits):
    """Each bounds time or memory that a hostile template or its data could ask for.

    Steps are those of one document; a cell of a table takes about three.
    """

    template_bytes: int = 2_000_000
    #: Levels of JSON in a template; its blocks stand on about two levels each.
    depth: int = 40
    blocks: int = 10_000
    partials: int = 100
    #: Values of JSON that all inclusions of partials come to.
    included_values: int = 100_000
    columns: int = 100
    cells: int = 20_000
    text_length: int = 20_000

    data_bytes: int = 256_000_000
    data_depth: int = 32

    #: Of a cell of data: spreadsheets hold no more.
    cell_length: int = 32_000
    #: Characters of running text after loops; of tables only a row is held.
    document_text: int = 50_000_000
    #: Blocks and rows after loops.
    evaluated_blocks: int = 200_000
    evaluated_rows: int = 2_000_000
    chart_points: int = 2_000


DEFAULT = Limits()
