"""`python -m scripts.architecture [--check]`: the picture of who imports whom, from the imports.

It shows what holds by the graph, and no more: the four parts with an arrow for each that imports
another, and the kernel in layers, where a module imports only from layers under its own. Without
--check it writes docs/images/architecture.svg; with it, it says when that is out of date.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping
from functools import cache

import grimp

from scripts.packages import ROOT

PICTURE = ROOT / "docs" / "images" / "architecture.svg"
#: The parts from above, and what each is.
PARTS = {
    "project": "settings, URLs, one graph, portal, commands: knows everyone",
    "apps": "seven services of one shape, each alone: none imports another",
    "kernel": "mechanisms of every service, in layers: each imports only from rows under its own",
    "contracts": "events and codecs that cross services: standard library only",
}
#: How Django finds a part, not what is in it.
_ASIDE = frozenset({"apps"})
_WIDTH = 1000
_LEFT, _RIGHT = 70, 930
_STYLE = """\
    svg {
      --ground: #ffffff; --text: #14161d; --quiet: #4a4f5e; --line: #8a90a2;
      --part: #f2f3f8; --chip: #ffffff; --service: #dfe8ff;
      font: 14px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
    }
    @media (prefers-color-scheme: dark) {
      svg {
        --ground: #14171f; --text: #eef0f6; --quiet: #b4bac9; --line: #7d8498;
        --part: #1b1f2a; --chip: #14171f; --service: #17233f;
      }
    }
    .ground { fill: var(--ground); }
    .part, .chip, .service { stroke: var(--line); stroke-width: 1.5; }
    .part { fill: var(--part); } .chip { fill: var(--chip); } .service { fill: var(--service); }
    text { fill: var(--text); } .head { font-size: 17px; font-weight: 650; }
    .note { fill: var(--quiet); } .name { text-anchor: middle; }
    .arrow { fill: none; stroke: var(--quiet); stroke-width: 1.5; marker-end: url(#tip); }
    .tip { fill: var(--quiet); }"""


class Canvas:
    """Shapes of a picture, drawn from above."""

    def __init__(self) -> None:
        self.shapes: list[str] = []
        self.bottom = 30

    def part(self, name: str, rows: Iterable[Iterable[str]], kind: str) -> tuple[int, int]:
        """Draw a part with rows of chips that wrap; return where its box begins and ends."""
        top = self.bottom
        at = len(self.shapes)
        self.bottom += 58
        for row in rows:
            self._chips(row, kind)
        height = self.bottom - top + (4 if self.bottom > top + 58 else -12)
        heading = (
            f'<text x="{_LEFT + 20}" y="{top + 30}"><tspan class="head">{name}</tspan>'
            f'<tspan class="note" dx="14">{PARTS[name]}</tspan></text>'
        )
        self.shapes[at:at] = [_box("part", _LEFT, top, _RIGHT - _LEFT, height), heading]
        self.bottom = top + height + 40
        return top, top + height

    def _chips(self, names: Iterable[str], kind: str) -> None:
        x = _LEFT + 20
        for name in names:
            width = 24 + 8 * len(name)
            if x + width > _RIGHT - 20:
                x, self.bottom = _LEFT + 20, self.bottom + 36
            self.shapes += [
                _box(kind, x, self.bottom - 10, width, 30),
                f'<text class="name" x="{x + width / 2:g}" y="{self.bottom + 10}">{name}</text>',
            ]
            x += width + 10
        self.bottom += 46


@cache
def graph() -> grimp.ImportGraph:
    """Return who imports whom, of all four parts."""
    return grimp.build_graph(*PARTS, cache_dir=None)


def arrows() -> list[tuple[str, str]]:
    """Return which part imports which, from above."""
    found = {(part, target.partition(".")[0]) for part in PARTS for target in _imported_by(part)}
    return [(a, b) for a in PARTS for b in PARTS if a != b and (a, b) in found]


def layers() -> list[list[str]]:
    """Return the kernel's modules from above: each imports only from rows under its own."""
    imports = {
        module: {_of_kernel(target) for target in _imported_by(module)} - {module, ""}
        for module in graph().find_children("kernel")
    }
    heights: dict[str, int] = {}
    for module in imports:
        _height(module, imports, heights)
    rows: list[list[str]] = [[] for _ in range(max(heights.values()) + 1)]
    for module, height in sorted(heights.items()):
        name = module.removeprefix("kernel.")
        if name not in _ASIDE:
            rows[height].append(name)
    return [row for row in reversed(rows) if row]


def _imported_by(module: str) -> set[str]:
    inside = {module, *graph().find_descendants(module)}
    return {t for one in inside for t in graph().find_modules_directly_imported_by(one)}


def _of_kernel(module: str) -> str:
    return ".".join(module.split(".")[:2]) if module.startswith("kernel.") else ""


def _height(module: str, imports: Mapping[str, set[str]], heights: dict[str, int]) -> int:
    # Ends, for siblings have no cycles: a contract of import-linter.
    if module not in heights:
        heights[module] = 1 + max(
            (_height(t, imports, heights) for t in imports[module]), default=-1
        )
    return heights[module]


def picture() -> str:
    """Return the SVG."""
    canvas = Canvas()
    services = sorted(name.removeprefix("apps.") for name in graph().find_children("apps"))
    boxes = {
        "project": canvas.part("project", [], "chip"),
        "apps": canvas.part("apps", [services], "service"),
        "kernel": canvas.part("kernel", layers(), "chip"),
        "contracts": canvas.part("contracts", [], "chip"),
    }
    lines = [_arrow(a, b, boxes, n) for n, (a, b) in enumerate(arrows())]
    height = canvas.bottom - 10
    told = "; ".join(f"{a} imports {b}" for a, b in arrows())
    shapes = "\n".join(f"  {shape}" for shape in (*canvas.shapes, *lines))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        'aria-labelledby="title desc">\n'
        '  <title id="title">Who imports whom</title>\n'
        f'  <desc id="desc">{told}. The kernel is in layers, each of which imports only from '
        "those under it.</desc>\n"
        f"  <style>\n{_STYLE}\n  </style>\n"
        '  <defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path class="tip" d="M0 0 8 4 0 8Z"/></marker></defs>\n'
        f'  <rect class="ground" width="{_WIDTH}" height="{height}" rx="12"/>\n'
        f"{shapes}\n</svg>\n"
    )


def _box(kind: str, x: int, y: int, width: int, height: int) -> str:
    return f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="8"/>'


def _arrow(part: str, target: str, boxes: Mapping[str, tuple[int, int]], number: int) -> str:
    names = list(PARTS)
    (top, bottom), (end, _) = boxes[part], boxes[target]
    if names.index(target) == names.index(part) + 1:
        return f'<path class="arrow" d="M{_WIDTH // 2} {bottom}V{end - 2}"/>'
    # Past what is between them, each at its own distance.
    side, away = (_LEFT, -1) if number % 2 else (_RIGHT, 1)
    x = side + away * (18 + 12 * (number // 2))
    start, target_y = (top + bottom) // 2, end + 22 - 6 * (number % 3)
    return f'<path class="arrow" d="M{side} {start}H{x}V{target_y}H{side + 2 * away}"/>'


def main(arguments: list[str]) -> int:
    """Write the picture, or say that it is out of date; return 0 when it is right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare and write nothing")
    wanted = picture()
    if not parser.parse_args(arguments).check:
        PICTURE.write_text(wanted, encoding="utf-8")
        return 0
    if PICTURE.read_text(encoding="utf-8") == wanted:
        return 0
    print(f"{PICTURE.relative_to(ROOT)} is out of date: run `python -m scripts.architecture`")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
