"""Microsoft Teams, by the webhook of a workflow: an Adaptive Card of plain text."""

from collections.abc import Callable, Mapping
from typing import Any

from apps.notifications.adapters.channels.port import OutMessage
from apps.notifications.adapters.providers.calling import judge, post

MOST_CHARACTERS = 10_000
_TYPE = "application/vnd.microsoft.card.adaptive"


class Teams:
    """Any 2xx is a yes: of workflows it is 202."""

    def __init__(self, _settings: Mapping[str, str], _secret: Callable[[], str]) -> None:
        """Have neither: the address is what lets in."""

    def send(self, message: OutMessage) -> str:
        """Post it; Teams tells no id."""
        body = [_said(message.subject, bold=True), _said(message.text[:MOST_CHARACTERS])]
        card = {"type": "AdaptiveCard", "version": "1.4", "body": body}
        sent = {"type": "message", "attachments": [{"contentType": _TYPE, "content": card}]}
        answer = post("teams", message.address, json=sent)
        judge("Teams", answer, gone=True)
        return ""


def _said(text: str, *, bold: bool = False) -> dict[str, Any]:
    # A TextBlock would take it for Markdown; runs of text are what they are.
    run = {"type": "TextRun", "text": text or " ", "weight": "Bolder" if bold else "Default"}
    return {"type": "RichTextBlock", "inlines": [run]}
