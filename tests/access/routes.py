"""Every path that this project serves, by who may reach it. A new one needs a row here."""

from typing import Literal

from tests.access.operations import SERVICES

#: Who comes: nobody in particular; a person in no tenant; a viewer and an owner of one; staff
#: without any permission; staff with all of them.
Visitor = Literal["nobody", "outsider", "viewer", "owner", "staff", "superuser"]
VISITORS: tuple[Visitor, ...] = ("nobody", "outsider", "viewer", "owner", "staff", "superuser")

#: Who is let in, by the name of the rule. What a page then shows of a tenant is that tenant's.
RULES: dict[str, frozenset[Visitor]] = {
    # Nothing of any tenant, or a door that has its own lock: a password, or a token in its address.
    "anybody": frozenset(VISITORS),
    "signed in": frozenset(VISITORS) - {"nobody"},
    # Whoever is in no tenant is told so, and nothing else.
    "member": frozenset({"viewer", "owner"}),
    # A viewer sees what the services hold, not who else is in the tenant.
    "tenant:read": frozenset({"owner"}),
    "tenant:admin": frozenset({"owner"}),
    "audit:write": frozenset({"owner"}),
    "files:write": frozenset({"owner"}),
    "audit:personal": frozenset({"owner"}),
    "staff": frozenset({"staff", "superuser"}),
    "permission": frozenset({"superuser"}),
    # Only for programs, by a key of an environment or an API key.
    "key": frozenset(),
    # Only for our own services, by their tokens.
    "services": frozenset(),
    # The path is there because Django's back office has it for every model.
    "closed": frozenset(),
}

#: The models of the back office, and what may be done there beside looking and changing.
MODELS = {
    "audit/actionschema": "",
    "audit/archive": "",
    "audit/auditexport": "",
    "audit/auditlog": "",
    "audit/auditsearch": "",
    "audit/auditstream": "",
    "audit/intakesource": "",
    "audit/legalhold": "",
    "audit/personalfieldrule": "",
    "audit/retentionpolicy": "",
    "audit/subjectkey": "",
    "audit/viewertoken": "",
    "auth/group": "add delete",
    "auth/user": "add delete",
    "config/configuration": "",
    "config/changerequest": "",
    "config/configurationdeployment": "",
    "config/configurationversion": "",
    "config/environment": "",
    "config/environmentkey": "",
    "config/featureflag": "",
    "config/flaglife": "",
    "config/flagstate": "",
    "config/rolloutplan": "",
    "config/segment": "",
    "documents/batchitem": "",
    "documents/document": "",
    "documents/partial": "",
    "documents/signingkey": "",
    "documents/template": "",
    "documents/templateversion": "",
    "documents/theme": "",
    "documents/documentbatch": "",
    "events/consumergroup": "",
    "events/outboxevent": "",
    "events/redelivery": "",
    "events/replay": "",
    "files/allowedtypes": "",
    "files/file": "",
    "files/folder": "",
    "files/sharelink": "",
    "files/uploadsession": "",
    "identity/apikey": "add",
    "identity/invitation": "",
    "identity/lockout": "",
    "identity/membership": "add delete",
    "identity/refusal": "",
    "identity/serviceaccount": "add",
    "identity/session": "",
    "identity/tenant": "add",
    "identity/tenantdeletion": "",
    "identity/tenantexport": "",
    "importexport/dataendpoint": "",
    "importexport/datatable": "",
    "importexport/exportdelivery": "",
    "importexport/exportjob": "",
    "importexport/importjob": "",
    "importexport/importtemplate": "",
    "importexport/rowerror": "",
    "jobs/job": "",
    "jobs/queue": "",
    "notifications/notification": "",
    "notifications/notificationdevice": "",
    "notifications/notificationprovider": "",
    "notifications/notificationtemplate": "",
    "notifications/subscriber": "",
    "notifications/suppression": "",
    "notifications/trigger": "",
    "notifications/webhookdelivery": "",
    "notifications/webhookendpoint": "",
    "notifications/workflow": "",
    "scheduler/jobrun": "",
    "scheduler/jobschedule": "",
}


