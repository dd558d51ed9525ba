"""What providers answer, as their documentation has it: status, headers, body.

Each kind has one for what is taken, what is for later, what is refused, and where it tells them
apart, for credentials that it does not take and for an address that is gone.
"""

from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True)
class Said:
    """An answer of a provider."""

    status: int
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else orjson.dumps(self.body)


# https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages
MAILGUN = {
    "taken": Said(
        200,
        {"id": "<20160306015544.116301.25145@example.org>", "message": "Queued. Thank you."},
    ),
    "later": Said(429, {"message": "Too many requests"}, {"Retry-After": "12"}),
    "refused": Said(
        400, {"message": "'to' parameter is not a valid address. please check documentation"}
    ),
    "credentials": Said(401, "Forbidden"),
}
# https://postmarkapp.com/developer/user-guide/send-email-with-api, .../developer/api/overview
POSTMARK = {
    "taken": Said(
        200,
        {
            "To": "eve@example.com",
            "SubmittedAt": "2014-02-17T07:25:01.4178645-05:00",
            "MessageID": "0a129aee-e1cd-480d-b08d-4f48548ff48d",
            "ErrorCode": 0,
            "Message": "OK",
        },
    ),
    "later": Said(429, {"ErrorCode": 429, "Message": "Rate limit exceeded"}),
    "refused": Said(
        422,
        {
            "ErrorCode": 406,
            "Message": "You tried to send to recipient(s) that have been marked as inactive.\n"
            "Found inactive addresses: eve@example.com.\nInactive recipients are ones that have"
            " generated a hard bounce, a spam complaint, or a manual suppression.",
        },
    ),
    "credentials": Said(
        401,
        {"ErrorCode": 10, "Message": "No Account or Server API tokens were supplied."},
    ),
}
# https://www.twilio.com/docs/messaging/api/message-resource, https://www.twilio.com/docs/api/errors
TWILIO = {
    "taken": Said(
        201,
        {
            "account_sid": "AC" + "a" * 32,
            "api_version": "2010-04-01",
            "body": "Hi there",
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "num_segments": "1",
            "sid": "SM" + "b" * 32,
            "status": "queued",
            "to": "+15558675310",
        },
    ),
    "later": Said(
        429,
        {"code": 20429, "message": "Too Many Requests", "status": 429},
        {"Retry-After": "3"},
    ),
    "refused": Said(
        400,
        {
            "code": 21211,
            "message": "Invalid 'To' Phone Number: +1234",
            "more_info": "https://www.twilio.com/docs/errors/21211",
            "status": 400,
        },
    ),
    "credentials": Said(
        401,
        {
            "code": 20003,
            "message": "Authenticate",
            "more_info": "https://www.twilio.com/docs/errors/20003",
            "status": 401,
        },
    ),
}
# https://developer.vonage.com/messaging/sms/guides/troubleshooting-sms
VONAGE = {
    "taken": Said(
        200,
        {
            "message-count": "1",
            "messages": [
                {
                    "to": "447700900000",
                    "message-id": "0C000000217B7F02",
                    "status": "0",
                    "remaining-balance": "15.53590000",
                    "message-price": "0.03330000",
                    "network": "23410",
                }
            ],
        },
    ),
    "later": Said(
        200,
        {
            "message-count": "1",
            "messages": [
                {"status": "1", "error-text": "Throughput Rate Exceeded - please wait and retry"}
            ],
        },
    ),
    "refused": Said(
        200,
        {
            "message-count": "1",
            "messages": [{"status": "7", "error-text": "The number you are sending to is barred"}],
        },
    ),
    "credentials": Said(
        200,
        {"message-count": "1", "messages": [{"status": "4", "error-text": "Bad Credentials"}]},
    ),
}
# https://docs.slack.dev/reference/methods/chat.postMessage, https://docs.slack.dev/apis/web-api/rate-limits
SLACK = {
    "taken": Said(
        200,
        {
            "ok": True,
            "channel": "C123456",
            "ts": "1503435956.000247",
            "message": {"text": "Here's a message for you", "type": "message"},
        },
    ),
    "later": Said(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "30"}),
    "refused": Said(200, {"ok": False, "error": "msg_too_long"}),
    "credentials": Said(200, {"ok": False, "error": "invalid_auth"}),
    "gone": Said(200, {"ok": False, "error": "channel_not_found"}),
}
# https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
SLACK_WEBHOOK = {
    "taken": Said(200, "ok"),
    "later": Said(500, "rollup_error"),
    "refused": Said(400, "invalid_payload"),
    "gone": Said(404, "no_service"),
}
# https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
TEAMS = {
    "taken": Said(202),
    "later": Said(429, "", {"Retry-After": "10"}),
    "refused": Said(400, {"error": {"code": "InvalidRequestContent", "message": "no card"}}),
    "gone": Said(404, {"error": {"code": "WorkflowNotFound", "message": "no workflow"}}),
}
# https://discord.com/developers/docs/resources/webhook, https://discord.com/developers/docs/topics/rate-limits
DISCORD = {
    "taken": Said(200, {"id": "1012148404283314236", "type": 0, "content": "Hello"}),
    "later": Said(
        429,
        {"message": "You are being rate limited.", "retry_after": 64.57, "global": False},
        {"Retry-After": "65", "X-RateLimit-Scope": "user"},
    ),
    "refused": Said(400, {"message": "Cannot send an empty message", "code": 50006}),
    "gone": Said(404, {"message": "Unknown Webhook", "code": 10015}),
}
# https://core.telegram.org/bots/api#making-requests
TELEGRAM = {
    "taken": Said(
        200,
        {
            "ok": True,
            "result": {"message_id": 42, "date": 1700000000, "chat": {"id": 7, "type": "private"}},
        },
    ),
    "later": Said(
        429,
        {
            "ok": False,
            "error_code": 429,
            "description": "Too Many Requests: retry after 5",
            "parameters": {"retry_after": 5},
        },
    ),
    "refused": Said(
        400,
        {"ok": False, "error_code": 400, "description": "Bad Request: message text is empty"},
    ),
    "credentials": Said(401, {"ok": False, "error_code": 401, "description": "Unauthorized"}),
    "gone": Said(
        403,
        {
            "ok": False,
            "error_code": 403,
            "description": "Forbidden: bot was blocked by the user",
        },
    ),
}
_FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
# https://firebase.google.com/docs/cloud-messaging/error-codes
FCM = {
    "taken": Said(200, {"name": "projects/demo-1/messages/0:1500415314455276%31bd1c9631bd1c96"}),
    "later": Said(
        503,
        {
            "error": {
                "code": 503,
                "message": "The service is currently unavailable.",
                "status": "UNAVAILABLE",
                "details": [{"@type": _FCM_ERROR, "errorCode": "UNAVAILABLE"}],
            }
        },
        {"Retry-After": "60"},
    ),
    "refused": Said(
        400,
        {
            "error": {
                "code": 400,
                "message": "Invalid value at 'message.data[0].value' (TYPE_STRING), 12",
                "status": "INVALID_ARGUMENT",
                "details": [
                    {
                        "@type": "type.googleapis.com/google.rpc.BadRequest",
                        "fieldViolations": [{"field": "message.data[0].value"}],
                    }
                ],
            }
        },
    ),
    "credentials": Said(
        401,
        {
            "error": {
                "code": 401,
                "message": "Request had invalid authentication credentials.",
                "status": "UNAUTHENTICATED",
            }
        },
    ),
    "gone": Said(
        404,
        {
            "error": {
                "code": 404,
                "message": "Requested entity was not found.",
                "status": "NOT_FOUND",
                "details": [{"@type": _FCM_ERROR, "errorCode": "UNREGISTERED"}],
            }
        },
    ),
}
FCM_TOKEN = Said(200, {"access_token": "ya29.c.token", "expires_in": 3599, "token_type": "Bearer"})
# RFC 8030, sections 5 and 7; https://developer.mozilla.org/docs/Web/API/Push_API
WEB_PUSH = {
    "taken": Said(201, "", {"Location": "https://push.example.net/message/qDIYHNcfAIPP_5ITvURr"}),
    "later": Said(429, "", {"Retry-After": "120"}),
    "refused": Said(413, "payload too large"),
    "gone": Said(410, "push subscription has unsubscribed or expired."),
}

