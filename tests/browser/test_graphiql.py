"""GraphiQL with a pasted key: the README's first question, and what a wrong key is told."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from kernel.identity.keys import KeyText
from kernel.testing.embedded import Embedded
from tests.browser.visits import Tab, Visitor

pytestmark = pytest.mark.browser

README = (Path(settings.BASE_DIR) / "README.md").read_text(encoding="utf-8")
_RESULT = "document.querySelector('.result-window .CodeMirror').CodeMirror.getValue()"


@pytest.fixture
def editor(visitor: Visitor) -> Iterator[Tab]:
    """The editor of the whole graph, for somebody who is not signed in."""
    tab = visitor.tab(1280)
    tab.page.goto("/graphiql")
    tab.page.wait_for_selector(".graphiql-execute-button")
    yield tab
    tab.page.context.close()


def use(page: Page, key: str) -> None:
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Use").click()


def ask(page: Page, question: str) -> Any:
    """Write a question over what is in the editor, run it by the keyboard and read the answer."""
    editor = page.locator(".graphiql-query-editor .CodeMirror")
    editor.click()
    # It takes the focus some time after the click; until then the page has the keys.
    expect(editor).to_have_class(re.compile("CodeMirror-focused"))
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(question)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".result-window")).to_contain_text(re.compile('"(data|errors)"'))
    return json.loads(page.evaluate(_RESULT))


def test_with_a_pasted_key_it_answers_what_the_readme_prints(
    editor: Tab, platform: Embedded
) -> None:
    found = re.search(r"```graphql\n(.*?)```\s+```json\n(.*?)```", README, re.DOTALL)
    assert found
    question, printed = found.groups()

    use(editor.page, platform.key)
    answer = ask(editor.page, question)

    assert answer == {"data": json.loads(printed)}
    expect(editor.page.get_by_role("status")).to_have_text("This key is in use, in this tab only.")
    assert editor.complaints == []


def test_a_wrong_key_is_told_by_its_code_and_what_to_do(editor: Tab) -> None:
    use(editor.page, str(KeyText.new("test")))
    answer = ask(editor.page, "{ auditLogs { totalCount } }")

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
    expect(editor.page.get_by_role("status")).to_contain_text("This key was refused.")


def test_a_key_that_is_forgotten_leaves_no_trace(editor: Tab, platform: Embedded) -> None:
    page = editor.page
    use(page, platform.key)
    page.get_by_role("button", name="Forget").click()

    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")

    assert platform.key not in kept
    expect(page.get_by_label("API key")).to_have_value("")
