"""Templates: what they say, what they refuse, and that data stays data."""

from typing import Any

import pytest

from apps.notifications.domain.places import MistakesError
from apps.notifications.domain.rendering import check_texts, chosen_locale, rendered
from apps.notifications.domain.templates import TemplateError, read_template


def words(body: str, data: dict[str, Any], *, subject: str = "s", channel: str = "email") -> Any:
    texts = {channel: {"en": {"subject": subject, "body": body}}}
    return rendered(texts, channel, locale="en", default="en", data=data)


def test_values_conditions_and_loops_are_filled_in() -> None:
    body = "Hi {{ name }}{{#if vip}}, dear{{else}}, you{{/if}}:"
    body += "{{#each items as one}} {{ one.n * 2 }}{{/each}}"

    found = words(body, {"name": "Ada", "vip": False, "items": [{"n": 1}, {"n": 2}]})

    assert found.text == "Hi Ada, you: 2 4"


def test_what_is_missing_is_a_mistake_and_null_is_not() -> None:
    assert words("{{ data.name ?? 'you' }}", {"data": {"name": None}}).text == "you"

    for body in ("{{ nam }}", "{{ data.nam }}", "{{#if data.nam}}a{{/if}}"):
        with pytest.raises(TemplateError, match="there is no `nam`"):
            words(body, {"data": {"name": "Ada"}})


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "[here](https://evil.example)",
        "# Head\n\n* item",
        "qz0zq",
    ],
)
def test_data_is_never_html_nor_markdown(hostile: str) -> None:
    found = words("Hello **{{ name }}**!", {"name": hostile})

    assert found.html.startswith("<p>Hello <strong>")
    assert found.html.count("<") == 4
    assert hostile in found.text


@pytest.mark.parametrize(
    ("url", "href"),
    [
        ("https://a.example/?a=1&b=2", "https://a.example/?a=1&amp;b=2"),
        ("javascript:alert(1)", "#"),
        ("JaVaScript:alert(1)", "#"),
        ("data:text/html,x", "#"),
        ('https://a.example/" onclick="x', "https://a.example/&quot; onclick=&quot;x"),
    ],
)
def test_a_link_leads_where_mail_may_lead(url: str, href: str) -> None:
    assert f'<a href="{href}">' in words("[Open]({{ url }})", {"url": url}).html


def test_a_subject_is_of_one_line() -> None:
    found = words("b", {"name": "Ada\r\nBcc: all@example.com"}, subject="For {{ name }}")

    assert found.subject == "For Ada Bcc: all@example.com"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{{ name", "at character 1: `{{` is never closed"),
        ("a {{#if x}}b", "at character 3: `#if` is never closed by `/if`"),
        ("{{/if}}", "at character 1: `/if` ends nothing"),
        ("{{#each x}}{{/each}}", "a loop is written"),
        ("{{#if x}}{{/each}}", "`/if` is expected here, found `/each`"),
        ("{{ __import__('os') }}", "there is no function"),
        ("{{ a.__class__ + }}", "at character 1"),
        ("{{#script x}}", "there is no block `#script`"),
        ("x" * 50_001, "at most 50000 characters"),
    ],
)
def test_a_text_that_cannot_be_read_says_where(text: str, problem: str) -> None:
    with pytest.raises(TemplateError) as refused:
        read_template(text)

    assert problem in str(refused.value)


def test_a_text_that_would_not_end_is_stopped() -> None:
    rows = [{"n": 1}] * 1_000
    deep = "{{#each rows as a}}{{#each rows as b}}{{ a.n + b.n }}{{/each}}{{/each}}"

    with pytest.raises(TemplateError, match=r"more than 200000 steps|longer than"):
        words(deep, {"rows": rows})


@pytest.mark.parametrize(
    ("wanted", "default", "chosen"),
    [("de-AT", "en", "de"), ("de", "en", "de"), ("fr", "en", "en"), ("fr", "it", "de")],
)
def test_the_nearest_locale_is_taken(wanted: str, default: str, chosen: str) -> None:
    there = {"de": 1, "en": 2}

    assert chosen_locale(there, wanted, default) == chosen


def test_a_mistake_in_one_locale_does_not_reach_the_others() -> None:
    texts = {
        "email": {
            "en": {"subject": "a", "body": "{{ data.name }}"},
            "de": {"subject": "a", "body": "{{ data.nmae }}"},
        }
    }
    data = {"data": {"name": "Ada"}}

    assert rendered(texts, "email", locale="en", default="en", data=data).text == "Ada"
    with pytest.raises(TemplateError, match="there is no `nmae`"):
        rendered(texts, "email", locale="de", default="en", data=data)


def test_each_mistake_is_told_with_its_place() -> None:
    texts = {
        "email": {"en": {"subject": "{{ a", "body": "b"}, "english": {"subject": "a", "body": "b"}},
        "fax": {},
        "push": {"en": {"subject": "a"}},
        "in_app": {"en": {"subject": "a", "body": " "}},
    }

    with pytest.raises(MistakesError) as refused:
        check_texts(texts)

    assert [one.place for one in refused.value.mistakes] == [
        "texts.email.en.subject",
        "texts.email.english",
        "texts.fax",
        "texts.push.en",
        "texts.in_app.en.body",
    ]
