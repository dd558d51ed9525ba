"""The settings of the notifications app."""

from kernel.dynamic.declaring import integer

MOST_ATTACHMENTS = integer(
    "notifications.most_attachments",
    default=20,
    description="The most files that go with one notification.",
    at_least=0,
    at_most=100,
)
