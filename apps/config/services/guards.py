"""Guards of what goes by steps, rollouts and deployments: what undoes it when it goes badly."""

from collections.abc import Callable
from dataclasses import dataclass

from apps.config.adapters import prometheus
from apps.config.models import ConfigurationDeployment, RolloutPlan
from kernel.errors import InvalidInputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What undoes it: a share of errors among outcomes, or a metric, that is too large."""

    most_errors: float | None = None
    least_outcomes: int = 100
    query_url: str = ""
    query: str = ""
    most_value: float | None = None

    def check(self) -> None:
        """Raise InvalidInputError for a guard that cannot be."""
        if len({bool(self.query_url), bool(self.query), self.most_value is not None}) > 1:
            raise InvalidInputError("queryUrl, query and mostValue go together")
        if self.most_errors is not None and not 0 <= self.most_errors <= 1:
            raise InvalidInputError(f"mostErrors is a share, 0 to 1: found {self.most_errors}")


def struck(
    plan: RolloutPlan | ConfigurationDeployment, errors: Callable[[], tuple[int, float]]
) -> str:
    """Return why a guard says that a plan goes badly, or nothing.

    `errors` gives the outcomes of its step, and the share of errors among them; it is asked only
    where the guard looks at that. Raises what asking Prometheus does.
    """
    if plan.most_errors is not None:
        outcomes, share = errors()
        if outcomes >= plan.least_outcomes and share > plan.most_errors:
            return f"{share:.2%} of {outcomes} outcomes are errors, at most {plan.most_errors:.2%}"
    if plan.most_value is not None:
        value = prometheus.ask(plan.query_url, plan.query)
        if value is not None and value > plan.most_value:
            return f"the metric is {value:g}, at most {plan.most_value:g}"
    return ""
