"""``docs/scale.md``, written from a result of ``scale.py``."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

# Digits of the costs.
_COSTS = {"cores_a_day": 2, "storage_a_month": 2, "a_thousand_pictures": 3}
_PLANS = ("million", "ten_times_unchanged", "ten_times_one_driver", "ten_times_enough")
_TEXT = """\
# A million pictures a day

This page is written by `python benchmarks/scale.py --page` from `benchmarks/results/scale.json`; do not edit it.
Seconds, memory and bytes are measured. What a provider does and charges is assumed, and listed below. Prices are in US
dollars.

## Measured: one picture on one core

{measured}

Measured in a process that has been started, with one thread; {machine}. The memory includes torch and all imports.
The driver, the command `calotype VERB FOLDER --on ray`, sends photos to the nodes and writes the results. It takes
{driver_ms:.1f} ms to write, synchronise and record one result: {driver_rate:.0f} pictures a second for each driver.

## Assumed

{assumptions}

## The plan

A picture of this mix takes {core_seconds:.2f} core-seconds and at most {mebibytes:.0f} MiB, so a node works on {slots}
at a time. A day is simulated minute by minute (`benchmarks/scale_plan.py`). It begins with an empty queue and with the
nodes that a day before it ended with.

{plan}

## Queue and autoscaling

There is one queue. A Ray task is one picture with one core and its estimated memory ([cluster.md](cluster.md)). New
nodes are asked for so that the queue is empty in {wait} minutes. They take {start} minutes to start, and are given back
after {idle} idle minutes. Over the day there are {nodes[fewest]} to {nodes[most]} nodes, and {utilisation:.0%} of the
paid core-hours are work. A picture waits {wait_minutes[median]} minutes in the median minute and
{wait_minutes[longest]} in the worst. In Ray these are `minReplicas`, `maxReplicas` and `enableInTreeAutoscaling` of
`examples/serving/raycluster.yaml`.

## Storage

A day has {gigabytes[read_a_day]} GB of photos and {gigabytes[written_a_day]} GB of results. At the peak
{megabytes_a_second_at_peak} MB/s go through the machine of the driver. Results of {kept_days} days are
{gigabytes[kept]} GB. The manifest of a folder has one line a picture; give each driver a folder of its own, by hour and
part.

## Failure budget

{node_failures_expected} failures of a node a day are expected; in the simulated day there are {nodes_failed}, and
{made_again} pictures are begun again, {again_share:.4%} of the work. A process dies on one picture in {crash_one_in}.
Each is tried {attempts} times, so {expected_failures:.6f} pictures a day are expected to fail by chance. What fails
beyond that is a bad photo, which the manifest names. When the driver itself dies nothing is lost: the same command
makes what is missing (`benchmarks/crashes.py`, `benchmarks/chaos.py`).

## Cost

{core_hours} core-hours a day at {price} each are {cores_a_day}, or {a_thousand_pictures} for a thousand pictures.
Storage is {storage_a_month} a month.

## Where it breaks at ten times the load

