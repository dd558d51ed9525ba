"""Demo data: a few feature flags with some weeks of use, and some configuration to look at."""

import math
from datetime import timedelta

from django.db import transaction

from apps.config.domain.pseudonyms import SPACE
from apps.config.domain.tallies import Exposure
from apps.config.models import FeatureFlag, FlagState, FlagUsage, KeyKind, Way
from apps.config.selectors.environments import found
from apps.config.selectors.places import Place
from apps.config.services import exposing
from apps.config.services.changes import Change
from apps.config.services.configurations import create_configuration
from apps.config.services.deployments import start_deployment
from apps.config.services.environments import create_environment
from apps.config.services.flags import create_flag
from apps.config.services.guards import Guard
from apps.config.services.keys import create_environment_key
from apps.config.services.publishing import publish
from apps.config.services.requests import Proposal, create_request
from apps.config.services.rollouts import start_rollout
from apps.config.services.segments import create_segment
from apps.config.services.staleness import describe_flag_life, judge_flags, note_references
from apps.config.services.usage import add
from apps.config.services.values import Saying, say
from kernel import clock
from kernel.tenancy.context import current_tenant_id

_SEARCH = """{
  "state": "ENABLED",
  "variants": {"on": true, "off": false},
  "defaultVariant": "off",
  "targeting": {"if": [{"septet.segment": "beta"}, "on", {"fractional": [["on", %d], ["off", %d]]}]}
}"""
_DARK = """{
  "state": "ENABLED",
  "variants": {"dark": "dark", "light": "light"},
  "defaultVariant": "light",
  "targeting": {"if": [{"ends_with": [{"var": "email"}, "@example.com"]}, "dark"]}
}"""

_HOURS = 14 * 24
_PEOPLE = 600
_CHECKOUT = """{
  "state": "ENABLED",
  "variants": {"one-page": "one-page", "steps": "steps", "express": "express"},
  "defaultVariant": "steps",
  "targeting": {"fractional": [["one-page", 40], ["steps", 40], ["express", 20]]}
}"""
_BANNER = """{
  "state": "ENABLED",
  "variants": {"on": true, "off": false},
  "defaultVariant": "on"
}"""


def load() -> str:
    """Make them in the current tenant, unless it has some already."""
    if not FeatureFlag.objects.exists():
        _make()
    return f"{FeatureFlag.objects.count():,} feature flags"


def _make() -> None:
    _make_flags()
    _make_usage()
    _make_configuration()


def _make_flags() -> None:
    search = create_flag(
        key="new-search",
        description="Search the archive together with the live log",
        owner="search",
        tags=["team:search"],
    )
    dark = create_flag(
        key="dark-mode", description="Offer the dark theme to everybody", client_visible=True
    )
    beta = create_segment(key="beta", name="Beta testers", description="Who asked for new things")
    create_environment(key="production", name="Production")
    create_environment(key="staging", name="Staging")
    testers = Change(target=beta, definition='{"members": ["ann", "bob"]}')
    for environment, share in (("production", 20), ("staging", 50)):
        changes = [
            testers,
            Change(target=search, definition=_SEARCH % (share, 100 - share)),
            Change(target=dark, definition=_DARK),
        ]
        publish(environment, changes, reason="For the demo")
    publish(
        "production",
        [Change(target=search, definition=_SEARCH % (30, 70))],
        reason="No complaints from the first fifth",
    )
    _make_plans(dark, search)


def _make_plans(dark: FeatureFlag, search: FeatureFlag) -> None:
    staging = found("staging")
    create_environment_key(environment_id=str(staging.pk), name="Web shop", kind=KeyKind.CLIENT)
    start_rollout(
        flag_id=str(dark.pk),
        environment="staging",
        variant="dark",
        steps=[(10, 86_400), (50, 86_400), (100, 86_400)],
        guard=Guard(most_errors=0.05),
    )
    half = Proposal(flag_id=str(search.pk), definition=_SEARCH % (60, 40))
    create_request(title="Search for more than half", changes=[half], environment="production")


def _make_configuration() -> None:
    create_configuration(
        key="mail",
        type="object",
        merge=True,
        description="How mail is sent",
        schema='{"properties": {"port": {"type": "integer", "maximum": 65535}}}',
    )
    create_configuration(key="retry.delay", type="duration", description="Between two attempts")
    place = Place(current_tenant_id(), "production")
    said = {"mail": '{"host": "smtp.example.com", "port": 25}', "retry.delay": '"30s"'}
    say(place, [Saying(key=key, value=text) for key, text in said.items()])
    say(
        place, [Saying(key="mail", value='{"host": "smtp.example.com", "port": 587}')], reason="TLS"
    )
    billing = Place(place.tenant_id, place.environment, "billing")
    say(billing, [Saying(key="retry.delay", value='"5s"')])
    create_configuration(key="upload.parallel", type="integer", description="Parts at a time")
    say(place, [Saying(key="upload.parallel", value="2")])
    start_deployment(
        place,
        Saying(key="upload.parallel", value="4"),
        steps=[(25, 86_400), (100, 86_400)],
        reason="Twice as fast for large files",
    )


def _make_usage() -> None:
    """Let an experiment run, and a flag of last summer be forgotten."""
    checkout = create_flag(key="checkout", description="How many pages the checkout has")
    banner = create_flag(key="summer-banner", description="The banner of the summer sale")
    made = [
        Change(target=checkout, definition=_CHECKOUT),
        Change(target=banner, definition=_BANNER),
    ]
    publish("production", made, reason="For the demo")
    exposing.set_exposure_rate(id=str(checkout.pk), rate=1.0, environment="production")
    for key, shares in (
        ("checkout", {"one-page": 40, "steps": 40, "express": 20}),
        ("new-search", {"on": 30, "off": 70}),
    ):
        _ask(FlagState.objects.get(flag__key=key, environment__key="production"), shares)
    _expose(FlagState.objects.select_related("flag").get(flag=checkout))
    FeatureFlag.objects.filter(pk=banner.pk).update(created_at=clock.now() - timedelta(days=120))
    describe_flag_life(id=str(banner.pk), expected_days=60)
    note_references(
        {"summer-banner": ["shop/home.py:12", "shop/home.py:31"], "checkout": ["shop/cart.py:88"]}
    )
    judge_flags()


def _ask(state: FlagState, shares: dict[str, int]) -> None:
    """Write down more questions by day than by night."""
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    rows = []
    for ago in range(_HOURS):
        moment = hour - timedelta(hours=ago)
        busy = 20 + 12 * math.sin((moment.hour - 9) * math.pi / 12) + 3 * math.sin(7 * ago)
        rows += [
            FlagUsage(
                state=state,
                starts_at=moment,
                way=Way.SINGLE,
                variant=variant,
                reason="TARGETING_MATCH",
                evaluations=round(busy * share / 10),
            )
            for variant, share in shares.items()
        ]
    add(rows)
    FlagState.objects.filter(pk=state.pk).update(evaluated_at=clock.now())


def _expose(state: FlagState) -> None:
    """Let people get the variants, as nearly as the weights say."""
    variants = ["one-page"] * 4 + ["steps"] * 4 + ["express"] * 2
    people = [
        Exposure("checkout", state.number, variants[(person * 7) % 10], SPACE // _PEOPLE * person)
        for person in range(1, _PEOPLE)
    ]
    with transaction.atomic():
        exposing.write(state.environment_id, people, {"checkout": state}, clock.now())
