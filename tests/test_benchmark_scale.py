"""docs/scale.md is what the measured numbers and the simulation give."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
scale_plan = pytest.importorskip("scale_plan", reason="the benchmarks are not part of this distribution")
scale_page = pytest.importorskip("scale_page")

RESULT = json.loads((ROOT / "benchmarks" / "results" / "scale.json").read_text("utf-8"))
MEASURED = RESULT["measured"]


def test_the_simulation_gives_the_committed_plan_again():
    assert json.loads(json.dumps(scale_plan.plans(MEASURED, RESULT["seed"]))) == RESULT["plans"]


def test_the_page_is_up_to_date():
    assert (ROOT / "docs" / "scale.md").read_text("utf-8") == scale_page.page(RESULT)


def test_core_hours_cannot_be_fewer_than_the_work():
    plan, mean = RESULT["plans"]["million"], RESULT["plans"]["million"]["mean"]
    assert plan["core_hours"] >= plan["pictures_a_day"] * mean["core_seconds"] / 3600
    assert 0.3 < plan["utilisation"] <= 1
    assert abs(plan["made"] - plan["pictures_a_day"]) < 0.02 * plan["pictures_a_day"]


def test_a_day_with_few_nodes_leaves_pictures_and_one_with_slow_drivers_too():
    base = scale_plan.Assumed()
    enough = scale_plan.simulated(MEASURED, base)
    few = scale_plan.simulated(MEASURED, replace(base, day=20 * base.day, most_nodes=1))
    slow = scale_plan.simulated({**MEASURED, "driver_ms": 500.0}, base, drivers=1)
    assert enough["left_at_the_end"] < 10_000
    assert few["left_at_the_end"] > 100_000
    assert slow["left_at_the_end"] > 100_000


def test_nodes_that_fail_make_work_again():
    many = replace(scale_plan.Assumed(), day=20_000_000, most_nodes=100)  # a single node is never lost
    calm = scale_plan.simulated(MEASURED, replace(many, node_hours=1e9))
    rough = scale_plan.simulated(MEASURED, replace(many, node_hours=5.0))
    assert (calm["nodes_failed"], calm["made_again"]) == (0, 0)
    assert rough["made_again"] == rough["nodes_failed"] * rough["at_a_time_on_a_node"] > 0


def test_limits_of_the_manifests_hold_two_jobs_of_the_largest_verb():
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    documents = list(yaml.safe_load_all((ROOT / "examples" / "serving" / "kubernetes.yaml").read_text("utf-8")))
    limit = documents[1]["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"]
    largest = max(row["mebibytes"] for row in MEASURED["verbs"])
    assert limit.endswith("Gi")
    load = json.loads((ROOT / "benchmarks" / "results" / "load.json").read_text("utf-8"))
    assert 1024 * int(limit[:-2]) >= 2 * largest + load["memory_mib"]["largest"]  # of the server with its uploads
