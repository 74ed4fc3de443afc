"""The README's tables, written from the committed results: ``python benchmarks/tables.py`` puts them in place.

Each table stands between ``<!-- NAME -->`` and ``<!-- /NAME -->``. A test checks that they are up to date.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
SYSTEMS = {"singan": "SinGAN, by its authors", "gpnn": "GPNN, by its authors"}


def results(name: str) -> Any:
    """A committed result."""
    return json.loads((HERE / "results" / f"{name}.json").read_text())


def machine(result: dict[str, Any]) -> str:
    """What it was measured on, for the line below a table."""
    m, v = result["machine"], result["versions"]
    return f"{m['cores']} cores of an {m['cpu']}, torch {v['torch']}, commit {result['commit'][:7]}"


def speed_table() -> str:
    """Seconds and memory by size."""
    result = results("speed")
    lines = ["| picture | preset | seconds | µs a pixel | peak memory |", "|---|---|---:|---:|---:|"]
    for row in result["table"]:
        seconds = f"{row['seconds']:.1f}" if row["seconds"] < 100 else f"{row['seconds']:.0f}"
        lines.append(
            f"| {row['size'].replace('x', ' x ')} | `{row['preset']}` | {seconds} | "
            f"{row['microseconds_per_pixel']:.0f} | {row['peak_gib']:.2f} GiB |"
        )
    ratios = ", ".join(
        f"{ratio:.0f} times at {size.replace('x', ' x ')}" for size, ratio in result["exact_over_fast"].items()
    )
    lines += [
        "",
        f"The published exact search (`paper`) takes longer in the same run: {ratios}. Start-up (2-3 s, mostly",
    ]
    lines += [f"importing torch) is not counted. Measured by `benchmarks/speed.py` on {machine(result)}."]
    return "\n".join(lines)


def quality_table() -> str:
    """Medians on both photo sets."""
    result = results("quality")
    lines = [
        "| | SIFID, sigd16 | SIFID, places20 | copied in order, sigd16 | copied, places20 |",
        "|---|---:|---:|---:|---:|",
    ]
    cells: dict[str, dict[str, Any]] = {}
    for row in result["summary"]:
        cells.setdefault(row["system"], {})[row["set"]] = row["median"]
    for system, sets in cells.items():
        name = SYSTEMS.get(system, f"Calotype, preset `{system.split()[-1]}`")
        values = [f"{sets[s][key]:.2f}" for key in ("sifid", "copied") for s in ("sigd16", "places20")]
        lines.append(f"| {name} | {' | '.join(values)} |")
    lines += ["", f"Medians over 16 and 20 photos, {result['samples']} seeds of ours a photo, one published sample of"]
    lines += [f"theirs; the same metrics for all (`benchmarks/quality.py`, {machine(result)})."]
    lines += ["SIFID here uses converted Inception weights, so it compares with nothing but itself."]
    return "\n".join(lines)


def search_table() -> str:
    """How good the fast search is."""
    result = results("search")
    mean, photos = result["mean_over_all_replacements"], len(result["photos"])
    used = f"{mean['used_fast']:.0%} of the photo's patches are used against {mean['used_exact']:.0%}"
    lines = [
        f"In the middle of real work ({photos} photos, all levels) the fast search finds the exact search's own",
        f"match for {mean['recall']:.0%} of the patches, and one that scores within 5 % of it for",
        f"{mean['within_5_percent']:.0%}; the median score is {mean['fast_q50']:.3f} against",
        f"{mean['exact_q50']:.3f}, and {used} (`benchmarks/search.py`).",
    ]
    return "\n".join(lines)


def equal_sentence() -> str:
    """What the two searches give with the same settings."""
    result = results("equal")
    fast, exact = result["medians"]["fast"], result["medians"]["exact"]
    return (
        f"With the same settings and seed ({len(result['rows']) // 2} photos) its results have a median SIFID of "
        f"{fast['sifid']:.2f} against {exact['sifid']:.2f},\nand {fast['copied']:.2f} against {exact['copied']:.2f} "
        "of them copied in order (`benchmarks/equal.py`)."
    )


def trained_table() -> str:
    """SinGAN beside what its authors' models made of the same photos."""
    result, spread = results("singan"), results("singan_diversity")
    differing = {row["system"]: row["mean"].get("diversity") for row in spread["summary"] if row["set"] == "all"}
    names = {
        "singan": SYSTEMS["singan"],
        "gpnn": SYSTEMS["gpnn"],
        "singan fast free": "Calotype, `--engine singan --structure free`",
        "singan fast loose": "Calotype, `--engine singan --structure loose`",
    }
    lines = [
        "| | SIFID, mean | SIFID, median | copied in order | diversity | training | a sample |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in result["summary"]:
        if row["set"] != "all":
            continue
        mean, median = row["mean"], row["median"]
        training = f"{mean['training'] / 60:.1f} min" if "training" in mean else ""
        sample = f"{median['seconds']:.1f} s" if "seconds" in median else ""
        diversity = f"{differing[row['system']]:.2f}" if differing[row["system"]] else ""
        lines.append(
            f"| {names[row['system']]} | {mean['sifid']:.2f} | {median['sifid']:.2f} | {mean['copied']:.2f} | "
            f"{diversity} | {training} | {sample} |"
        )
    photos = max(row["photos"] for row in result["summary"])
    lines += ["", f"Over {photos} photos that no setting was chosen by, {result['samples']} seeds of ours a photo, one"]
    lines += [
        f"published sample of theirs; diversity over {spread['diversity_samples']} samples of the same models (papers"
    ]
    lines += ["take 100; over a few it looks smaller than it is); one process with one thread, beside other work"]
    lines += [f"(`benchmarks/quality.py`, {machine(result)})."]
    return "\n".join(lines)


def training_table() -> str:
    """What training takes, scale by scale, against the published schedule."""
    result = results("singan_speed")
    fast, paper = result["presets"][:2]
    height, width = result["size"]
    sample = sorted(fast["sample"])[len(fast["sample"]) // 2]
    lines = [
        f"A photo of {width} x {height} pixels takes the preset `fast` {fast['seconds'] / 60:.1f} minutes to learn, "
        f"{fast['peak_bytes'] / 2**30:.1f} GiB of memory,",
        f"and {sample:.2f} s for each picture after that; the published schedule, in the same run, "
        f"{paper['seconds'] / 3600:.0f} hours: {result['times_faster']:.0f} times",
        f"as long (a few steps of every scale timed, `benchmarks/singan_speed.py`, {machine(result)}).",
    ]
    return "\n".join(lines)


def ablation_table() -> str:
    """What each choice of the fast preset is worth, on one photo and on another."""
    one, two = results("singan_ablation"), results("singan_ablation_second")
    rows = {row["variant"]: (find(one, row["variant"]), row) for row in two["summary"]}
    rows |= {row["variant"]: (row, find(two, row["variant"])) for row in one["summary"] if row["variant"] not in rows}
    lines = ["| | SIFID | copied | diversity | training | SIFID | copied | diversity | training |"]
    lines += ["|---|---:|---:|---:|---:|---:|---:|---:|---:|"]
    lines += [f"| {variant} | {cells(first)} | {cells(second)} |" for variant, (first, second) in rows.items()]
    lines += [
        "",
        f"Left on the photo {one['photos']}, right on {two['photos']}; means over {one['samples']} seeds, one thread, ",
    ]
    lines[-1] += "beside other work"
    lines += [f"(`benchmarks/singan_ablation.py`, {machine(two)})."]
    later = results("singan_ablation_third")
    usual, *others = later["summary"]
    said = "; ".join(f"{row['variant']}: {row['sifid']:.2f} and {row['copied']:.2f}" for row in others)
    figures = f"SIFID {usual['sifid']:.2f} and copies {usual['copied']:.2f}"
    lines += [f"With matches carried up as they are now, the preset has {figures} on the"]
    lines += [f"right-hand photo; {said}."]
    return "\n".join(lines)


def find(result: dict[str, Any], variant: str) -> dict[str, Any] | None:
    return next((row for row in result["summary"] if row["variant"] == variant), None)


def cells(row: dict[str, Any] | None) -> str:
    if row is None:
        return " |  |  | "
    return f"{row['sifid']:.2f} | {row['copied']:.2f} | {row['diversity']:.2f} | {row['training']:.0f} s"


def enlarging_table() -> str:
    """Super-resolution beside bicubic enlargement."""
    result = results("superresolution")
    lines = [
        "| factor | | PSNR, dB | SSIM | LPIPS-like | naturalness |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for row in result["summary"]:
        if row["system"] == "photo":
            continue
        values = row["mean"]
        lines.append(
            f"| {row['factor']} | {row['system']} | {values['psnr']:.2f} | {values['ssim']:.3f} | "
            f"{values['lpips']:.3f} | {values['naturalness']:.2f} |"
        )
    lines += ["", f"Means over the photos (`benchmarks/superresolution.py`, {machine(result)}); LPIPS-like and"]
    lines += ["naturalness are better when lower."]
    return "\n".join(lines)


def engines_table() -> str:
    """gpdm beside what others made of the same photos."""
    result = results("gpdm")
    lines = ["| | SIFID, median | copied in order |", "|---|---:|---:|"]
    names = {**SYSTEMS, "gpdm fast": "Calotype, `--engine gpdm --structure free`"}
    for row in result["summary"]:
        if row["set"] == "all":
            lines.append(f"| {names[row['system']]} | {row['median']['sifid']:.2f} | {row['median']['copied']:.2f} |")
    photos = max(row["photos"] for row in result["summary"])
    lines += ["", f"Over {photos} photos named before, {result['samples']} seeds of ours a photo"]
    lines += [f"(`benchmarks/quality.py`, {machine(result)})."]
    return "\n".join(lines)


def erasing_table() -> str:
    """Squares held back and filled again, by us and by others."""
    result = results("erase")
    lines = ["| | PSNR, dB | LPIPS-like | LPIPS-like, offline | seconds |", "|---|---:|---:|---:|---:|"]
    for method, row in result["summary"].items():
        lines.append(
            f"| {method} | {row['psnr']:.2f} | {row['lpips']:.2f} | {row['lpips_offline']:.3f} | {row['seconds']:.2f} |"
        )
    photos, squares = len(result["photos"].split(",")), len({row["square"] for row in result["rows"]})
    lines += ["", f"Means over {photos} photos and {squares} squares of 5 % in each, one thread, beside other work"]
    lines += [f"(`benchmarks/erase.py`, {machine(result)}). LPIPS-like is better when lower."]
    return "\n".join(lines)


def layout_table() -> str:
    """How well results obey the layouts they are given."""
    result = results("relayout")
    lines = [
        "| | pixels in place | mean IoU | pixels, deep | mean IoU, deep | SIFID | seconds |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    digits = {"pixels": 3, "iou": 3, "pixels_deep": 3, "iou_deep": 3, "sifid": 1, "seconds": 1}
    for row in result["summary"]:
        if row["case"] == "all":
            mean = row["mean"]
            texts = [f"{mean[name]:.{places}f}" if name in mean else "" for name, places in digits.items()]
            lines.append(f"| {row['system']} | " + " | ".join(texts) + " |")
    lines += [
        "",
        f"Four photos with label maps, {result['side']} pixels, all target layouts; by two segmenters that have",
        "learned from the photo and its own map alone, one from colours and one from deep features; seconds without",
        "training, the median, of a machine that was busy with other things; training takes",
        f"{training_of(result, 'analogy')} for `analogy` and {training_of(result, 'singan')} for `singan`",
        f"on one thread (`benchmarks/relayout.py`, {machine(result)}).",
    ]
    return "\n".join(lines)


def training_of(result: dict[str, Any], engine: str) -> str:
    """The least and the most minutes of the processor that a training took."""
    minutes = [line["seconds_processor"] / 60 for line in result["training"] if line["engine"] == engine]
    return f"{min(minutes):.0f} to {max(minutes):.0f} minutes"


def sizes_table() -> str:
    """Other sizes of a photo: by what is trained for them, by patches, and stretched."""
    result = results("ingan")
    names = {
        "resized": "resized",
        "gpnn": "Calotype, `--engine gpnn`",
        "ingan": "Calotype, `--engine ingan`",
        "its network alone": "of that, the network alone",
        "its patches alone": "of that, the patches alone",
    }
    ways = ["half as wide", "half as high", "twice as wide", "twice as high"]
    lines = ["| | SIFID, mean | " + " | ".join(ways) + " |", "|---|---:|" + "---:|" * len(ways)]
    for row in result["summary"]:
        cells = " | ".join(f"{row[way]:.1f}" for way in ways)
        lines.append(f"| {names[row['system']]} | {row['sifid']:.1f} | {cells} |")
    photos = len({row["photo"] for row in result["rows"]})
    lines += ["", f"Means over {photos} photos (`benchmarks/ingan.py`, {machine(result)})."]
    return "\n".join(lines)


def verbs_table() -> str:
    """Time and memory of the verbs that need no training."""
    result = results("verbs")
    lines = ["| | seconds | peak memory |", "|---|---:|---:|"]
    for name, row in result["verbs"].items():
        lines.append(f"| {name} | {row['seconds']:.1f} | {row['peak_gib']:.2f} GiB |")
    seams = [row[way] for row in result["seams"] for way in ("top_to_bottom", "left_to_right")]
    sides = [row["side"] for row in result["seams"]]
    lines += ["", f"Each in a process of its own, start-up not counted (`benchmarks/verbs.py`, {machine(result)})."]
    lines += [f"Across the seams of tiles of {min(sides)} to {max(sides)} pixels, steps between neighbours are"]
    lines += [f"{min(seams):.2f} to {max(seams):.2f} times those within."]
    return "\n".join(lines)


def studio_sentence() -> str:
    """How quick the studio is, in a browser without a window."""
    result = results("studio")
    usable = sorted(result["seconds_until_the_page_is_usable"])
    made = sorted(each["all"] for each in result["seconds_from_click_to_result_of_250_px"])
    frames = [row["frames_a_second"] for row in result["brush_on_16_megapixels"].values()]
    return (
        f"The page can be used after {usable[len(usable) // 2]:.1f} s, the first variation of a photo of 250 pixels "
        f"is there\n{made[len(made) // 2]:.1f} s after the click, and a brush on 16 megapixels is drawn "
        f"at least {min(frames):.0f} times a second. All of the page\n"
        f"is {result['front_end_kilobytes']['all']:.0f} kB (`benchmarks/studio.py`, {machine(result)})."
    )


def metrics_sentence() -> str:
    """How far the metrics are from other libraries'."""
    result = results("canonical")
    strict = [row for row in result["rows"] if row["tolerance"] <= 1e-4]
    worst = max(row["off"] for row in strict)
    names = ", ".join(sorted(result["libraries"]))
    return (
        f"On the same features {len(strict)} comparisons with other libraries\n({names})\nare off by at most "
        f"{worst:.0e} (`benchmarks/canonical.py`, {machine(result)})."
    )


def cocogan_table() -> str:
    """What COCO-GAN has learned of a set, beside a plain GAN; what it takes, and how processes share the work."""
    small, medium = results("cocogan"), results("cocogan_medium")
    together, apart, step = results("distributed"), results("distributed_each"), results("cocogan_step")
    same, again = results("distributed_second"), results("distributed_each_second")
    default = results("distributed_each_small")
    whole = step["presets"][0]
    quick = {name: round(times, 1) for name, times in whole["times_as_quick"].items()}
    rows = {
        f"`small`, {_minutes(small)} of one core": "whole training",
        "the same after a twentieth of it": "a twentieth of it",
        "a plain GAN of whole pictures, the same time": "plain GAN",
    }
    lines = ["| | Frechet distance | joints | different nearest pictures |", "|---|---:|---:|---:|"]
    for title, name in rows.items():
        seams = small["seams"][name]
        lines.append(
            f"| {title} | {small['frechet'][name]:.0f} | {seams['over_that_of_the_set']:.2f} | {seams['most_alike']} |"
        )
    lines += [
        f"| one half of the set, to the other | {small['frechet_of_halves_of_the_set']:.0f} | | |",
        "",
        f"Of {small['pictures']} drawings of people, {small['steps']} steps, {small['compared']} pictures made; "
        f"features: {small['features']}. Joints: how much\nmore pixels differ where parts meet than elsewhere, as a "
        f"multiple of that in the set. Nearest: of the set's pictures, mirrored ones too,\nto those made, pixel by "
        f"pixel (`benchmarks/cocogan.py`, {machine(small)}).",
        "",
        f"`medium` has come in {_minutes(medium)} to {_distances(medium)};\nits people stood on light grey "
        f"({machine(medium)}, when it was called `small`).",
        f"With both cores a training of `small` takes {whole['minutes_of_a_training_with_all_cores']:.0f} minutes, "
        f"worked out from its steps. A step is {quick['at once, float32']} times as quick as with sizes\ndoubled "
        f"before convolutions and halved after them, as is usual, and in bfloat16 {quick['at once, bfloat16']} times\n"
        f"(`benchmarks/cocogan_step.py`, {machine(step)}). It keeps {100 * small['memory']['share_of_whole']:.0f} % of "
        "what it would of whole pictures.",
        f"Two processes learn `medium` {together['speed_up']} times as quickly as one on the same batch, "
        f"{apart['speed_up']} times with such a batch each\n(`benchmarks/distributed.py`, {machine(together)});",
        f"with the quicker steps {same['speed_up']} and {again['speed_up']} times, and `small`, with such a batch "
        f"each, {default['speed_up']} times ({machine(default)}).",
    ]
    return "\n".join(lines)


def _minutes(result: dict[str, Any]) -> str:
    return f"{result['cpu_seconds']['cocogan'] / 60:.0f} minutes"


def _distances(result: dict[str, Any]) -> str:
    frechet = result["frechet"]
    return (
        f"{frechet['whole training']:.0f} ({frechet['a twentieth of it']:.0f} after a twentieth, "
        f"{frechet['plain GAN']:.0f} the plain GAN)"
    )


TABLES = {
    "cocogan": cocogan_table,
    "studio": studio_sentence,
    "metrics": metrics_sentence,
    "speed": speed_table,
    "quality": quality_table,
    "search": search_table,
    "trained": trained_table,
    "training": training_table,
    "ablation": ablation_table,
    "enlarging": enlarging_table,
    "engines": engines_table,
    "erasing": erasing_table,
    "layout": layout_table,
    "sizes": sizes_table,
    "verbs": verbs_table,
}


def filled(text: str) -> str:
    """``text`` with every table made anew."""
    for name, make in TABLES.items():
        pattern = rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)"
        body = make().replace("\\", r"\\")
        text, count = re.subn(pattern, rf"\g<1>{body}\g<2>", text, flags=re.DOTALL)
        if count != 1:
            raise SystemExit(f"README.md has {count} places for the table {name}: there must be one")
    return text


if __name__ == "__main__":
    README.write_text(filled(README.read_text()))