def _of_model(model: str, allowed: str) -> dict[str, str]:
    row = f"admin/{model}/<path:object_id>/"
    return {
        f"admin/{model}/": "permission",
        f"admin/{model}/saved-filters/": "permission",
        f"admin/{model}/add/": "permission" if "add" in allowed else "closed",
        f"{row}change/": "permission",
        f"{row}delete/": "permission" if "delete" in allowed else "closed",
        # Of a row that there is not; of one that there is: see the test of histories.
        f"{row}history/": "staff",
        # Leads to `change/`.
        row: "staff",
    }


_ERRANDS = (
    "actionschema/create",
    "actionschema/<path:object_id>/mode",
    "archive/start",
    "auditexport/start",
    "auditexport/<path:object_id>/cancel",
    "auditsearch/keep",
    *(
        f"auditsearch/<path:object_id>/{verb}"
        for verb in ("run", "edit", "alert", "quiet", "remove")
    ),
    "auditstream/create",
    *(f"auditstream/<path:object_id>/{verb}" for verb in ("pause", "resume", "replay", "remove")),
    "intakesource/put",
    "intakesource/<path:object_id>/remove",
    "legalhold/place",
    "legalhold/<path:object_id>/release",
    "personalfieldrule/create",
    "personalfieldrule/<path:object_id>/end",
    "retentionpolicy/create",
    *(f"retentionpolicy/<path:object_id>/{verb}" for verb in ("edit", "remove")),
    "subjectkey/erase",
    "viewertoken/make",
    "viewertoken/<path:object_id>/revoke",
)
_ERRANDS_OF_DOCUMENTS = (
    *(f"document/<path:object_id>/{verb}" for verb in ("cancel", "download", "retry")),
    *(f"documentbatch/<path:object_id>/{verb}" for verb in ("cancel", "download", "resume")),
)
_ERRANDS_OF_IMPORTEXPORT = (
    *(f"dataendpoint/add-{kind}" for kind in ("s3", "sftp", "webhook", "email")),
    *(
        f"dataendpoint/<path:object_id>/{verb}"
        for verb in ("disable", "edit", "enable", "forget", "test")
    ),
    *(f"datatable/<path:object_id>/{verb}" for verb in ("archive", "restore")),
    "exportdelivery/<path:object_id>/retry",
    *(f"exportjob/<path:object_id>/{verb}" for verb in ("cancel", "download", "retry")),
    *(
        f"importjob/<path:object_id>/{verb}"
        for verb in ("cancel", "check", "pause", "resume", "start", "undo")
    ),
)
_ERRANDS_OF_NOTIFICATIONS = (
    *(f"notification/<path:object_id>/{verb}" for verb in ("cancel", "resend")),
    "notificationdevice/<path:object_id>/forget",
    *(f"notificationprovider/<path:object_id>/{verb}" for verb in ("disable", "enable")),
    *(
        f"notificationtemplate/<path:object_id>/{verb}"
        for verb in ("look", "look/frame", "test", "write", "write/draft")
    ),
    "suppression/<path:object_id>/lift",
    "suppression/put",
    "trigger/<path:object_id>/cancel",
    "webhookdelivery/<path:object_id>/again",
    "workflow/<path:object_id>/try",
    *(f"webhookendpoint/<path:object_id>/{verb}" for verb in ("disable", "enable", "test")),
)
_ERRANDS_OF_SCHEDULER = (
    *(
        f"jobschedule/{page}"
        for page in ("calendar", "create", "names", "offers", "preview", "system", "timeline")
    ),
    *(
        f"jobschedule/<path:object_id>/{verb}"
        for verb in (
            *("addresses", "backfill", "clone", "edit", "pause", "remove", "resume"),
            *("run", "run-with"),
        )
    ),
    *(f"jobrun/<path:object_id>/{verb}" for verb in ("again", "cancel", "terminate")),
)
_FLAG = "featureflag/<uuid:flag_id>/in/<str:environment>"
_SEGMENT = "segment/<uuid:segment_id>/in/<str:environment>"
_ERRANDS_OF_CONFIG = (
    *(
        f"changerequest/<path:object_id>/{verb}"
        for verb in ("apply", "approve", "reject", "schedule", "submit", "withdraw")
    ),
    "environment/create",
    *(f"environment/<path:object_id>/{verb}" for verb in ("edit", "key", "remove")),
    *(f"environmentkey/<path:object_id>/{verb}" for verb in ("revoke", "rotate")),
    "featureflag/create",
    *(f"featureflag/<path:object_id>/{verb}" for verb in ("archive", "edit", "unarchive")),
    *(f"configurationdeployment/<path:object_id>/{verb}" for verb in ("pause", "resume", "undo")),
    _FLAG,
    *(
        f"{_FLAG}/{verb}"
        for verb in ("copy", "history", "kill", "propose", "publish", "restore", "roll_out")
    ),
    *(f"{_FLAG}/{verb}" for verb in ("try", "validate", "withdraw")),
    f"{_FLAG}/history/<int:number>/roll-back",
    "flaglife/<path:object_id>/snooze",
    *(f"rolloutplan/<path:object_id>/{verb}" for verb in ("cancel", "pause", "resume", "undo")),
    "segment/create",
    *(f"segment/<path:object_id>/{verb}" for verb in ("edit", "remove")),
    *(f"{_SEGMENT}/{verb}" for verb in ("members", "rule")),
)
_BACK_OFFICE = {
    "admin/": "staff",
    "admin/search/": "staff",
    "admin/find/": "staff",
    "admin/backups/": "permission",
    "admin/caches/": "permission",
    "admin/database/": "permission",
    "admin/topology/": "permission",
    "admin/inspector/": "permission",
    "admin/profile/": "permission",
    "admin/activity/": "permission",
    # Leads to the one page of sign-in, and tells members that they are no staff.
    "admin/login/": "staff",
    "admin/logout/": "anybody",
    "admin/password_change/": "staff",
    "admin/password_change/done/": "staff",
    # No form of ours has such a field.
    "admin/autocomplete/": "closed",
    "admin/jsi18n/": "staff",
    "admin/r/<path:content_type_id>/<path:object_id>/": "staff",
    "admin/auth/user/<id>/password/": "permission",
    "admin/audit/auditlog/<uuid:log_id>/receipt/": "permission",
    "admin/audit/auditlog/timeline/": "permission",
    **{f"admin/audit/{path}/": "permission" for path in _ERRANDS},
    **{f"admin/config/{path}/": "permission" for path in _ERRANDS_OF_CONFIG},
    **{f"admin/documents/{path}/": "permission" for path in _ERRANDS_OF_DOCUMENTS},
    **{f"admin/importexport/{path}/": "permission" for path in _ERRANDS_OF_IMPORTEXPORT},
    **{f"admin/notifications/{path}/": "permission" for path in _ERRANDS_OF_NOTIFICATIONS},
    **{f"admin/scheduler/{path}/": "permission" for path in _ERRANDS_OF_SCHEDULER},
    **{
        f"admin/documents/template/<path:object_id>/{verb}/": "permission"
        for verb in ("archive", "publish", "restore")
    },
    "admin/documents/templateversion/<path:object_id>/withdraw/": "permission",
    **{
        f"admin/files/file/<path:object_id>/{verb}/": "permission"
        for verb in ("hold", "lift", "quarantine", "release", "rescan", "retain", "encrypt")
    },
    "admin/files/allowedtypes/allow/": "permission",
    "admin/files/sharelink/<path:object_id>/revoke/": "permission",
    "admin/identity/tenantexport/<uuid:export_id>/file/": "permission",
    **{
        f"admin/events/consumergroup/<path:object_id>/{verb}/": "permission"
        for verb in ("pause", "resume", "reset", "replay")
    },
    **{
        f"admin/events/redelivery/<path:object_id>/{verb}/": "permission"
        for verb in ("replay", "discard")
    },
    "admin/events/redelivery/replay/": "permission",
    **{f"admin/jobs/job/<path:object_id>/{verb}/": "permission" for verb in ("retry", "cancel")},
    **{f"admin/jobs/queue/<path:object_id>/{verb}/": "permission" for verb in ("pause", "resume")},
    # Says that there is nothing, to whom it has nothing to show.
    "admin/^(?P<app_label>…)/$": "staff",
    "admin/(?P<url>.*)$": "staff",
}

