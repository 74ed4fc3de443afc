"""The manifests in examples/serving.

What checks them: ``compose.yaml`` the JSON schema that the package docker-compose (1.29.2) has, by jsonschema;
``kubernetes.yaml`` the package kubernetes-validate, by the schemas of Kubernetes; both are skipped where these are not
installed. ``raycluster.yaml`` and the rules below (not as root, nothing to write but volumes, probes, limits) are
checked by their fields alone.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")

HERE = Path(__file__).parents[1] / "examples" / "serving"


def documents(name):
    return list(yaml.safe_load_all((HERE / name).read_text("utf-8")))


def pods():
    """The pod specifications of all manifests, by name."""
    found = {each["metadata"]["name"]: each["spec"]["template"]["spec"] for each in documents("kubernetes.yaml")[1:2]}
    cluster = documents("raycluster.yaml")[0]["spec"]
    found["head"] = cluster["headGroupSpec"]["template"]["spec"]
    return found | {group["groupName"]: group["template"]["spec"] for group in cluster["workerGroupSpecs"]}


def studio_words():
    """The commands of the studio in the manifests and the image."""
    container = documents("kubernetes.yaml")[1]["spec"]["template"]["spec"]["containers"][0]
    image = next(line for line in (HERE / "Dockerfile").read_text().splitlines() if line.startswith("CMD"))
    return [container["args"], documents("compose.yaml")[0]["services"]["studio"]["command"], json.loads(image[4:])]


def bytes_of(text):
    return int(text[:-2]) * {"Mi": 2**20, "Gi": 2**30}[text[-2:]]


def test_compose_by_the_schema_of_docker_compose():
    jsonschema = pytest.importorskip("jsonschema")
    place = find_spec("compose")
    if place is None or place.origin is None:
        pytest.skip("docker-compose, which has the schema, is not installed")
    schema = json.loads((Path(place.origin).parent / "config" / "compose_spec.json").read_text("utf-8"))
    jsonschema.validate(documents("compose.yaml")[0], schema)


def test_kubernetes_by_its_schemas():
    validator = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    for document in documents("kubernetes.yaml"):
        validator.validate(document, validator.latest_version(), strict=True)


@pytest.mark.parametrize("name", ["calotype-studio", "head", "pictures"])
def test_pods_are_not_root_and_write_to_volumes_alone(name):
    pod = pods()[name]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    volumes = {volume["name"] for volume in pod["volumes"]}
    for container in pod["containers"]:
        rules = container["securityContext"]
        assert rules["readOnlyRootFilesystem"] is True
        assert rules["allowPrivilegeEscalation"] is False
        assert rules["capabilities"] == {"drop": ["ALL"]}
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
        assert "/tmp" in [mount["mountPath"] for mount in container["volumeMounts"]]
        assert bytes_of(container["resources"]["limits"]["memory"]) >= bytes_of(
            container["resources"]["requests"]["memory"]
        )


def test_the_service_of_compose_is_not_root_and_writes_to_volumes_alone():
    service = documents("compose.yaml")[0]["services"]["studio"]
    assert service["read_only"] is True
    assert not service["user"].startswith("0")
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "/readyz" in service["healthcheck"]["test"][-1]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_probes_are_routes_of_the_studio():
    security = pytest.importorskip("calotype.studio.security")
    container = pods()["calotype-studio"]["containers"][0]
    paths = {container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert paths == security.PROBES


def test_commands_are_understood():
    from calotype.cli.app import command

    studio = command().commands["studio"]
    for words in studio_words():
        assert words[:2] == ["calotype", "studio"]
        studio.make_context("studio", list(words[2:]))


def test_a_ray_cluster_has_the_fields_that_its_operator_reads():
    cluster = documents("raycluster.yaml")[0]
    assert (cluster["apiVersion"], cluster["kind"]) == ("ray.io/v1", "RayCluster")
    assert cluster["spec"]["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    (group,) = cluster["spec"]["workerGroupSpecs"]
    assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    pinned = (Path(__file__).parents[1] / "constraints.txt").read_text("utf-8")
    assert f"ray=={cluster['spec']['rayVersion']}\n" in pinned
