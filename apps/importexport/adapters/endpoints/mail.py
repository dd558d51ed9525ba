"""Mail with a link: what an export holds stays here, and is fetched by whoever has the mail."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from smtplib import SMTPException, SMTPRecipientsRefused
from typing import Any
from uuid import uuid4

from django.core.mail import EmailMessage

from apps.importexport.adapters.endpoints.ports import Package
from apps.importexport.errors import EndpointRefusedError
from kernel import clock
from kernel.outbound.errors import OutboundFailedError

#: Beyond them the mail names how many there are.
_LISTED = 20


class Mail:
    """Addresses of people who may be written to, which whoever made this has asked."""

    def __init__(self, settings: Mapping[str, Any], _secret: str) -> None:
        self._to = [str(one) for one in settings["to"]]
        self._lasting = timedelta(days=settings["link_days"])

    def deliver(self, package: Package) -> str:
        until = (clock.now() + self._lasting).strftime("%Y-%m-%d %H:%M UTC")
        lines = [f"The export {package.name} is there: {package.rows:,} rows.", ""]
        for one in package.parcels[:_LISTED]:
            lines += [f"{one.name} ({one.size_bytes:,} bytes)", one.address(self._lasting), ""]
        if more := len(package.parcels) - _LISTED:
            lines += [f"There are {more:,} files more.", ""] if more > 0 else []
        lines += [f"Whoever has a link can fetch the file until {until}."]
        self._send(package.id, f"Export: {package.name}", "\n".join(lines))
        return ", ".join(self._to)[:500]

    def test(self) -> str:
        text = "Exports would be announced to you like this, with a link to each file."
        self._send(f"test-{uuid4()}", "A test of export delivery", text)
        return f"a mail went to {', '.join(self._to)}"

    def _send(self, message: str, subject: str, text: str) -> None:
        # What is sent twice has one id: programs show it once.
        headers = {"Message-ID": f"<{message}@importexport.septet>"}
        subject = " ".join(subject.split())[:200]
        with _told():
            EmailMessage(subject, text, to=self._to, headers=headers).send()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if all(code >= 500 for code in codes):
            raise EndpointRefusedError("the mail server takes none of the addresses") from None
        raise OutboundFailedError("the mail server takes none of the addresses now") from None
    except (SMTPException, OSError) as error:
        raise OutboundFailedError(f"the mail server failed: {type(error).__name__}") from None
