"""Pages as a browser meets them, and what is to be said against each."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from django.contrib import admin
from playwright.sync_api import Browser, ConsoleMessage, Page

from kernel.services import BY_NAME

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
WIDTHS = (1280, 390)
#: One finding for each element: the rule, how bad it is, and where.
_JUDGE = """async (rules) => {
  const options = {resultTypes: ["violations"], preload: false, ...(rules && {runOnly: rules})};
  const {violations} = await axe.run(document, options);
  return violations.flatMap(({id, impact, help, nodes}) => nodes.map(({target, any}) =>
    `${id} (${impact}): ${target.flat().join(" ")}: ${any[0]?.message || help}`));
}"""
#: The themes are the same but for their colours, so the second is judged by these alone.
COLOURS = ("color-contrast", "link-in-text-block")
_SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_FIRST_ROW = """
  document.querySelector("#result_list tbody a[href*='/change/']")?.getAttribute("href") ?? ""
"""
_PATIENCE_MS = 10_000
_IS_DARK = "document.documentElement.matches('.dark, [data-theme=dark]')"
#: The portal follows the system; the theme of the back office does so at load only.
CHOOSE = """async (theme) => {
  if (window.Alpine) Alpine.$data(document.documentElement).switchTheme(theme);
  await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
  await Promise.allSettled(document.getAnimations().map(({finished}) => finished));
}"""

#: Pages for everybody, by path.
OPEN = {
    "portal": "/",
    "status": "/status",
    "docs": "/docs/",
    "docs-audit": "/docs/audit",
    "docs-settings": "/docs/reference/settings",
    "docs-threats": "/docs/security/threat-model",
    "docs-events": "/docs/events",
    "start": "/start/audit",
    "events": "/events/",
    "event": "/events/files.file.scanned.v1",
    "graphiql": "/graphiql",
    "not-found": "/nowhere",
    "login": "/sign-in/",
    "forgotten": "/account/password/reset/",
    "by-invitation": "/sign-in/no-account/",
    "no-invitation": "/invitations/x/",
}
#: Pages for staff; of each model there is a list, and the page of its first row.
STAFF = {
    "files-library": "/files/library/",
    "notifications-inbox": "/notifications/inbox/",
    "documents-made": "/documents/made/",
    "documents-templates": "/documents/templates/",
    "documents-themes": "/documents/themes/",
    "documents-partials": "/documents/partials/",
    "documents-batches": "/documents/batches/",
    "imports": "/importexport/imports/",
    "imports-new": "/importexport/imports/new/",
    "imports-templates": "/importexport/imports/templates/",
    "exports": "/importexport/exports/",
    "imports-places": "/importexport/imports/places/",
    "tenant": "/tenant/",
    "members": "/tenant/members/",
    "keys": "/tenant/keys/",
    "tenant-sessions": "/tenant/sessions/",
    "second-factor": "/account/second-factor/",
    "passkeys": "/account/second-factor/passkeys/",
    "confirm": "/account/confirm/",
    "password": "/account/password/",
    "own-sessions": "/account/sessions/",
    "graphiql-of-audit": "/graphiql/audit",
    "back-office": "/admin/",
    "found": "/admin/find/?text=a",
    "topology": "/admin/topology/",
    "activity": "/admin/activity/",
    "profile": "/admin/profile/",
    "inspector": "/admin/inspector/?id=01a23150e5b77042a1cde79017426988",
    "audit-found": "/admin/audit/auditlog/?q=StopLogging",
    "audit-errands-round": "/admin/audit/archive/start/",
    "audit-errands-hold": "/admin/audit/legalhold/place/",
    "audit-errands-policy": "/admin/audit/retentionpolicy/create/",
    "audit-errands-search": "/admin/audit/auditsearch/keep/",
    "audit-errands-link": "/admin/audit/viewertoken/make/",
    "audit-errands-subject": "/admin/audit/subjectkey/erase/",
    "audit-errands-stream": "/admin/audit/auditstream/create/",
    "audit-errands-rule": "/admin/audit/personalfieldrule/create/",
    "audit-errands-source": "/admin/audit/intakesource/put/",
    "files-errands-types": "/admin/files/allowedtypes/allow/",
    "config-errands-flag": "/admin/config/featureflag/create/",
    "config-errands-segment": "/admin/config/segment/create/",
    "config-errands-environment": "/admin/config/environment/create/",
    "config-killed": "/admin/config/featureflag/?standing=killed",
    "notifications-errands-suppression": "/admin/notifications/suppression/put/",
    "scheduler-new": "/admin/scheduler/jobschedule/create/",
    "scheduler-timeline": "/admin/scheduler/jobschedule/timeline/",
    "scheduler-week": "/admin/scheduler/jobschedule/timeline/?zoom=week",
    "scheduler-calendar": "/admin/scheduler/jobschedule/calendar/?zone=Europe/Amsterdam",
    "scheduler-system": "/admin/scheduler/jobschedule/system/",
    "new-key": "/admin/identity/apikey/add/",
    "new-password": "/admin/auth/user/1/password/",
    "saved-filters": "/admin/events/redelivery/saved-filters/",
    "to-be-saved": "/admin/files/file/?q=a",
    "jobs": "/admin/jobs/job/",
    "dead-letters": "/admin/events/redelivery/",
    "no-dead-letters": "/admin/events/redelivery/?state=discarded",
    "replays": "/admin/events/replay/",
    "replay-events": "/admin/events/consumergroup/audit.trail/replay/",
    "reset-group": "/admin/events/consumergroup/audit.trail/reset/",
    "pause-group": "/admin/events/consumergroup/audit.trail/pause/",
}
_MODELS = {
    model._meta.label_lower: f"/admin/{model._meta.label_lower.replace('.', '/')}/"
    for model in admin.site._registry
    if model._meta.app_label in {*BY_NAME, "identity"}
    or model._meta.label
    in {"auth.Group", "auth.User", "events.OutboxEvent", "events.ConsumerGroup"}
}
LISTS = {f"{label}-list": path for label, path in _MODELS.items()}
#: What a new platform with demo data has no row of.
EMPTY = {
    "audit.archive",
    "audit.auditexport",
    "files.allowedtypes",
    "files.uploadsession",
    "identity.invitation",
    "identity.lockout",
    "identity.serviceaccount",
    "identity.tenantdeletion",
    "identity.tenantexport",
}
ROWS = {f"{label}-row": path for label, path in _MODELS.items() if label not in EMPTY}
PAGES = OPEN | STAFF | LISTS | ROWS
#: What a page says on the console because of its own status.
_MISSING = ["Failed to load resource: the server responded with a status of 404"]
EXPECTED = {"not-found": _MISSING, "no-invitation": _MISSING}


@dataclass
class Tab:
    """A page of a browser, and what it asked for and complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def forget(self) -> None:
        """Leave the page, and with it whatever it did."""
        self.page.goto("about:blank")
        self.requests, self.complaints = [], []

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.text} {message.location.get('url', '')}".strip())


