"""Markdown (CommonMark, with tables) as another way to write the blocks of a template.

`{{ expressions }}` stand in it as everywhere. Lines of three colons bring what Markdown has not:

    ::: repeat lines as line      ::: when total > 0      ::: pageBreak
    - {{ line.name }}             Thank you.              ::: contents Contents
    :::                           ::: else
                                  Please pay.
                                  :::
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from apps.documents.domain.findings import Finding, InvalidTemplateError
from apps.documents.domain.limits import DEFAULT, Limits

_PLACEHOLDER = re.compile(
    r"\{\{(?:[^{}\"']|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')*\}\}", re.DOTALL
)
_HIDDEN = re.compile("\ue000([0-9]+)\ue001")
_DIRECTIVE = re.compile(r":::[ \t]*(\w*)[ \t]*(.*)")
_REPEAT = re.compile(r"(.+)[ \t]as[ \t]+(\w+)[ \t]*")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_MARKS = {"strong": "bold", "em": "italic", "s": "strike"}
_SIDES = {"text-align:left": "start", "text-align:center": "center", "text-align:right": "end"}
_MOST_DEPTH = 10

Json = dict[str, Any]


def template_of_markdown(
    text: str, head: Mapping[str, Any], limits: Limits = DEFAULT
) -> dict[str, Any]:
    """Return a template as JSON has it, for `read_template`; `head` is all of it but the blocks.

    Raises InvalidTemplateError for a directive that is unknown or has no end.
    """
    if len(text) > limits.template_bytes:
        raise InvalidTemplateError([Finding("", "size", "the Markdown is too long")])
    reader = _Reader(text)
    return {**head, "blocks": reader.blocks()}


class _Reader:
    def __init__(self, text: str) -> None:
        self._placeholders: list[str] = []
        # Whoever writes the characters that hide placeholders has them taken out.
        text = text.replace("\ue000", "").replace("\ue001", "")
        self._lines = _PLACEHOLDER.sub(self._hide, text).splitlines()
        self._at = 0
        self._parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])

    def _hide(self, found: re.Match[str]) -> str:
        self._placeholders.append(found[0].replace("\n", " "))
        # Lines keep their numbers.
        return f"\ue000{len(self._placeholders) - 1}\ue001" + "\n" * found[0].count("\n")

    def _shown(self, text: str) -> str:
        return _HIDDEN.sub(lambda found: self._placeholders[int(found[1])], text)

    def blocks(self) -> list[Json]:
        """Return all blocks."""
        blocks, ended = self._until(0)
        if ended:
            self._refuse("nothing is open that this could end")
        return blocks

    def _refuse(self, message: str) -> None:
        raise InvalidTemplateError([Finding(f"/{self._at}", "directive", message)])

    def _until(self, depth: int) -> tuple[list[Json], str]:
        """Return blocks up to the directive that ends them, and its name."""
        if depth > _MOST_DEPTH:
            self._refuse(f"directives nest at most {_MOST_DEPTH} deep")
        blocks: list[Json] = []
        plain: list[str] = []
        fence = ""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            if found := _FENCE.match(line):
                fence = "" if fence == found[1] else fence or found[1]
            directive = None if fence else _DIRECTIVE.fullmatch(line.rstrip())
            if directive is None:
                plain.append(line)
                continue
            blocks.extend(self._markdown(plain))
            plain = []
            if directive[1] in ("", "else"):
                return blocks, directive[1] or "end"
            blocks.append(self._directive(directive[1], self._shown(directive[2]), depth))
        return blocks + self._markdown(plain), ""

    def _directive(self, name: str, rest: str, depth: int) -> Json:
        if name == "pageBreak":
            return {"type": "pageBreak"}
        if name == "contents":
            return {"type": "contents", **({"title": rest} if rest else {})}
        block: Json = {"type": name}
        if name == "repeat" and (found := _REPEAT.fullmatch(rest)):
            block |= {"over": found[1].strip(), "as": found[2]}
        elif name == "when" and rest:
            block["test"] = rest
        elif name != "keep":
            self._refuse(
                "a directive is `repeat LIST as NAME`, `when TEST`, `keep`, `pageBreak`, `contents`"
            )
        block["blocks"], ended = self._until(depth + 1)
        if ended == "else" and name != "keep":
            block["else"], ended = self._until(depth + 1)
        if ended != "end":
            self._refuse(f"`::: {name}` has no `:::` that ends it")
        return block

    def _markdown(self, lines: Sequence[str]) -> list[Json]:
        tokens = self._parser.parse("\n".join(lines))
        return self._of_tokens(tokens)

    def _of_tokens(self, tokens: Sequence[Token]) -> list[Json]:
        blocks: list[Json] = []
        at = 0
        while at < len(tokens):
            end = _closing(tokens, at)
            blocks.extend(self._block(tokens[at], tokens[at + 1 : end]))
            at = end + 1
        return blocks

    def _block(  # noqa: PLR0911  (one case for each)
        self, token: Token, inner: Sequence[Token]
    ) -> list[Json]:
        match token.type:
            case "heading_open":
                level = int(token.tag[1])
                return [{"type": "heading", "level": level, "text": self._text(inner)}]
            case "paragraph_open":
                return self._paragraph(inner[0])
            case "bullet_list_open" | "ordered_list_open":
                ordered = token.type.startswith("ordered")
                return [{"type": "list", "ordered": ordered, "items": self._items(inner)}]
            case "blockquote_open":
                blocks = self._of_tokens(inner)
                return [
                    one | {"look": "quote"} if one["type"] == "paragraph" else one for one in blocks
                ]
            case "fence" | "code_block":
                text = self._shown(token.content.rstrip("\n"))
                return [{"type": "paragraph", "look": "code", "text": text}]
            case "hr":
                return [{"type": "rule"}]
            case "table_open":
                return [self._table(inner)]
            case _:
                return []

    def _paragraph(self, inline: Token) -> list[Json]:
        children = inline.children or []
        if len(children) == 1 and children[0].type == "image":
            image = children[0]
            alt = self._shown(image.content)
            asset = self._shown(str(image.attrs.get("src", "")))
            return [{"type": "image", "asset": asset, "alt": alt}]
        return [{"type": "paragraph", "text": self._runs(children)}]

    def _items(self, tokens: Sequence[Token]) -> list[Json]:
        items: list[Json] = []
        at = 0
        while at < len(tokens):
            end = _closing(tokens, at)
            text: list[Any] = []
            under: list[Json] = []
            for block in self._of_tokens(tokens[at + 1 : end]):
                if block["type"] == "list":
                    under.extend(block["items"])
                elif "text" in block:
                    runs = block["text"] if isinstance(block["text"], list) else [block["text"]]
                    text += ["\n", *runs] if text else runs
            items.append({"text": text or [" "], **({"items": under} if under else {})})
            at = end + 1
        return items

    def _table(self, tokens: Sequence[Token]) -> Json:
        rows: list[list[Any]] = []
        sides: list[str] = []
        for at, token in enumerate(tokens):
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                rows[-1].append(self._text(tokens[at + 1 : at + 2]))
                if token.type == "th_open":
                    sides.append(_SIDES.get(str(token.attrs.get("style", "")), "start"))
        columns = [
            {"title": title, "align": side} for title, side in zip(rows[0], sides, strict=True)
        ]
        body = [
            [{"text": text, "align": side} for text, side in zip(row, sides, strict=True)]
            for row in rows[1:]
        ]
        empty: list[Any] = [""] * len(columns)
        return {"type": "table", "columns": columns, "rows": body or [empty]}

    def _text(self, tokens: Sequence[Token]) -> list[Any]:
        return self._runs(tokens[0].children or []) if tokens else []

    def _runs(self, tokens: Sequence[Token]) -> list[Any]:
        runs: list[Any] = []
        marks: Json = {}
        for token in tokens:
            kind, _, way = token.type.rpartition("_")
            if kind in _MARKS:
                marks = {key: value for key, value in marks.items() if key != _MARKS[kind]}
                if way == "open":
                    marks[_MARKS[kind]] = True
            elif kind == "link":
                marks.pop("link", None)
                if way == "open":
                    # The parser has escaped what hides a placeholder.
                    marks["link"] = self._link(str(token.attrs.get("href", "")))
            elif text := self._text_of(token):
                more = {"code": True} if token.type == "code_inline" else {}
                styled = {**marks, **more}
                runs.append({"text": text, **styled} if styled else text)
        return runs

    def _link(self, link: str) -> str:
        return self._shown(link.replace("%EE%80%80", "\ue000").replace("%EE%80%81", "\ue001"))

    def _text_of(self, token: Token) -> str:
        if token.type == "softbreak":
            return " "
        return "\n" if token.type == "hardbreak" else self._shown(token.content)


def _closing(tokens: Sequence[Token], at: int) -> int:
    """Return where what opens at a place is closed."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += tokens[place].nesting
        if not depth:
            return place
    return len(tokens) - 1
