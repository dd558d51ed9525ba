"""Webhooks: a signed word that an export is there, with addresses to fetch it from."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import orjson

from apps.importexport.adapters.endpoints.ports import PURPOSE, GoneError, Package
from contracts.webhooks import webhook_headers
from kernel import clock
from kernel.outbound.client import fetch
from kernel.outbound.errors import OutboundFailedError
from kernel.outbound.limits import Limits

LIMITS = Limits(total=timedelta(seconds=20), idle=timedelta(seconds=15), response_bytes=10_000)
READY, TESTED = "importexport.export.ready", "importexport.endpoint.tested"
_GONE = 410


class Webhook:
    """An address that is posted to, signed as Standard Webhooks has it; any 2xx is a yes."""

    def __init__(self, settings: Mapping[str, Any], secret: str) -> None:
        self._address, self._secret = str(settings["address"]), secret
        self._lasting = timedelta(days=settings["link_days"])

    def deliver(self, package: Package) -> str:
        until = clock.now() + self._lasting
        files = [
            {
                "name": one.name,
                "contentType": one.content_type,
                "sizeBytes": one.size_bytes,
                "sha256": one.sha256,
                "rows": one.rows,
                "address": one.address(self._lasting),
                "expiresAt": until,
            }
            for one in package.parcels
        ]
        data = {
            "exportId": package.export_id,
            "name": package.name,
            "dataset": package.dataset,
            "format": package.format,
            "rows": package.rows,
            "files": files,
        }
        self._post(package.id, READY, data)
        return self._origin()

    def test(self) -> str:
        self._post(f"test-{uuid4()}", TESTED, {})
        return "the webhook took a message of the type " + TESTED

    def _post(self, message: str, type_: str, data: dict[str, Any]) -> None:
        now = clock.now()
        body = orjson.dumps({"type": type_, "timestamp": now, "data": data})
        answer = fetch(
            "POST",
            self._address,
            purpose=PURPOSE,
            body=body,
            headers=webhook_headers(self._secret, message, now, body),
            limits=LIMITS,
        )
        if answer.status == _GONE:
            raise GoneError("the webhook answers 410: it wants nothing more")
        if not 200 <= answer.status < 300:
            raise OutboundFailedError(f"the webhook answers {answer.status}")

    def _origin(self) -> str:
        # Its path is often a secret.
        return "/".join(self._address.split("/", 3)[:3])