_PEOPLE = {
    "sign-in/": "anybody",
    # The second step: without the first it leads there.
    "sign-in/code/": "signed in",
    "sign-in/passkey/": "signed in",
    "sign-in/inactive/": "anybody",
    "sign-in/no-account/": "anybody",
    "sign-out/": "anybody",
    "account/confirm/": "signed in",
    "account/confirm/code/": "signed in",
    "account/confirm/passkey/": "signed in",
    "account/password/": "signed in",
    "account/password/none/": "anybody",
    "account/password/reset/": "anybody",
    "account/password/reset/sent/": "anybody",
    "^account/password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "anybody",
    "account/password/reset/done/": "anybody",
    "account/second-factor/": "signed in",
    "account/second-factor/app/": "signed in",
    "account/second-factor/app/remove/": "signed in",
    "account/second-factor/passkeys/": "signed in",
    "account/second-factor/passkeys/add/": "signed in",
    "account/second-factor/passkeys/<int:pk>/": "signed in",
    "account/second-factor/passkeys/<int:pk>/remove/": "signed in",
    "account/second-factor/codes/": "signed in",
    "account/second-factor/codes/new/": "signed in",
    "account/sessions/": "signed in",
    "invitations/<str:token>/": "anybody",
    "tenant/": "member",
    "tenant/switch/": "signed in",
    "tenant/members/": "tenant:read",
    "tenant/members/invite/": "tenant:admin",
    "tenant/members/<uuid:member_id>/role/": "tenant:admin",
    # Anybody may leave; whose membership it is, the service judges.
    "tenant/members/<uuid:member_id>/remove/": "member",
    "tenant/invitations/<uuid:invitation_id>/revoke/": "tenant:admin",
    # One's own; whose key it is, the service judges.
    "tenant/keys/": "member",
    "tenant/keys/new/": "member",
    "tenant/keys/<slug:key_id>/rotate/": "member",
    "tenant/keys/<slug:key_id>/revoke/": "member",
    "tenant/accounts/new/": "tenant:admin",
    "tenant/accounts/<uuid:account_id>/": "tenant:admin",
    "tenant/sessions/": "tenant:admin",
}

