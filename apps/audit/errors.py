"""What can be wrong with a log."""

from typing import ClassVar

from kernel.errors import DomainError


class LogAlteredError(DomainError):
    """The stored log is not the one that was signed; nothing is sealed until somebody has looked.

    Run `manage.py audit_verify`.
    """

    code: ClassVar[str] = "AUDIT_LOG_ALTERED"
    status: ClassVar[int] = 500


class BrokenBodyError(DomainError):
    """The body ends too early or cannot be unpacked; what came before that is recorded.

    Send it again: what is recorded already is passed over.
    """

    code: ClassVar[str] = "BROKEN_BODY"
    status: ClassVar[int] = 400


class BatchRefusedError(DomainError):
    """Nothing of a batch is recorded, for one of its entries is bad, and it was to be all or none.

    The bad one has an error of its own. Mend or leave it out, and send the batch again.
    """

    code: ClassVar[str] = "AUDIT_BATCH_REFUSED"
    status: ClassVar[int] = 409


class HeldError(DomainError):
    """A legal hold does not let it be erased; who may release it, and why it is there, it tells."""

    code: ClassVar[str] = "AUDIT_HELD"
    status: ClassVar[int] = 409


class SchemaViolatedError(DomainError):
    """The entry does not fit the schema that its tenant enforces for its action."""

    code: ClassVar[str] = "AUDIT_SCHEMA_VIOLATED"
    status: ClassVar[int] = 400


class NotSealedError(DomainError):
    """It was to be waited until a log is sealed, and that took too long: the log is recorded.

    Ask for its receipt later, or send it again with its idempotency key.
    """

    code: ClassVar[str] = "AUDIT_NOT_SEALED"
    status: ClassVar[int] = 504
    retryable: ClassVar[bool] = True


class NoKafkaError(DomainError):
    """A stream to a Kafka topic was asked of an installation that has no Kafka.

    Set KAFKA_BOOTSTRAP_SERVERS, or send the stream to a webhook or a syslog server.
    """

    code: ClassVar[str] = "AUDIT_NO_KAFKA"
    status: ClassVar[int] = 409
