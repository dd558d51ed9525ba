"""Layouts in MJML come to the HTML of mails, within the bounds of those that are HTML already."""

import re
from collections.abc import Mapping
from pathlib import Path
from time import thread_time
from typing import Any

import pytest
from django.conf import settings

from apps.notifications.domain.mjml import MOST_DEPTH, MjmlError, html_of, is_mjml
from apps.notifications.models import NotificationTemplate
from apps.notifications.services.previewing import preview
from apps.notifications.services.templates import create_template
from tests.notifications.test_layouts import elements

pytestmark = pytest.mark.usefixtures("tenant")

PAGE = (Path(settings.BASE_DIR) / "docs" / "messages.md").read_text(encoding="utf-8")
[OF_THE_PAGE] = re.findall(r"```mjml\n(.*?)```", PAGE, re.DOTALL)
BODY = "<mjml><mj-body><mj-section><mj-column>%s</mj-column></mj-section></mj-body></mjml>"
CONTENT = "<mj-text>{{ content }}</mj-text>"
ICON = "<mj-social><mj-social-element name='x' href='#'>X</mj-social-element></mj-social>"


def shown(body: str, data: Mapping[str, Any], locale: str = "en") -> str:
    create_template(name="frame", texts={"email": {"en": {"body": body}}}, is_layout=True)
    texts = {"email": {locale: {"subject": "A & B", "body": "Dear **Ada**"}}}
    template = create_template(name="t", texts=texts, layout="frame", sample=data)
    return preview(template, channel="email", locale=locale).html


def test_what_the_page_shows_comes_to_a_mail_with_its_styles_on_the_elements() -> None:
    html = shown(OF_THE_PAGE, {"company": "<Ours>", "url": "https://example.com/?a=1&b=2"}, "de")

    assert html.startswith('<!DOCTYPE html><html lang="de"')
    assert "<title>A &amp; B</title>" in html
    assert "&lt;Ours&gt;" in html
    assert re.search(r"<div style=\"[^\"]*font-size:\s*16px[^\"]*\"><p[^>]*>Dear <strong>", html)
    assert ("href", "https://example.com/?a=1&b=2") in [
        one for tag, attributes in elements(html) if tag == "a" for one in attributes
    ]
    # Outlook lays out by tables that others take for comments.
    assert "<!--[if mso | IE]><table" in html
    assert "@media only screen and (min-width:480px)" in html
    # No font, no icon: nothing is loaded by who opens it.
    assert {tag for tag, _ in elements(html)} & {"link", "script", "img", "mj-text"} == set()
    assert "fonts.googleapis" not in html


def test_a_condition_holds_for_the_components_that_stand_in_it() -> None:
    html = shown(OF_THE_PAGE, {"company": "Ours", "url": None})

    assert "Open it" not in html
    assert "Dear <strong>Ada</strong>" in html


def test_a_style_that_is_to_be_inline_moves_nothing() -> None:
    head = '<mj-head><mj-style inline="inline">.a div { letter-spacing: 2px }</mj-style></mj-head>'
    part = '<mj-text css-class="a">Yes</mj-text>'
    raw = f"<mj-raw>{{{{#if data.x}}}}</mj-raw>{part}<mj-raw>{{{{/if}}}}</mj-raw>"
    body = (BODY % (CONTENT + raw)).replace("<mj-body>", f"{head}<mj-body>")

    source = html_of(body)

    assert source.index("{{#if") < source.index("Yes") < source.index("{{/if}}")
    assert re.search(r"letter-spacing: 2px[^>]*>Yes", shown(body, {"x": True}))


def test_data_in_it_is_text_and_leads_nowhere() -> None:
    body = BODY % f'{CONTENT}<mj-button href="{{{{ data.x }}}}">{{{{ data.x }}}}</mj-button>'

    html = shown(body, {"x": "javascript:\"'><script>alert(1)</script>-->"})

    assert "script" not in {tag for tag, _ in elements(html)}
    links = [dict(attributes)["href"] for tag, attributes in elements(html) if tag == "a"]
    assert links == ["#"]


