"""Webhooks: one POST, signed as Standard Webhooks has it, through the platform's one way out."""

from datetime import timedelta

import orjson

from apps.notifications.adapters.channels.port import OutMessage
from apps.notifications.domain.webhooks import signed
from apps.notifications.errors import DeliveryFailedError, DeliveryRefusedError
from kernel import clock
from kernel.http import passes, seconds_to_wait
from kernel.outbound.client import fetch
from kernel.outbound.errors import (
    OutboundFailedError,
    OutboundRefusedError,
    OutboundUnusableError,
)
from kernel.outbound.limits import Limits

PURPOSE = "notification_webhook"
LIMITS = Limits(total=timedelta(seconds=20), idle=timedelta(seconds=15), response_bytes=10_000)
TYPE = "notification.sent"


class WebhookChannel:
    """Any 2xx is a yes; 410 and what the other side calls our mistake is a no."""

    def send(self, message: OutMessage) -> str:
        """Post it."""
        now = clock.now()
        body = orjson.dumps(
            {
                "type": TYPE,
                "timestamp": message.created_at,
                "data": {
                    "id": message.id,
                    "subject": message.subject,
                    "body": message.text,
                    "category": message.category,
                },
            }
        )
        headers = signed(message.secrets(), message.id, now, body)
        try:
            answer = fetch(
                "POST", message.address, purpose=PURPOSE, body=body, headers=headers, limits=LIMITS
            )
        except OutboundFailedError as error:
            raise DeliveryFailedError(str(error)) from error
        except (OutboundRefusedError, OutboundUnusableError) as error:
            raise DeliveryRefusedError(str(error)) from error
        _judge(answer.status, answer.headers.get("Retry-After", ""))
        return ""


def _judge(status: int, retry_after: str) -> None:
    if 200 <= status < 300:
        return
    told = f"the webhook answers {status}"
    if passes(status):
        raise DeliveryFailedError(told, told_seconds=seconds_to_wait(retry_after))
    raise DeliveryRefusedError(told)
