"""What Kustomize makes of docker/kubernetes: valid, closed, and told what the platform knows."""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from kernel.observability.port import VIEWS
from kernel.services import BY_NAME
from tests.docker.image import ROOT, dockerfile, unknown
from tests.docker.tools import kubernetes_validate

pytestmark = pytest.mark.live

OVERLAYS = ("standard", "split")
#: What the secret is to hold, as settings.env says.
SECRET = {
    *("DATABASE_URL", "DATABASE_SYSTEM_URL", "REDIS_URL", "CELERY_BROKER_URL"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
}


@cache
def built(overlay: str) -> str:
    """Return the manifests that kubectl would apply."""
    if kubectl := shutil.which("kubectl"):
        command = [kubectl, "kustomize"]
    elif kustomize := shutil.which("kustomize"):
        command = [kustomize, "build"]
    else:
        pytest.skip("neither kubectl nor kustomize is here")
    folder = ROOT / "docker" / "kubernetes" / overlay
    told = subprocess.run(
        [*command, folder], capture_output=True, text=True, timeout=60, check=False
    )
    assert told.returncode == 0, told.stderr
    return told.stdout


def objects(overlay: str, kind: str) -> dict[str, dict[str, Any]]:
    """Return those of a kind by name."""
    found = yaml.safe_load_all(built(overlay))
    return {one["metadata"]["name"]: one for one in found if one["kind"] == kind}


def told_settings(overlay: str) -> dict[str, str]:
    """Return the settings that are no secret, under whatever name."""
    (one,) = objects(overlay, "ConfigMap").values()
    found: dict[str, str] = one["data"]
    return found


def pods(overlay: str) -> dict[str, dict[str, Any]]:
    """Return the templates of pods, by the name of what makes them."""
    made = objects(overlay, "Deployment") | objects(overlay, "Job")
    return {name: one["spec"]["template"] for name, one in made.items()}


def container(pod: dict[str, Any]) -> dict[str, Any]:
    (one,) = pod["spec"]["containers"]
    found: dict[str, Any] = one
    return found


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Say whether a selector of labels takes these."""
    wanted = selector.get("matchLabels", selector if "matchExpressions" not in selector else {})
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        labels.get(one["key"]) in one["values"] for one in selector.get("matchExpressions", [])
    )


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_schemas_of_kubernetes_take_what_is_made(overlay: str, tmp_path: Path) -> None:
    file = tmp_path / "made.yaml"
    file.write_text(built(overlay))

    told = subprocess.run(
        [*kubernetes_validate(), file], capture_output=True, text=True, timeout=300, check=False
    )

    assert told.returncode == 0, told.stdout
    wrong = built(overlay).replace("maxUnavailable: 1", "maxUnavailableX: 1", 1)
    file.write_text(wrong)
    again = subprocess.run([*kubernetes_validate(), file], capture_output=True, check=False)
    assert again.returncode != 0


def test_standard_is_one_web_process_and_split_is_the_seven_behind_a_gateway() -> None:
    background = {"worker", "relay", "consume"}

    assert set(objects("standard", "Deployment")) == {"web", *background}
    assert set(objects("split", "Deployment")) == {
        *(f"{name}-web" for name in BY_NAME),
        *background,
        "gateway",
    }
    for overlay in OVERLAYS:
        assert set(objects(overlay, "Job")) == {"migrate", "topics"}
    for name in BY_NAME:
        told = {one["name"]: one.get("value") for one in _environment("split", f"{name}-web")}
        assert told["SERVICES"] == name


def _environment(overlay: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = container(pods(overlay)[name]).get("env", [])
    return found


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_variable_is_a_setting(overlay: str) -> None:
    settings = told_settings(overlay)
    assert unknown([*settings, *SECRET]) == set()
    # A secret stands in the secret, and nowhere else.
    assert not SECRET & set(settings)
    for name in pods(overlay):
        told = _environment(overlay, name)
        # Variables of which others are made.
        parts = {one["name"] for one in told if f"$({one['name']})" in str(told)}
        assert unknown({one["name"] for one in told} - parts) == set(), name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_pod_has_no_more_rights_than_it_needs(overlay: str) -> None:
    for name, pod in pods(overlay).items():
        spec, one = pod["spec"], container(pod)
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert one["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in one["resources"]["limits"], name
        if one["image"].startswith("septet:"):
            assert str(spec["securityContext"]["runAsUser"]) == dockerfile().user
            mounts = {mount["mountPath"] for mount in one["volumeMounts"]}
            assert mounts == {dockerfile().environment["DATA_DIR"], "/tmp"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_process_is_asked_where_it_answers_and_has_time_to_end(overlay: str) -> None:
    told = told_settings(overlay)
    drain, stop = (int(told[name].removesuffix("s")) for name in ("DRAIN_TIME", "STOP_TIMEOUT"))

    for name in objects(overlay, "Deployment").keys() - {"gateway"}:
        pod = pods(overlay)[name]
        one = container(pod)
        ports = {port["name"]: port["containerPort"] for port in one["ports"]}
        assert str(ports["operations"]) == told["OPERATIONS_PORT"]
        for probe in ("startup", "readiness", "liveness"):
            asked = one[f"{probe}Probe"]["httpGet"]
            assert asked["path"] in VIEWS
            assert asked["port"] == "operations"
        # A dead database makes nobody start again, and a draining process is not killed.
        assert one["livenessProbe"]["httpGet"]["path"] == "/health/live"
        ready = one["readinessProbe"]
        assert ready["httpGet"]["path"] == "/health/ready"
        assert ready["periodSeconds"] * ready["failureThreshold"] < drain
        assert pod["spec"]["terminationGracePeriodSeconds"] > drain + stop + 6


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_services_budgets_and_scalers_find_their_pods(overlay: str) -> None:
    deployments = objects(overlay, "Deployment")
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(overlay).items()}

    for name, budget in objects(overlay, "PodDisruptionBudget").items():
        taken = {one for one, had in labels.items() if selects(budget["spec"]["selector"], had)}
        assert taken == {name}
    assert set(objects(overlay, "PodDisruptionBudget")) == set(deployments)
    for scaler in objects(overlay, "HorizontalPodAutoscaler").values():
        assert scaler["spec"]["scaleTargetRef"]["name"] in deployments
        assert scaler["spec"]["minReplicas"] >= 2
    for name, service in objects(overlay, "Service").items():
        taken = {one for one, had in labels.items() if selects(service["spec"]["selector"], had)}
        assert len(taken) == 1, name
        (port,) = service["spec"]["ports"]
        inside = {one["name"] for one in container(pods(overlay)[taken.pop()])["ports"]}
        assert port["targetPort"] in inside


def test_split_processes_find_each_other_by_headless_services() -> None:
    told = told_settings("split")
    services = objects("split", "Service")

    found = dict(one.split("=") for one in told["SERVICE_URLS"].split(","))
    assert found == {name: f"dns+http://{name}-web:8000" for name in BY_NAME}
    for name in BY_NAME:
        assert services[f"{name}-web"]["spec"]["clusterIP"] == "None"
        assert services[name]["spec"]["selector"]["app.kubernetes.io/component"] == name
    assert set(BY_NAME) <= set(told["ALLOWED_HOSTS"].split(","))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nobody_reaches_a_pod_but_who_is_named(overlay: str) -> None:
    policies = objects(overlay, "NetworkPolicy")
    assert "ingress" not in policies["nobody"]["spec"]
    for name, pod in pods(overlay).items():
        assert selects(policies["nobody"]["spec"]["podSelector"], pod["metadata"]["labels"]), name
    for name in objects(overlay, "Deployment").keys() & {"worker", "relay", "consume"}:
        reached = [
            key
            for key, policy in policies.items()
            if selects(policy["spec"]["podSelector"], pods(overlay)[name]["metadata"]["labels"])
        ]
        assert reached == ["nobody", "out", "watch"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_pod_is_another_one_when_a_setting_is(overlay: str) -> None:
    (name,) = objects(overlay, "ConfigMap")
    processes = pods(overlay).keys() - {"gateway"}

    # Its name has a hash of what is in it.
    assert re.fullmatch(r"settings-\w{10}", name)
    for one in processes:
        read = [
            source["configMapRef"]["name"]
            for source in container(pods(overlay)[one])["envFrom"]
            if "configMapRef" in source
        ]
        assert read == [name], one


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nobody_asks_what_a_cloud_tells_its_machines(overlay: str) -> None:
    policies = [one["spec"] for one in objects(overlay, "NetworkPolicy").values()]
    (out,) = [one for one in policies if "Egress" in one["policyTypes"]]

    for name, pod in pods(overlay).items():
        assert selects(out["podSelector"], pod["metadata"]["labels"]), name
    blocks = [to["ipBlock"] for one in out["egress"] for to in one.get("to", []) if "ipBlock" in to]
    assert {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]} in blocks
    names = [one["ports"] for one in out["egress"] if "to" not in one]
    assert names == [[{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]]


def test_the_ingress_leads_each_path_to_its_service_and_none_past_the_gateway() -> None:
    (rule,) = objects("split", "Ingress")["septet"]["spec"]["rules"]
    paths = {one["path"]: one["backend"]["service"]["name"] for one in rule["http"]["paths"]}

    assert paths == {
        "/graphql": "gateway",
        "/ofrep/v1/": "config",
        "/": "audit",
        **{f"/{name}/graphql": "gateway" for name in BY_NAME},
        **{f"/{name}/": name for name in BY_NAME},
        **{f"/admin/{name}/": name for name in BY_NAME},
        **{f"/static/{name}/": name for name in BY_NAME},
    }
    assert set(paths.values()) <= set(objects("split", "Service"))
