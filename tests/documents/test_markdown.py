"""Markdown as another way to write a template."""

from typing import Any

import pytest

from apps.documents.domain.findings import InvalidTemplateError
from apps.documents.domain.markdown import template_of_markdown
from apps.documents.domain.model.parsing import read_template
from tests.documents.templates import of_blocks

HEAD = of_blocks()

LETTER = """# Hello {{ name }}

Some *words*, **bold** and `code` with {{ a * b * c }}
and a [link](https://example.com/{{ id }}).

::: repeat lines as line
- {{ line.name }}
  - deeper
:::

::: when total > 0 and "}}" != name
> Thanks
::: else
Please ~~wait~~ pay.
:::

| A | B |
|---|--:|
| x | {{ y }} |

```
::: no directive
```

![Our logo](logo)

---
::: pageBreak
"""


def blocks_of(text: str) -> list[Any]:
    template = template_of_markdown(text, HEAD)
    read_template(template)
    found: list[Any] = template["blocks"]
    return found


def test_markdown_becomes_blocks() -> None:
    assert blocks_of(LETTER) == [
        {"type": "heading", "level": 1, "text": ["Hello {{ name }}"]},
        {
            "type": "paragraph",
            "text": [
                "Some ",
                {"text": "words", "italic": True},
                ", ",
                {"text": "bold", "bold": True},
                " and ",
                {"text": "code", "code": True},
                " with {{ a * b * c }}",
                " ",
                "and a ",
                {"text": "link", "link": "https://example.com/{{ id }}"},
                ".",
            ],
        },
        {
            "type": "repeat",
            "over": "lines",
            "as": "line",
            "blocks": [
                {
                    "type": "list",
                    "ordered": False,
                    "items": [{"text": ["{{ line.name }}"], "items": [{"text": ["deeper"]}]}],
                }
            ],
        },
        {
            "type": "when",
            "test": 'total > 0 and "}}" != name',
            "blocks": [{"type": "paragraph", "text": ["Thanks"], "look": "quote"}],
            "else": [
                {
                    "type": "paragraph",
                    "text": ["Please ", {"text": "wait", "strike": True}, " pay."],
                }
            ],
        },
        {
            "type": "table",
            "columns": [{"title": ["A"], "align": "start"}, {"title": ["B"], "align": "end"}],
            "rows": [[{"text": ["x"], "align": "start"}, {"text": ["{{ y }}"], "align": "end"}]],
        },
        {"type": "paragraph", "look": "code", "text": "::: no directive"},
        {"type": "image", "asset": "logo", "alt": "Our logo"},
        {"type": "rule"},
        {"type": "pageBreak"},
    ]


@pytest.mark.parametrize(
    "text",
    ["::: repeat lines as line\nx", "::: nothing\n:::", ":::", "::: keep\n" * 40, "::: repeat x"],
)
def test_a_directive_that_is_unknown_or_open_is_refused(text: str) -> None:
    with pytest.raises(InvalidTemplateError) as told:
        template_of_markdown(text, HEAD)

    assert told.value.findings[0].code == "directive"


def test_html_in_markdown_is_text() -> None:
    [block] = blocks_of("<script>alert(1)</script>")

    assert block == {"type": "paragraph", "text": ["<script>alert(1)</script>"]}
