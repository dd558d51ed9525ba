"""QR codes (ISO/IEC 18004): reportlab knows their parts, and here they are put together as numbers.

A code is one number of as many bits as it has modules, with a light column before the first. What
does not depend on the text is kept for each version; what reportlab does module by module, and for
each block of a code anew, takes longer than the page that the code stands on.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from typing import Any

from reportlab.graphics.barcode.qrencoder import (
    QRCode,
    QRErrorCorrectLevel,
    QRMath,
    QRRSBlock,
    QRUtil,
)
from reportlab.graphics.shapes import Drawing, Path
from reportlab.lib.colors import black
from reportlab.platypus import Flowable

#: Modules around a code that nothing is drawn in (section 9.1).
QUIET = 4
_LEVEL = QRErrorCorrectLevel.M
_DARK = re.compile("1+")
#: Within so many rows and columns every mask repeats itself.
_PERIOD = 12
_MASKS = range(8)
#: What fills the rest of a code (section 7.4.10).
_PADDING = (0xEC, 0x11)
#: What looks like a part of a finder's pattern, and the light beside it, from its right end.
_FINDER = "10111010000"[::-1]

#: Dark modules of one row: how far from the left, from the top, and how many.
Run = tuple[int, int, int]


def qr_runs(value: str) -> tuple[int, list[Run]]:
    """Return how many modules a side has, with what is around them, and which are dark.

    Raises ValueError for a text that no code has room for.
    """
    code: Any = QRCode(None, _LEVEL)
    code.addData(value)
    version = code.calculate_version()
    grid = _grid(version)
    bare = grid.placed(_bits(_content(code.dataList, version)))
    lost = [grid.lost(bare.rows ^ one.rows, bare.columns ^ one.columns) for one in grid.masks]
    best = lost.index(min(lost))
    modules = bare.rows ^ grid.masks[best].rows ^ _told(version, best)
    return grid.size + 2 * QUIET, grid.runs(modules)


class QrFlowable(Flowable):
    """A code in a PDF, as one shape."""

    def __init__(self, value: str, side: float) -> None:
        super().__init__()
        self.value = value
        self.width = self.height = side

    def draw(self) -> None:
        """Draw it, in modules."""
        count, runs = qr_runs(self.value)
        canvas: Any = self.canv
        canvas.saveState()
        canvas.setFillColor(black)
        canvas.scale(self.width / count, self.width / count)
        canvas._code.extend(f"{x} {count - 1 - y} {many} 1 re" for x, y, many in runs)  # noqa: SLF001
        canvas._code.append("f")  # noqa: SLF001  # a canvas takes operators in no other way
        canvas.restoreState()


def draw_qr(value: str, side: float) -> Drawing:
    """Return a code as a drawing of one shape."""
    count, runs = qr_runs(value)
    unit = side / count
    shape: Any = Path(fillColor=black, strokeColor=None)
    for x, y, many in runs:
        left, right, top = x * unit, (x + many) * unit, side - y * unit
        shape.moveTo(left, top)
        for corner in ((right, top), (right, top - unit), (left, top - unit)):
            shape.lineTo(*corner)
        shape.closePath()
    drawing = Drawing(side, side)
    drawing.add(shape)
    return drawing


class _Buffer:
    """Takes the bits of a text, as reportlab writes them."""

    def __init__(self) -> None:
        self.value = self.length = 0

    def put(self, number: int, length: int) -> None:
        """Take so many bits of a number."""
        self.value = self.value << length | number & (1 << length) - 1
        self.length += length


def _content(pieces: Iterable[Any], version: int) -> bytes:
    """Return the bytes of a code in their order: data, then what corrects it (section 7.6)."""
    buffer = _Buffer()
    for piece in pieces:
        piece.write(buffer, version)
    table: Any = QRRSBlock
    blocks = table.getRSBlocks(version, _LEVEL)
    room = 8 * sum(block.dataCount for block in blocks)
    if buffer.length > room:
        raise ValueError(f"a QR code has room for {room} bits, found {buffer.length}")
    buffer.put(0, min(4, room - buffer.length))
    buffer.put(0, -buffer.length % 8)
    for at in range((room - buffer.length) // 8):
        buffer.put(_PADDING[at % 2], 8)
    data = buffer.value.to_bytes(room // 8, "big")
    found, corrections, start = [], [], 0
    for block in blocks:
        found.append(data[start : start + block.dataCount])
        corrections.append(_correction(found[-1], block.totalCount - block.dataCount))
        start += block.dataCount
    return bytes(
        one
        for kind in (found, corrections)
        for many in zip_longest(*kind)
        for one in many
        if one is not None
    )


def _correction(data: bytes, count: int) -> bytes:
    """Return what is left of data divided by the polynomial of so many bytes (section 7.5.2)."""
    times, left, cut = _products(count), 0, (1 << 8 * (count - 1)) - 1
    for one in data:
        left = (left & cut) << 8 ^ times[one ^ left >> 8 * (count - 1)]
    return left.to_bytes(count, "big")


@cache
def _products(count: int) -> tuple[int, ...]:
    """Return the polynomial, but for its first place, times each byte."""
    util: Any = QRUtil
    math: Any = QRMath
    logs = [math.glog(one) for one in util.getErrorCorrectPolynomial(count).num[1:]]
    products = [bytes(count)]
    products += [bytes(math.gexp(math.glog(by) + log) for log in logs) for by in range(1, 256)]
    return tuple(int.from_bytes(one, "big") for one in products)


def _bits(content: bytes) -> str:
    return f"{int.from_bytes(content, 'big'):0{8 * len(content)}b}"


@dataclass(frozen=True, slots=True)
class _Both:
    """Modules read along the rows, and along the columns."""

    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class _Grid:
    """What codes of one version have in common.

    `places` are those of the bits along the rows, `turned` along the columns; `fixed` is what is
    there before the data, without what tells of the mask, and `masks` the masks where data is.
    """

    size: int
    places: Sequence[int]
    turned: Sequence[int]
    fixed: _Both
    masks: Sequence[_Both]
    #: Modules that have one before them, that have one above as well, and the right ends of what
    #: can be a finder's pattern: reportlab looks neither at the last place of a row nor at columns.
    before: int
    corner: int
    ends: int

    def placed(self, bits: str) -> _Both:
        """Return the code with its data, unmasked."""
        return _Both(
            self.fixed.rows | _placed(bits, self.places, self.size),
            self.fixed.columns | _placed(bits, self.turned, self.size),
        )

    def lost(self, rows: int, columns: int) -> int:
        """Return the points that a code loses (section 7.8.3), as reportlab counts them."""
        stride = self.size + 1
        turned = rows ^ rows >> stride
        squares = (self.corner & ~(rows ^ rows >> 1 | turned | turned >> 1)).bit_count()
        uneven = abs(100 * rows.bit_count() // self.size**2 - 50) // 5
        finders, light = self.ends, ~rows
        for at, dark in enumerate(_FINDER):
            finders &= (rows if dark == "1" else light) >> at
        runs = self._runs(rows) + self._runs(columns)
        return runs + 3 * squares + 40 * finders.bit_count() + 10 * uneven

    def _runs(self, modules: int) -> int:
        """Return the points of modules that are alike, five or more one after another."""
        same = self.before & ~(modules ^ modules >> 1)
        fives = same & same >> 1 & same >> 2 & same >> 3
        return fives.bit_count() + 2 * (fives & ~(fives >> 1)).bit_count()

    def runs(self, modules: int) -> list[Run]:
        """Return the dark modules, row by row."""
        stride = self.size + 1
        found = []
        for run in _DARK.finditer(f"{modules:0{self.size * stride}b}"):
            y, x = divmod(run.start(), stride)
            found.append((QUIET + x - 1, QUIET + y, run.end() - run.start()))
        return found


@cache
def _grid(version: int) -> _Grid:
    code = _bare(version)
    size = code.moduleCount
    stride = size + 1
    positions = code.dataPosIterator()
    places = [row * stride + column + 1 for column, row in positions]
    turned = [column * stride + row + 1 for column, row in positions]
    every = "1" * len(places)
    data = _Both(_placed(every, places, size), _placed(every, turned, size))
    row = (1 << size - 1) - 1
    before = sum(row << stride * at for at in range(size))
    return _Grid(
        size=size,
        places=places,
        turned=turned,
        fixed=_Both(_number(code.modules), _number(zip(*code.modules, strict=True))),
        masks=[_mask(pattern, size, data.rows, data.columns) for pattern in _MASKS],
        before=before,
        corner=sum(row << stride * at for at in range(size - 1)),
        ends=sum(((1 << size - 11) - 1 << 1) << stride * at for at in range(size)),
    )


@cache
def _told(version: int, pattern: int) -> int:
    """Return what tells of the version and the mask."""
    return _number(_bare(version, pattern).modules) ^ _grid(version).fixed.rows


def _bare(version: int, pattern: int | None = None) -> Any:
    """Return a code without data; masks are tried without what tells of one."""
    code: Any = QRCode(version, _LEVEL)
    trying = pattern is None
    code.dataCache = []
    code.mapData = lambda *_: None
    code.makeImpl(trying, pattern or 0)
    return code


def _placed(bits: str, places: Sequence[int], size: int) -> int:
    modules = ["0"] * (size * (size + 1))
    for at, bit in zip(places, bits, strict=False):
        modules[at] = bit
    return int("".join(modules), 2)


def _mask(pattern: int, size: int, places: int, turned: int) -> _Both:
    util: Any = QRUtil
    dark = util.getMask(pattern)
    few = [[dark(row, column) for column in range(_PERIOD)] for row in range(_PERIOD)]
    return _Both(
        _repeated(few, size) & places,
        _repeated(zip(*few, strict=True), size) & turned,
    )


def _repeated(few: Iterable[Iterable[bool]], size: int) -> int:
    """Return a mask that repeats itself both ways."""
    rows = ["0" + (_text(row) * (size // _PERIOD + 1))[:size] for row in few]
    return int("".join(rows[at % _PERIOD] for at in range(size)), 2)


def _number(modules: Iterable[Iterable[bool]]) -> int:
    return int("".join("0" + _text(row) for row in modules), 2)


def _text(row: Iterable[bool]) -> str:
    return "".join(["1" if one else "0" for one in row])