REFUSED = [
    ("<mj-text>nothing</mj-text>", "stands in it once, found 0"),
    (f"{CONTENT}<mj-include path='x'/>", "line 1: `<mj-include>` is none of mj-all"),
    (f"{CONTENT}\n<mj-font name='x' href='https://x.org'/>", "line 2: `<mj-font>` is none of"),
    (f"{CONTENT}<script>x</script>", "`<script>` is none of the elements"),
    (f"{CONTENT}<link href='https://x.org/a.css' />", "`<link>` is none"),
    (f"{CONTENT}<mj-text><p onclick='x'>y</p></mj-text>", "`onclick` is none of the attributes"),
    (f"{CONTENT}<mj-text color='{{{{ data.x }}}}'>x</mj-text>", "a style has no values"),
    (f"{CONTENT}<mj-button href='{{{{ content }}}}'>x</mj-button>", "stands in it once, found 2"),
    ("<mj-button href='{{ content }}'>x</mj-button>", "stands between elements"),
    (f"{CONTENT}<mj-text {{{{ data.x }}}}='y'>x</mj-text>", "where MJML keeps no text"),
    (f"{CONTENT}<mj-raw><meta http-equiv='refresh' content='0;x' /></mj-raw>", "nothing of this"),
    (f"{CONTENT}<mj-text>a < b</mj-text>", "write &lt;"),
    (f"{CONTENT}<mj-text>", "`</mj-column>` ends nothing that is open"),
    (f"{CONTENT}<mj-image foo='{{{{ data.x }}}}' />", "where MJML keeps no text"),
    (
        f"{CONTENT}{ICON}",
        "takes a picture of yours",
    ),
    (CONTENT + "<mj-section/>" * 3_000, "more than 150000 characters of HTML"),
]


@pytest.mark.parametrize(("inside", "problem"), REFUSED)
def test_what_would_run_load_or_be_lost_is_refused_with_its_place(
    inside: str, problem: str
) -> None:
    with pytest.raises(Exception, match=re.escape("texts.email.en.body")) as raised:
        shown(BODY % inside, {})

    assert problem in str(raised.value)
    assert not NotificationTemplate.objects.exists()


def test_a_condition_in_a_title_would_be_there_twice_and_is_refused() -> None:
    with pytest.raises(MjmlError, match="in no title"):
        html_of(
            "<mjml><mj-head><mj-title>{{#if data.x}}x{{/if}}</mj-title></mj-head>"
            "<mj-body>{{ content }}</mj-body></mjml>"
        )


@pytest.mark.parametrize("element", ["div", "mj-wrapper", "mj-raw", "p"])
@pytest.mark.parametrize("depth", [MOST_DEPTH, 9_000])
def test_what_is_too_deep_is_refused_before_it_ends_the_process(element: str, depth: int) -> None:
    deep = f"<{element}>" * depth + f"</{element}>" * depth

    with pytest.raises(MjmlError, match=f"elements stand in at most {MOST_DEPTH} others"):
        html_of(f"<mjml><mj-body>{deep}</mj-body></mjml>")


@pytest.mark.parametrize(
    "text",
    [
        f"<mjml><mj-style{' ' * 49_000}></mj-style></mjml>",
        "<mjml>" + "<mj-style " * 4_900,
        "<mjml " * 8_000,
        f"<mjml><p{' a' * 24_000} ",
    ],
)
def test_what_is_long_is_refused_as_soon_as_what_is_short(text: str) -> None:
    began = thread_time()

    with pytest.raises(MjmlError):
        html_of(text)

    # Of its own time: a hundredth of a second, and 20 where a pattern goes back and forth.
    assert thread_time() - began < 5


def test_what_is_as_deep_as_may_be_comes_to_html() -> None:
    deep = MOST_DEPTH - 5
    inside = f"<mj-text>{'<div>' * deep}x{'</div>' * deep}</mj-text>"

    assert html_of(BODY % inside).count("<div>") == deep


@pytest.mark.parametrize(
    ("text", "so"),
    [("<mjml>", True), ("\n <mjml lang='de'>", True), ("<p>mjml</p>", False), ("<mjmlx>", False)],
)
def test_a_layout_is_mjml_by_its_first_element(text: str, so: bool) -> None:
    assert is_mjml(text) is so