#: Their operations have a matrix of their own.
GRAPHQL = {
    "audit/graphql": "{ auditLogs { totalCount } }",
    "notifications/graphql": "{ notifications { totalCount } }",
    "files/graphql": "{ files { totalCount } }",
    "documents/graphql": "{ documents { totalCount } }",
    "scheduler/graphql": "{ jobSchedules { totalCount } }",
    "config/graphql": "{ featureFlags { totalCount } }",
    "importexport/graphql": "{ importJobs { totalCount } }",
    "graphql": "{ files { totalCount } }",
}

#: Read with a scope that every role in a tenant has.
_FOR_PROGRAMS = [
    "audit/api/log/checkpoint",
    "audit/api/log/consistency",
    "audit/api/log/entries",
    "audit/api/log/keys",
    "audit/api/log/tile/<int:level>/<path:tile>",
    "audit/api/receipts/<uuid:log_id>",
    "config/api/changes/<str:environment>",
    "config/api/values/<str:environment>",
    "config/api/values/<str:environment>/<str:key>",
    "importexport/api/datasets/<str:name>/template/",
]

#: Flags, by published protocols.
_FLAGS = [
    "config/api/flags/events",
    "config/api/flags/flagd.json",
    "config/api/unleash/client/features",
    "config/api/unleash/client/metrics",
    "config/api/unleash/client/register",
    "config/api/unleash/frontend",
    "config/api/unleash/frontend/client/metrics",
    "config/api/unleash/frontend/client/register",
    "ofrep/v1/evaluate/flags",
    "ofrep/v1/evaluate/flags/<path:key>",
]

