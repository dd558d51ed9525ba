"""What signs the webhooks of a subscriber."""

from apps.notifications.models import Notification, Subscriber
from kernel import clock
from kernel.errors import NotFoundError
from kernel.secrets.reading import read_secret

_PURPOSE = "notification webhook"


def signing_secrets(notification: Notification) -> tuple[str, ...]:
    """Return the secret, and beside it the former while receivers change; raises NotFoundError."""
    if notification.subscriber_id is None:
        raise NotFoundError("a webhook is signed for a subscriber, and this message has none")
    subscriber = Subscriber.objects.get(pk=notification.subscriber_id)
    secrets = [read_secret(subscriber, "webhook_secret", purpose=_PURPOSE, shown=False)]
    if subscriber.former_until is not None and subscriber.former_until > clock.now():
        secrets.append(read_secret(subscriber, "former_secret", purpose=_PURPOSE, shown=False))
    return tuple(secrets)
