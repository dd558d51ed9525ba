"""Buckets of others: botocore says what is sent, and our guarded client sends it.

So no call leads to an address that nobody looked at, and none is made with the credentials that the
platform has for its own store.
"""

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final, cast

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.config import Config

from kernel.outbound.client import fetch
from kernel.outbound.limits import Limits

#: What is in memory of a file. S3 takes 10,000 parts of one: 80 GB.
PART_BYTES: Final = 8 * 1024 * 1024
#: For `upload_fileobj`: one part at a time.
ONE_PART: Final = TransferConfig(
    multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, use_threads=False
)
#: Of one call: a part of a file, or an answer without one.
LIMITS: Final = Limits(
    connect=timedelta(seconds=10),
    idle=timedelta(seconds=60),
    total=timedelta(minutes=5),
    response_bytes=PART_BYTES + 1_000_000,
)
#: Ours to say, by the client that sends them.
_OURS = {"accept-encoding", "connection", "content-length", "expect", "host", "transfer-encoding"}


def bucket_client(
    *, address: str, region: str, access_key: str, secret_key: str, purpose: str
) -> Any:
    """Return boto3's client of S3 for an address, or for AWS where there is none.

    Its calls raise what botocore does for answers, and for those without one what `fetch` does.
    """
    session = boto3.session.Session(
        aws_access_key_id=access_key, aws_secret_access_key=secret_key, region_name=region
    )
    client = session.client(
        "s3",
        # Always said: what the environment names is the platform's own store.
        endpoint_url=address or f"https://s3.{region}.amazonaws.com",
        config=Config(
            signature_version="s3v4",
            retries={"mode": "standard", "max_attempts": 3},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path" if address else "auto"},
            user_agent="septet",
        ),
    )
    # botocore has no public way to say what sends.
    client._endpoint.http_session = _Guarded(purpose)
    return client


class _Guarded:
    """Sends what botocore has signed, by the client that looks at every address."""

    def __init__(self, purpose: str) -> None:
        self._purpose = purpose

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        headers = {
            name: value.decode() if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
            if name.lower() not in _OURS
        }
        answer = fetch(
            request.method,
            request.url,
            purpose=self._purpose,
            body=_bytes(request.body),
            headers=headers,
            limits=LIMITS,
        )
        told = HeadersDict(dict(answer.headers))
        return AWSResponse(request.url, answer.status, told, _Body(answer.body))

    def close(self) -> None:
        """Nothing stays open."""


class _Body(io.BytesIO):
    """An answer as botocore reads it."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


def _bytes(body: Any) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, bytearray) else cast(bytes, body.read())