# https://pushover.net/api
PUSHOVER = {
    "taken": Said(200, {"status": 1, "request": "647d2300-702c-4b38-8b2f-d56326ae460b"}),
    "later": Said(429, {"status": 0, "errors": ["application is over its quota"]}),
    "refused": Said(
        400,
        {"user": "invalid", "errors": ["user identifier is invalid"], "status": 0, "request": "5"},
    ),
}
# https://docs.pushbullet.com/#http, https://docs.pushbullet.com/#create-push
PUSHBULLET = {
    "taken": Said(200, {"active": True, "iden": "ujpah72o0sjAoRtnM0jc", "type": "note"}),
    "later": Said(429, {"error": {"type": "ratelimited", "message": "Too many"}}),
    "refused": Said(
        400, {"error": {"type": "invalid_request", "message": "The resource could not be found."}}
    ),
    "gone": Said(404, {"error": {"type": "invalid_request", "message": "not found"}}),
}
# https://developer.pagerduty.com/docs/events-api-v2-overview
PAGERDUTY = {
    "taken": Said(
        202, {"status": "success", "message": "Event processed", "dedup_key": "samplekeyhere"}
    ),
    "later": Said(429, {"status": "throttle exceeded", "message": "Requests are throttled"}),
    "refused": Said(
        400,
        {
            "status": "invalid event",
            "message": "Event object is invalid",
            "errors": ["Length of 'routing_key' is incorrect (should be 32 characters)"],
        },
    ),
}
# https://developers.line.biz/en/reference/messaging-api/#send-push-message
LINE = {
    "taken": Said(200, {"sentMessages": [{"id": "461230966842064897"}]}),
    "later": Said(429, {"message": "The API rate limit has been exceeded. Try again later."}),
    "refused": Said(
        400,
        {
            "message": "The request body has 1 error(s)",
            "details": [{"message": "May not be empty", "property": "messages[0].text"}],
        },
    ),
}
