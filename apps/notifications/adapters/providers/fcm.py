"""Push to apps by Firebase Cloud Messaging, HTTP v1, as a service account."""

import re
import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

import orjson

from apps.notifications.adapters.channels.port import OutMessage
from apps.notifications.adapters.providers.calling import Answer, judge, post
from apps.notifications.errors import AddressGoneError, DeliveryFailedError

HOST = "https://fcm.googleapis.com"
#: A key of a service account names one, too; ours is asked, whatever it names.
TOKENS = "https://oauth2.googleapis.com/token"
_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
#: The whole message has 4,096 bytes at most.
MOST_CHARACTERS = 1_000
_PROJECT = re.compile(r"[a-z0-9-]{4,40}")
_HOUR = 3_600
#: A token is not used in its last minutes.
_SPARE_SECONDS = 120
_MOST_TOKENS = 1_000
#: Of `FcmError`: the app is gone, or was never ours.
_GONE = frozenset(("UNREGISTERED", "SENDER_ID_MISMATCH"))


class CloudMessaging:
    """A device whose app is gone is told so by UNREGISTERED."""

    def __init__(self, _settings: Mapping[str, str], secret: Callable[[], str]) -> None:
        self._secret = secret

    def send(self, message: OutMessage) -> str:
        """Send it, and return its name."""
        account = account_of(self._secret())
        sent = {
            "token": message.address,
            "notification": {
                "title": message.subject[:200],
                "body": message.text[:MOST_CHARACTERS],
            },
            "data": {"id": message.id},
            "android": {
                "priority": "HIGH" if message.urgent else "NORMAL",
                "ttl": f"{message.seconds_left}s",
            },
            "apns": {
                "headers": {
                    "apns-priority": "10" if message.urgent else "5",
                    "apns-collapse-id": message.id,
                }
            },
        }
        answer = post(
            "fcm",
            f"{HOST}/v1/projects/{account['project_id']}/messages:send",
            json={"message": sent},
            headers={"Authorization": f"Bearer {_tokens.of(account)}"},
        )
        _judge(account, answer)
        return str(answer.told.get("name", ""))


def account_of(text: str) -> dict[str, str]:
    """Return a service account of the JSON of its key; raises DeliveryFailedError."""
    try:
        told = orjson.loads(text)
        account = {name: str(told[name]) for name in ("project_id", "client_email", "private_key")}
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise DeliveryFailedError("the key of the service account is none") from None
    if not _PROJECT.fullmatch(account["project_id"]):
        raise DeliveryFailedError("the key of the service account names no project")
    return account


def _judge(account: Mapping[str, str], answer: Answer) -> None:
    if answer.ok:
        return
    error = answer.told.get("error") or {}
    codes = {str(one.get("errorCode", "")) for one in error.get("details", ())}
    why = f"{'/'.join(sorted(codes - {''})) or error.get('status', '')}: {error.get('message', '')}"
    if codes & _GONE or (answer.status == 400 and "INVALID_ARGUMENT" in codes):
        raise AddressGoneError(f"FCM answers {answer.status}: {why}"[:400])
    if answer.status == 401:
        _tokens.forget(account)
    judge("FCM", answer, why)


class _Tokens:
    """Tokens of service accounts, for the hour that each is good."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[str, tuple[float, str]] = {}

    def of(self, account: Mapping[str, str]) -> str:
        """Return a token, asked for anew where none is kept; raises DeliveryFailedError."""
        key = _name(account)
        until, token = self._kept.get(key, (0.0, ""))
        if time.monotonic() < until:
            return token
        answer = post("fcm", TOKENS, form={"grant_type": _GRANT, "assertion": _assertion(account)})
        token = str(answer.told.get("access_token", ""))
        if not answer.ok or not token:
            why = f"{answer.told.get('error', '')} {answer.told.get('error_description', '')}"
            raise DeliveryFailedError(f"Google gives no token: {answer.status} {why}"[:400])
        seconds = min(int(answer.told.get("expires_in", _HOUR)), _HOUR)
        with self._lock:
            if len(self._kept) >= _MOST_TOKENS:
                self._kept.clear()
            self._kept[key] = (time.monotonic() + seconds - _SPARE_SECONDS, token)
        return token

    def forget(self, account: Mapping[str, str]) -> None:
        """Ask anew the next time."""
        with self._lock:
            self._kept.pop(_name(account), None)


def _name(account: Mapping[str, str]) -> str:
    import hashlib  # noqa: PLC0415

    return hashlib.sha256(repr(sorted(account.items())).encode()).hexdigest()


def _assertion(account: Mapping[str, str]) -> str:
    import jwt  # noqa: PLC0415  only who sends to apps takes it

    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": account["client_email"],
        "scope": _SCOPE,
        "aud": TOKENS,
        "iat": now,
        "exp": now + _HOUR,
    }
    try:
        return jwt.encode(claims, account["private_key"], algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError):
        raise DeliveryFailedError("the key of the service account does not sign") from None


_tokens = _Tokens()