@dataclass(frozen=True, slots=True)
class Visit:
    """What a look at one page found."""

    path: str
    #: By theme.
    violations: dict[Theme, list[str]]
    requests: list[str]
    complaints: list[str]
    sideways: int
    #: In a list, the path of the page of its first row.
    first_row: str


@dataclass
class Visitor:
    """Opens pages, as anybody or signed in; each page at each width once."""

    browser: Browser
    url: str
    #: The cookies of somebody who is signed in.
    session: Any
    _tabs: dict[tuple[int, bool], Tab] = field(default_factory=dict)
    _seen: dict[tuple[str, int], Visit] = field(default_factory=dict)

    @cached_property
    def axe(self) -> str:
        return AXE.read_text(encoding="utf-8")

    def tab(self, width: int, *, staff: bool = False, theme: Theme = "light") -> Tab:
        """Return a tab of a new browser, as far as pages can tell."""
        context = self.browser.new_context(
            base_url=self.url,
            viewport={"width": width, "height": 844},
            color_scheme=theme,
            reduced_motion="reduce",
            storage_state=self.session if staff else None,
        )
        context.set_default_timeout(_PATIENCE_MS)
        return Tab(context.new_page())

    def judge(self, page: Page, *rules: str) -> list[str]:
        """Return what axe has to say against a page, by all its rules or by these."""
        if not page.evaluate("'axe' in window"):
            page.evaluate(self.axe)
        found: list[str] = page.evaluate(_JUDGE, list(rules) or None)
        return found

    def sideways(self, page: Page) -> int:
        """Return how many pixels a page is wider than its window."""
        found: int = page.evaluate(_SIDEWAYS)
        return found

    def visit(self, name: str, width: int) -> Visit:
        """Open a page of PAGES and look at it from all sides."""
        if (name, width) not in self._seen:
            path = self._first_row(name, width) if name in ROWS else PAGES[name]
            self._seen[name, width] = self._look(path, width, staff=name not in OPEN)
        return self._seen[name, width]

    def _first_row(self, name: str, width: int) -> str:
        path = self.visit(name.replace("-row", "-list"), width).first_row
        assert path, f"{name} has no row: make one for the demo, or name it in EMPTY"
        return path

    def _look(self, path: str, width: int, *, staff: bool) -> Visit:
        # One tab for all, because it has loaded our files before.
        if (width, staff) not in self._tabs:
            self._tabs[width, staff] = self.tab(width, staff=staff)
        tab = self._tabs[width, staff]
        page = tab.page
        page.goto(path)
        if path.startswith("/graphiql"):
            page.wait_for_selector(".graphiql-execute-button")
        link: str = page.evaluate(_FIRST_ROW)
        visit = Visit(
            path, self._violations(page), tab.requests, tab.complaints, self.sideways(page), link
        )
        tab.forget()
        return visit

    def _violations(self, page: Page) -> dict[Theme, list[str]]:
        found: dict[Theme, list[str]] = {}
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            page.evaluate(CHOOSE, theme)
            assert page.evaluate(_IS_DARK) == (theme == "dark")
            found[theme] = self.judge(page, *([] if theme == THEMES[0] else COLOURS))
        return found