ROUTES = {
    **{path: rule for model in MODELS for path, rule in _of_model(model, MODELS[model]).items()},
    **_BACK_OFFICE,
    **_PEOPLE,
    **dict.fromkeys(GRAPHQL, "member"),
    # Progress of a job, as a stream.
    **{f"{service}/api/jobs/<uuid:job_id>/events": "member" for service in SERVICES},
    # Which datasets are there for whom, each says by its scopes.
    **{
        f"{service}/api/datasets/{path}": "member"
        for service in SERVICES
        for path in (
            "",
            "<str:name>",
            "<str:name>/rows",
            "<str:name>/known",
            "<str:name>/batches",
            "<str:name>/batches/<str:key>/rows",
            "<str:name>/batches/<str:key>/undo",
        )
    },
    # Which chores are there for whom, each says by its scope.
    **{
        f"{service}/api/chores/{path}": "member"
        for service in SERVICES
        for path in ("", "<str:name>", "<str:name>/work", "<str:name>/stop")
    },
    # What it does by itself, for the scope of schedules.
    **{f"{service}/api/periodics/": "member" for service in SERVICES},
    # Its part of the back office.
    **{
        f"{service}/api/back-office/{part}/": "services"
        for service in SERVICES
        for part in ("menu", "waiting", "found", "groups")
    },
    # What a run tells, as a stream.
    "scheduler/api/runs/<uuid:run_id>/events": "member",
    # Whoever has the address of a job, which is signed.
    **{
        f"scheduler/api/pings/<uuid:tenant_id>/<uuid:schedule_id>/<str:signature>{path}": "anybody"
        for path in ("", "/fail", "/badge.svg")
    },
    "scheduler/api/badges/<uuid:tenant_id>/<uuid:schedule_id>/<str:signature>.svg": "anybody",
    **dict.fromkeys(_FOR_PROGRAMS, "member"),
    **dict.fromkeys(_FLAGS, "key"),
    "audit/api/logs": "audit:write",
    "files/api/files/": "files:write",
    "files/api/files/<str:name>": "member",
    "files/api/files/<uuid:file_id>/<slug:kind>/": "member",
    # Whoever has an address that was signed for a time and a purpose.
    "files/api/direct/<str:ticket>": "anybody",
    "files/api/signed/<str:purpose>/<str:ticket>": "anybody",
    "files/api/signed/view/<str:ticket>/<slug:kind>/": "anybody",
    "files/api/uploads/": "files:write",
    "files/api/zip/": "member",
    "files/api/uploads/<uuid:upload_id>": "files:write",
    "files/library/": "member",
    "notifications/inbox/": "member",
    "documents/made/": "member",
    "documents/templates/": "member",
    "documents/templates/<uuid:template_id>/": "member",
    "documents/themes/": "member",
    "documents/partials/": "member",
    "documents/batches/": "member",
    "importexport/imports/": "member",
    "importexport/imports/new/": "member",
    "importexport/imports/templates/": "member",
    "importexport/exports/": "member",
    "importexport/imports/places/": "member",
    "importexport/imports/<uuid:import_id>/": "member",
    # Whoever has a link that was shared.
    "files/s/<str:token>": "anybody",
    # Whoever has the token of an inbox, or a link that was signed for one message or person.
    # Whoever carried a message, at an address or with a mail that only they were given.
    "notifications/api/callbacks/<str:token>": "anybody",
    "notifications/api/mail-reports": "anybody",
    "notifications/api/provider-events/<str:token>": "anybody",
    "notifications/push-worker.js": "anybody",
    "notifications/api/inbox/devices/<str:token>": "anybody",
    "notifications/api/inbox/push/<str:token>": "anybody",
    "notifications/api/inbox/events/<str:token>": "anybody",
    "notifications/api/inbox/marks/<str:token>": "anybody",
    "notifications/api/inbox/messages/<str:token>": "anybody",
    "notifications/l/<str:token>/": "anybody",
    "notifications/o/<str:token>/": "anybody",
    "notifications/u/<str:token>/": "anybody",
    "notifications/verify/<str:token>/": "anybody",
    "audit/api/subjects/records": "audit:personal",
    # Whoever has a signed link that is good for minutes.
    "audit/api/exports/<str:token>": "anybody",
    "audit/view/<str:token>/": "anybody",
    "audit/view/<str:token>/logs.csv": "anybody",
    "": "anybody",
    ".well-known/jwks.json": "anybody",
    ".well-known/services": "anybody",
    "status": "anybody",
    "events/": "anybody",
    "events/<str:type_>": "anybody",
    "asyncapi.json": "anybody",
    "docs/": "anybody",
    "docs/<path:slug>": "anybody",
    "favicon.ico": "anybody",
    "graphiql": "anybody",
    "graphiql/<slug:service>": "anybody",
    "start/<slug:service>": "anybody",
    # For the network of those who run it.
    "health/live": "anybody",
    "health/ready": "anybody",
    "health/startup": "anybody",
    "metrics": "anybody",
    # Where GRAPHQL_INTROSPECTION is on, as in tests.
    "<slug:service>/schema.graphql": "anybody",
}
