"""A plan for many pictures a day, simulated minute by minute from measured seconds, memory and bytes.

Arrivals follow the day and are random (Poisson). A picture waits in one queue for a core; nodes are asked for by the
length of the queue, take minutes to start, and fail; what a failed node worked on is made again. A driver, the command
``calotype VERB FOLDER --on ray``, sends photos to the nodes and writes the results, which takes its time for each.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

DAY = 24 * 60  # minutes


@dataclass(frozen=True)
class Assumed:
    """What is not measured.

    Attributes:
        day: pictures a day.
        peak: arrivals of the busiest minute, times the mean.
        large: share of the pictures at 1000 pixels; the others have 250.
        mix: share of each verb.
        cores: of a node.
        gib: memory of a node.
        start: minutes until a new node works.
        idle: minutes without need after which a node is given back.
        wait: minutes in which the queue is to be empty, for which nodes are asked.
        most_nodes: that the provider gives.
        node_hours: mean hours until a node fails.
        crash: chance that a process dies on a picture.
        attempts: times that a picture is tried.
        kept_days: days that results are kept.
        price: of a core-hour, US dollars.
        gigabyte_month: price of a gigabyte of storage for a month, US dollars.
    """

    day: int = 1_000_000
    peak: float = 2.0
    large: float = 0.1
    mix: tuple[tuple[str, float], ...] = (
        ("vary", 0.3),
        ("retarget", 0.15),
        ("erase", 0.25),
        ("expand", 0.1),
        ("stylize", 0.05),
        ("segment", 0.05),
        ("edges", 0.1),
    )
    cores: int = 16
    gib: int = 64
    start: int = 3
    idle: int = 10
    wait: int = 5
    most_nodes: int = 2
    node_hours: float = 200.0
    crash: float = 1e-4
    attempts: int = 3
    kept_days: int = 7
    price: float = 0.04
    gigabyte_month: float = 0.02


def of_mix(measured: dict[str, Any], assumed: Assumed) -> dict[str, float]:
    """Means of a picture of the mix: core-seconds, bytes in and out; and the memory of its largest."""
    rows = {(row["verb"], row["side"]): row for row in measured["verbs"]}
    seconds = read = written = 0.0
    for verb, share in assumed.mix:
        for side, part in ((250, 1 - assumed.large), (1000, assumed.large)):
            row = rows[verb, side]
            seconds += share * part * row["seconds"]
            read += share * part * row["bytes_in"]
            written += share * part * row["bytes_out"]
    largest = max(rows[verb, side]["mebibytes"] for verb, _ in assumed.mix for side in (250, 1000))
    return {"core_seconds": seconds, "bytes_in": read, "bytes_out": written, "mebibytes": largest}


def arrivals(assumed: Assumed, rng: np.random.Generator) -> np.ndarray:
    """Pictures in each minute of a day; fewest at 4, most at 16 o'clock."""
    swing = 1 - (assumed.peak - 1) * np.cos(2 * math.pi * (np.arange(DAY) - 240) / DAY)
    return rng.poisson(assumed.day / DAY * swing / swing.mean())