{breaks}
"""


def page(result: dict[str, Any]) -> str:
    """The whole page."""
    plans, measured = result["plans"], result["measured"]
    assumed, million = plans["assumed"], plans["million"]
    text = _TEXT.format(
        **{key: assumed[key] for key in ("wait", "start", "idle", "kept_days", "attempts")},
        price=_dollars(assumed["price"], 2),
        **{key: _dollars(million["cost"][key], digits) for key, digits in _COSTS.items()},
        **{key: value for key, value in million.items() if key not in ("mean", "core_hours", "gigabytes")},
        core_hours=_number(million["core_hours"]),
        gigabytes={key: _number(value) for key, value in million["gigabytes"].items()},
        **million["mean"],
        measured=_measured(measured["verbs"]),
        machine=f"{result['machine']['cpu']}, torch {result['versions']['torch']}, commit {str(result['commit'])[:7]}",
        driver_ms=measured["driver_ms"],
        driver_rate=1000 / measured["driver_ms"],
        assumptions=_table("what | value", _assumptions(assumed)),
        slots=million["at_a_time_on_a_node"],
        plan=_table(
            "a day | 1,000,000 | ten times, nothing changed | ten times, more nodes only | ten times, what it needs",
            _plan_rows([plans[name] for name in _PLANS]),
        ),
        again_share=million["made_again"] / million["pictures_a_day"],
        crash_one_in=_number(round(1 / assumed["crash"])),
        breaks=_breaks(plans),
    )
    blocks = text.rstrip().split("\n\n")
    return "\n\n".join(block if block.startswith(("#", "|")) else _filled(block) for block in blocks) + "\n"


def _filled(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 120, break_long_words=False, break_on_hyphens=False)


def _table(header: str, rows: Iterable[Iterable[object]]) -> str:
    titles = [title.strip() for title in header.split("|")]
    rule = ["---", *["---:"] * (len(titles) - 1)]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in (titles, rule, *rows))


def _measured(rows: list[dict[str, Any]]) -> str:
    cells = (
        (
            row["verb"],
            row["side"],
            f"{row['seconds']:.2f}",
            row["mebibytes"],
            *map(_kb, (row["bytes_in"], row["bytes_out"])),
        )
        for row in rows
    )
    return _table("verb | pixels | CPU seconds | memory, MiB | photo, kB | result, kB", cells)


def _number(value: float) -> str:
    return f"{value:,}"


def _dollars(value: float, digits: int = 0) -> str:
    return f"${value:,.{digits}f}"


def _kb(size: float) -> str:
    return f"{size / 1000:.0f}"


def _assumptions(assumed: dict[str, Any]) -> list[tuple[str, object]]:
    return [
        ("mix of verbs", ", ".join(f"{verb} {share:.0%}" for verb, share in assumed["mix"])),
        ("at 1000 pixels, the others at 250", f"{assumed['large']:.0%}"),
        ("busiest minute, times the mean", assumed["peak"]),
        ("a node", f"{assumed['cores']} cores, {assumed['gib']} GiB"),
        ("most nodes", assumed["most_nodes"]),
        ("mean hours until a node fails", assumed["node_hours"]),
        ("chance that a process dies on a picture", assumed["crash"]),
        ("price of a core-hour", _dollars(assumed["price"], 2)),
        ("price of a gigabyte for a month", _dollars(assumed["gigabyte_month"], 2)),
    ]


def _plan_rows(plans: list[dict[str, Any]]) -> list[list[object]]:
    return [
        ["nodes, most (mean)", *(f"{one['nodes']['most']:,} ({one['nodes']['mean']:,})" for one in plans)],
        ["drivers", *(f"{one['drivers']} of {one['drivers_needed']} needed" for one in plans)],
        ["core-hours", *(_number(one["core_hours"]) for one in plans)],
        ["pictures made", *(_number(one["made"]) for one in plans)],
        ["longest wait, minutes", *(_number(one["wait_minutes"]["longest"]) for one in plans)],
        ["left in the queue at the end", *(_number(one["left_at_the_end"]) for one in plans)],
        ["MB/s at the peak", *(one["megabytes_a_second_at_peak"] for one in plans)],
        ["cost of the cores", *(_dollars(one["cost"]["cores_a_day"]) for one in plans)],
    ]


def _breaks(plans: dict[str, Any]) -> str:
    unchanged, nodes_only, enough = (plans[name] for name in _PLANS[1:])
    most, drivers, left = plans["assumed"]["most_nodes"], nodes_only["drivers"], nodes_only["left_at_the_end"]
    if left > nodes_only["pictures_a_day"] // 100:
        second = (
            f"More nodes alone do not help. {_drivers(drivers)} cannot write what comes back, and {left:,} pictures "
            f"are left. The queue then asks for {nodes_only['nodes']['most']:,} nodes that have nothing to do, for "
            f"{_dollars(nodes_only['cost']['cores_a_day'])} a day: limit the nodes to what the drivers can take"
        )
    else:
        second = f"More nodes are enough for {_drivers(drivers).lower()}: {left:,} pictures are left"
    parts = "(`--part I/N`, each with its own folder) " if enough["drivers"] > 1 else ""
    return (
        f"With {most} nodes at most and {_drivers(unchanged['drivers']).lower()}, {unchanged['left_at_the_end']:,} "
        f"pictures are left at the end of the day, and the longest wait is {unchanged['wait_minutes']['longest']:,} "
        f"minutes. {second}. With {_drivers(enough['drivers']).lower()} "
        f"{parts}and up to {enough['nodes']['most']} nodes, "
        f"{enough['left_at_the_end']:,} are left, and the longest wait is {enough['wait_minutes']['longest']} minutes. "
        f"The next limits are network and disk: {enough['megabytes_a_second_at_peak']} MB/s at the peak, and "
        f"{enough['gigabytes']['kept']:,} GB that are kept."
    )


def _drivers(count: int) -> str:
    return "One driver" if count == 1 else f"{count} drivers"
