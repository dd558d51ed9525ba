"""The container files agree with the catalogue, and ask for no more rights than they need."""

import re

import pytest
import yaml

from kernel.services import BY_NAME
from tests.docker.image import ROOT, compose, dockerfile


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