def simulated(measured: dict[str, Any], assumed: Assumed, seed: int = 0, drivers: int | None = None) -> dict[str, Any]:
    """A day, which begins with the nodes that a day before it ended with, and an empty queue.

    Args:
        measured: as ``scale.py`` writes it.
        assumed: everything else.
        seed: of arrivals and failures.
        drivers: that share the pictures; ``None``: as many as are needed at the peak.
    """
    rng = np.random.default_rng(seed)
    mean = of_mix(measured, assumed)
    slots = min(assumed.cores, int(assumed.gib * 1024 * 0.8 // mean["mebibytes"]))  # at a time on a node
    rate = 60 / mean["core_seconds"]  # pictures a minute of a slot
    driver_rate = 60_000 / measured["driver_ms"]
    needed = math.ceil(assumed.peak * assumed.day / DAY / driver_rate)
    drivers = needed if drivers is None else drivers
    nodes, starting, idle, queue = 1, [], 0, 0.0
    waited: list[float] = []
    lengths: list[float] = []
    counts: list[int] = []
    node_minutes = node_failures = made_again = made = 0.0
    for day in range(2):
        queue = 0.0  # what the first day leaves is not counted in the second
        for arrived in arrivals(assumed, rng):
            nodes += sum(left == 0 for left in starting)
            starting = [left - 1 for left in starting if left > 0]
            failed = min(int(rng.binomial(nodes, 1 / (60 * assumed.node_hours))), nodes - 1)
            nodes -= failed
            again = failed * slots
            queue += arrived + again
            done = min(queue, nodes * slots * rate, drivers * driver_rate)
            queue -= done
            wanted = math.ceil((arrived + queue / assumed.wait) / (slots * rate) * 1.1)
            wanted = min(max(wanted, 1), assumed.most_nodes)
            if wanted > nodes + len(starting):
                starting += [assumed.start] * (wanted - nodes - len(starting))
                idle = 0
            elif wanted < nodes:
                idle += 1
                if idle >= assumed.idle:
                    nodes, idle = nodes - 1, assumed.idle - 1
            else:
                idle = 0
            if day == 1:
                node_minutes += nodes + len(starting)
                node_failures += failed
                made_again += again
                made += done
                counts.append(nodes)
                lengths.append(queue)
                waited.append(queue / max(done, 1e-9))
    core_hours = node_minutes * assumed.cores / 60
    stored = assumed.kept_days * assumed.day * mean["bytes_out"]
    cost = core_hours * assumed.price
    return {
        "pictures_a_day": assumed.day,
        "mean": {key: round(value, 3) for key, value in mean.items()},
        "at_a_time_on_a_node": slots,
        "nodes": {"fewest": min(counts), "most": max(counts), "mean": round(float(np.mean(counts)), 1)},
        "drivers": drivers,
        "drivers_needed": needed,
        "core_hours": round(core_hours),
        "utilisation": round(assumed.day * mean["core_seconds"] / 3600 / core_hours, 3),
        "wait_minutes": {"median": _share(waited, 0.5), "p99": _share(waited, 0.99), "longest": round(max(waited), 1)},
        "queue_longest": round(max(lengths)),
        "left_at_the_end": round(lengths[-1]),
        "made": round(made),
        "nodes_failed": int(node_failures),
        "node_failures_expected": round(float(np.mean(counts)) * 24 / assumed.node_hours, 2),
        "made_again": int(made_again),
        "expected_failures": assumed.day * assumed.crash**assumed.attempts,
        "gigabytes": {
            "read_a_day": round(assumed.day * mean["bytes_in"] / 1e9, 1),
            "written_a_day": round(assumed.day * mean["bytes_out"] / 1e9, 1),
            "kept": round(stored / 1e9, 1),
        },
        "megabytes_a_second_at_peak": round(
            assumed.peak * assumed.day / 86400 * (mean["bytes_in"] + mean["bytes_out"]) / 1e6, 1
        ),
        "cost": {
            "cores_a_day": round(cost, 2),
            "storage_a_month": round(stored / 1e9 * assumed.gigabyte_month, 2),
            "a_thousand_pictures": round(1000 * cost / assumed.day, 4),
        },
    }


def _share(values: list[float], share: float) -> float:
    return round(sorted(values)[int(share * (len(values) - 1))], 2)


def plans(measured: dict[str, Any], seed: int) -> dict[str, Any]:
    """A million a day; ten times that with the same nodes and drivers, and with what it needs."""
    base = Assumed()
    million = simulated(measured, base, seed)
    ten = Assumed(day=10 * base.day)
    unlimited = Assumed(day=10 * base.day, most_nodes=1000)
    return {
        "assumed": asdict(base),
        "million": million,
        "ten_times_unchanged": simulated(measured, ten, seed, drivers=million["drivers"]),
        "ten_times_one_driver": simulated(measured, unlimited, seed, drivers=million["drivers"]),
        "ten_times_enough": simulated(measured, unlimited, seed),
    }
