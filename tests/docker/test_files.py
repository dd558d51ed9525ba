"""The container files agree with the catalogue, and ask for no more rights than they need."""

import re
from urllib.parse import urlsplit

import pytest
import yaml

from kernel.services import BY_NAME
from tests.docker.image import ROOT, compose, dockerfile, services_of, unknown


def test_the_image_listens_for_others_and_runs_as_nobody_special() -> None:
    image = dockerfile()

    assert image.environment["HOST"] == "0.0.0.0"
    assert image.user == "10001"
    assert image.command == ["serve"]


def test_split_each_service_is_a_process_at_its_own_port() -> None:
    found = {
        service["environment"]["SERVICES"]: service["ports"]
        for service in compose("compose.split.yaml").values()
        if "ports" in service
    }

    inside = dockerfile().environment["PORT"]
    assert found == {
        name: [f"127.0.0.1:{service.port}:{inside}"] for name, service in BY_NAME.items()
    }


def test_split_each_process_knows_where_all_seven_are() -> None:
    inside = dockerfile().environment["PORT"]

    for service in compose("compose.split.yaml").values():
        told = service["environment"]["SERVICE_URLS"].split(",")

        assert {each.strip() for each in told} == {
            f"{name}=http://{name}:{inside}" for name in BY_NAME
        }
        assert set(BY_NAME) <= set(service["environment"]["ALLOWED_HOSTS"].split(","))


@pytest.mark.parametrize("name", ["compose.yaml", "compose.split.yaml"])
def test_every_variable_that_a_container_is_told_is_a_setting(name: str) -> None:
    for key, service in compose(name).items():
        assert unknown(service["environment"]) == set(), key


@pytest.mark.parametrize("name", ["compose.yaml", "compose.split.yaml"])
def test_who_is_no_web_process_is_asked_at_the_port_for_operations(name: str) -> None:
    services = compose(name)
    inside = dockerfile().environment["PORT"]

    for key in ("worker", "relay", "consume"):
        assert services[key]["environment"]["OPERATIONS_PORT"] == inside
    for key in ("migrate", "topics"):
        assert services[key]["healthcheck"] == {"disable": True}
        assert services[key]["restart"] == "no"
    waiting = services.keys() - {"septet", "migrate", "topics"}
    for key in waiting:
        for job in ("migrate", "topics"):
            told = services[key]["depends_on"][job]
            assert told == {"condition": "service_completed_successfully"}


def test_the_collector_sends_to_that_of_signoz_which_asks_whom_prometheus_asks() -> None:
    services = services_of("compose.signoz.yaml")
    sends = services_of("compose.traces.yaml")["collector"]["environment"]["SIGNOZ_ENDPOINT"]
    told = yaml.safe_load((ROOT / "docker" / "signoz" / "collector.yaml").read_text())
    store = urlsplit(
        services["signoz"]["environment"]["SIGNOZ_TELEMETRYSTORE_CLICKHOUSE_DSN"]
    ).hostname

    host, port = sends.removeprefix("${SIGNOZ_ENDPOINT:-").removesuffix("}").split(":")
    assert host in services
    assert told["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"] == f"0.0.0.0:{port}"
    prometheus = yaml.safe_load((ROOT / "docker" / "prometheus" / "prometheus.yml").read_text())
    asked = told["receivers"]["prometheus"]["config"]["scrape_configs"]
    assert asked == prometheus["scrape_configs"]
    assert store in services
    for exporter in told["exporters"].values():
        assert urlsplit(exporter.get("dsn") or exporter["datasource"]).hostname == store
    for pipeline in told["service"]["pipelines"].values():
        for kind, names in pipeline.items():
            assert set(names) <= told[kind].keys(), kind


@pytest.mark.parametrize("name", ["compose.yaml", "compose.split.yaml"])
def test_a_container_can_write_to_its_volume_only(name: str) -> None:
    for service in compose(name).values():
        assert service["read_only"] is True
        assert service["volumes"] == [f"data:{dockerfile().environment['DATA_DIR']}"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_collector_of_traces_is_made_of_parts_that_are_there() -> None:
    (collector,) = compose("compose.traces.yaml", ours=False).values()
    told = yaml.safe_load((ROOT / "docker" / "otel" / "collector.yaml").read_text())

    mounted = {one.split(":")[1]: one.split(":")[0] for one in collector["volumes"]}
    asked = collector["command"][0].removeprefix("--config=")
    assert (ROOT / "docker" / mounted[asked]).samefile(ROOT / "docker" / "otel" / "collector.yaml")
    for pipeline in told["service"]["pipelines"].values():
        for kind, names in pipeline.items():
            assert set(names) <= told[kind].keys(), kind
    wanted = set(re.findall(r"\$\{env:(\w+)\}", yaml.safe_dump(told)))
    assert wanted == set(collector["environment"])
    # What each process is to be told, so that it sends there.
    for service in compose("compose.split.yaml").values():
        assert {"OTEL_EXPORTER_OTLP_ENDPOINT", "TRACE_SHARE"} <= service["environment"].keys()
