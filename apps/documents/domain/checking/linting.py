"""What an author should mend before a template has data: mistakes, and what readers will miss."""

from collections.abc import Iterator, Mapping
from typing import Any

from apps.documents.domain.checking.typing import Typer
from apps.documents.domain.checking.walking import expressions
from apps.documents.domain.findings import Finding, Severity
from apps.documents.domain.model import blocks as b
from apps.documents.domain.model.texts import Expression, Text
from contracts.expressions import nodes as n

#: WCAG 2.2, 1.4.3: of text on what is behind it.
LEAST_CONTRAST = 4.5


def check(template: b.Template, schema: Mapping[str, Any] | None = None) -> tuple[Finding, ...]:
    """Return what is wrong with a template, by the schema of its data if there is one."""
    linter = _Linter(template)
    if schema is not None:
        typer = Typer(schema, linter.mistake)
        for expression, use, scope in expressions(template):
            typer.check(expression, use, scope)
    linter.look()
    return tuple(dict.fromkeys(linter.findings))


class _Linter:
    def __init__(self, template: b.Template) -> None:
        self.template = template
        self.findings: list[Finding] = []

    def mistake(self, expression: Expression, at: int, code: str, message: str) -> None:
        """Note an expression that cannot be right."""
        at = max(at - expression.offset, 0)
        finding = Finding(expression.place, code, message, expression.block, expression.source, at)
        self.findings.append(finding)

    def advise(self, place: str, block: str, code: str, message: str) -> None:
        """Note something to do better."""
        self.findings.append(Finding(place, code, message, block, severity=Severity.WARNING))

    def look(self) -> None:
        """Note what each block does without, and what the template has for nothing."""
        included = set()
        headings = 0
        level = 0
        contents: list[b.Contents] = []
        for block in b.every(self.template):
            self._block(block)
            match block:
                case b.Include():
                    included.add(block.partial)
                case b.Contents():
                    contents.append(block)
                case b.Heading():
                    headings += 1
                    if block.level > level + 1:
                        message = f"a heading of level {block.level} follows one of level {level}"
                        self.advise(block.place, "heading", "level", message)
                    level = block.level
        for name, _ in self.template.partials:
            if name not in included:
                self.advise(f"/partials/{name}", "", "unused", f"nothing includes {name!r}")
        if not headings:
            for one in contents:
                self.advise(one.place, "contents", "empty", "there is no heading to list")
        self._colors()

    def _block(self, block: b.Block) -> None:
        match block:
            case b.Image() if not block.alt and not block.decorative:
                message = "say in `alt` what it shows, or that it is `decorative`"
                self.advise(block.place, "image", "alt", message)
            case b.Chart() if not block.alt:
                self.advise(block.place, "chart", "alt", "say in `alt` what it shows")
            # Without lines it sets pairs below one another.
            case b.Table() if block.lines and not any(one.title for one in block.columns):
                self.advise(block.place, "table", "header", "no column has a title")
            case b.Repeat() if not block.blocks:
                self.advise(block.place, "repeat", "empty", "there is nothing to repeat")
            case b.When():
                self._branch(block)

    def _branch(self, block: b.When) -> None:
        if _constant(block.test.node):
            message = "the test is the same for all data: one of the branches is never reached"
            self.advise(block.place, "when", "unreachable", message)
        if not block.blocks and not block.otherwise:
            self.advise(block.place, "when", "empty", "neither branch has a block")

    def _colors(self) -> None:
        theme = self.template.theme
        for name, color, ground in (
            ("color", theme.color, "#ffffff"),
            ("color", theme.color, theme.stripe),
            ("accent", theme.accent, "#ffffff"),
        ):
            self._contrast(f"/theme/{name}", "", color, ground)
        for block in b.every(self.template):
            for text in _texts(block):
                for run in text:
                    if run.style.color:
                        kind = type(block).__name__.lower()
                        self._contrast(block.place, kind, run.style.color, "#ffffff")

    def _contrast(self, place: str, block: str, color: str, ground: str) -> None:
        found = contrast(color, ground)
        if found < LEAST_CONTRAST:
            message = (
                f"{color} on {ground} has a contrast of {found:.1f}, {LEAST_CONTRAST} is legible"
            )
            self.advise(place, block, "contrast", message)


def _constant(node: n.Node) -> bool:
    if isinstance(node, n.Name):
        return False
    return all(_constant(child) for child in n.children(node))


def _texts(block: b.Block) -> Iterator[Text]:
    match block:
        case b.Heading() | b.Paragraph():
            yield block.text
        case b.Table():
            for row in block.rows:
                for cell in row:
                    yield cell.text
        case b.Listing():
            for item in block.items:
                yield item.text


def contrast(one: str, other: str) -> float:
    """Return how well two colours (`#rrggbb`) are told apart, from 1 to 21 (WCAG 2.2)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
