"""Do two builds make the same pixels? A fixed list of commands, run by one build or by two, compared result by result.

    python benchmarks/recorded.py --out benchmarks/results/recorded.json
    python benchmarks/recorded.py --against ../other/src          # a source folder: run by the same interpreter
    python benchmarks/recorded.py --against ../other/.venv/bin/python    # an interpreter with another build installed

This build is the one in ``src`` beside this script. Each build runs all commands in a temporary folder of its own, with
its own store of models, one thread and one process a command. What is compared is decoded: the pixels of every frame of
every picture and the tensors of every model, not the bytes of the files. Files are found by their names. The exit
status is 1 if anything differs or a command fails. Digests repeat on the same machine with the same versions only, so
two builds are compared in one run. Not in the list: ``hed`` and the preset ``deep``, which need weights from further
packages, and films as mp4.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import hashlib
import json
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageSequence

from machine import provenance

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src"
PHOTOS = ROOT / "examples" / "photos"

# {out} is a folder of the command's own; -o {out} is added where it is not named, and --device cpu -q always. Training
# without {out} leaves its model in the store.
COMMANDS: dict[str, str] = {
    "vary": "vary photo.png -n 2 --seed 3",
    "vary, size and tile": "vary photo.png --seed 4 --structure free --size 80x64 --tile both --also other.png",
    "vary, original": "vary photo.png --preset original --structure close",
    "vary, exact search": "vary small.png --preset paper --structure free --set steps=2",
    "vary, transparency": "vary badge.png --seed 1",
    "vary, all scales": "vary small.png --preset tiny --all-scales",
    "vary, gpdm": "vary small.png --engine gpdm --structure free --set steps=40",
    "vary, singan": "vary small.png --engine singan --preset tiny -n 2 --seed 7",
    "vary, a folder": "vary folder --preset tiny -n 2 --factor 1.25x1 --sheet",
    "vary, two jobs": "vary folder --preset tiny -n 2 --jobs 2",
    "retarget": "retarget photo.png --factor 1.5x1",
    "retarget, ingan": "retarget small.png --engine ingan --preset tiny --factor 1.5x0.75",
    "retarget, shape": "retarget small.png --engine ingan --preset tiny --shape arc:0.4",
    "retarget, film": "retarget small.png --engine ingan --preset tiny --factor 1.5x1 --film gif --frames 4",
    "paint": "paint photo.png sketch.png",
    "paint, gpdm": "paint small.png sketch.png --engine gpdm --set remake_steps=20 --colours 0",
    "paint, singan": "paint small.png sketch.png --engine singan --preset tiny",
    "harmonize": "harmonize photo.png pasted.png --mask mask.png",
    "harmonize, cut-out": "harmonize photo.png cutout.png --feather 3",
    "harmonize, singan": "harmonize small.png small_pasted.png --engine singan --preset tiny",
    "edit": "edit photo.png edited.png",
    "edit, singan": "edit small.png small_edited.png --engine singan --preset tiny",
    "erase": "erase photo.png --mask mask.png -n 2",
    "erase, transparency": "erase hole.png --grow 0",
    "erase, a folder of masks": "erase folder --mask masks --preset tiny",
    "expand": "expand photo.png --margin 8 --right 20",
    "texture": "texture photo.png --size 96x80 --tile both --also other.png --guide guide.png",
    "stylize": "stylize photo.png other.png",
    "stylize, gpdm": "stylize small.png other.png --engine gpdm --set remake_steps=20 --max-side 40",
    "mix": "mix photo.png other.png --mask mask.png",
    "analogy": "analogy photo.png target.png --before map.png --guide labels",
    "analogy, light": "analogy photo.png other.png --seed 2",
    "analogy, imageanalogies": "analogy small.png small_target.png --before small_map.png --engine imageanalogies",
    "segment": "segment photo.png",
    "segment, classes": "segment other.png --classes 4 --seed 1",
    "relayout": "relayout photo.png map.png target.png",
    "relayout, found map": "relayout photo.png auto out/segment/photo_segment_0.png --preset tiny",
    "relayout, analogy": "relayout small.png small_map.png small_target.png --engine analogy --preset tiny",
    "edges": "edges photo.png --thickness 2",
    "upscale": "upscale small.png --factor 2 --engine singan --preset tiny",
    "animate": "animate small.png --frames 4 --preset tiny -o {out}/film.png",
    "animate, gif": "animate small.png --frames 4 --preset tiny --no-loop --structure loose -o {out}/film.gif",
    "train": "train singan photo.png --preset tiny --seed 1 --out {out}/model",
    "train, a folder": "train ingan folder --preset tiny --out {out}",
    "train, cocogan": "train cocogan set --preset tiny --set beyond=1 --set beyond_steps=2",
    "train, panoramas": "train cocogan wide --preset tiny --set coordinates=cylindrical --set size=16,32",
    "vary, given model": "vary photo.png --model out/train/model",
    "sample": "sample set-cocogan -n 4 --seed 2 --sheet",
    "sample, larger": "sample set-cocogan --size 24x24",
    "sample, guided": "sample set-cocogan --guide part.png --strength 0.5 --seed 1",
    "expand, cocogan": "expand face.png --margin 4 --model set-cocogan",
    "panorama": "panorama wide-cocogan --size 64x16 --turn 0.25",
}
KEPT = "kept models"  # those that verbs have trained and put into the store


def slug(name: str) -> str:
    return "_".join("".join(c if c.isalnum() else " " for c in name).split())


def kept(name: str) -> bool:
    """Whether all that the command makes is a model in the store."""
    return COMMANDS.get(name, "").startswith("train ") and "{out}" not in COMMANDS[name]


def words(name: str) -> list[str]:
    """What follows ``calotype``, from the folder with the inputs."""
    out = f"out/{slug(name)}"
    text = COMMANDS[name]
    if "{out}" not in text and not kept(name):
        text += " -o {out}"
    return [*shlex.split(text.format(out=out)), "--device", "cpu", "-q"]


# ---------------------------------------------------------------------------------------------------------------
# Inputs, all made from the shipped photos


def shrunk(name: str, width: int, height: int) -> Image.Image:
    return Image.open(PHOTOS / f"{name}.jpg").convert("RGB").resize((width, height), Image.Resampling.LANCZOS)


def flat(size: tuple[int, int], horizon: float, left: float) -> Image.Image:
    """A map in three flat colours: above, below and, of the lower part, a block."""
    width, height = size
    picture = Image.new("RGB", size, (90, 140, 220))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, round(horizon * height), width, height), (60, 120, 50))
    draw.rectangle((round(left * width), round(horizon * height), round((left + 0.3) * width), height), (130, 120, 110))
    return picture


def box(size: tuple[int, int]) -> tuple[int, int, int, int]:
    width, height = size
    return width * 3 // 8, height * 3 // 8, width * 5 // 8, height * 5 // 8


def marked(size: tuple[int, int], inside: int, outside: int) -> Image.Image:
    mask = Image.new("L", size, outside)
    ImageDraw.Draw(mask).rectangle(box(size), inside)
    return mask


def with_alpha(picture: Image.Image, alpha: Image.Image) -> Image.Image:
    picture = picture.copy()
    picture.putalpha(alpha)
    return picture


def write_inputs(folder: Path) -> None:
    """The pictures that the commands name."""
    photo, other, small = shrunk("mountains", 96, 72), shrunk("stream", 96, 72), shrunk("pagoda", 48, 36)
    pasted = Image.composite(other, photo, marked(photo.size, 255, 0))
    edited, small_edited = photo.copy(), small.copy()
    edited.paste(photo.crop((10, 30, 34, 54)), (60, 30))
    small_edited.paste(small.crop((4, 10, 16, 22)), (30, 10))
    small_pasted = small.copy()
    small_pasted.paste(other.crop((0, 0, 12, 12)), (20, 14))
    ellipse = Image.new("L", photo.size, 0)
    ImageDraw.Draw(ellipse).ellipse((8, 6, 88, 66), 255)
    pictures = {
        "photo": photo,
        "other": other,
        "small": small,
        "sketch": flat(small.size, 0.5, 0.2),
        "mask": marked(photo.size, 255, 0),
        "pasted": pasted,
        "cutout": with_alpha(other, marked(photo.size, 255, 0)),
        "small_pasted": small_pasted,
        "edited": edited,
        "small_edited": small_edited,
        "hole": with_alpha(photo, marked(photo.size, 0, 255)),
        "badge": with_alpha(photo, ellipse),
        "guide": Image.linear_gradient("L").resize((64, 48)),
        "map": flat(photo.size, 0.5, 0.1),
        "target": flat(photo.size, 0.35, 0.6),
        "small_map": flat(small.size, 0.5, 0.1),
        "small_target": flat(small.size, 0.35, 0.6),
        "part": shrunk("dandelions", 16, 16),
        "face": shrunk("dandelions", 16, 16),
        "folder/one": small,
        "folder/two": shrunk("stream", 40, 30),
        "masks/one": marked(small.size, 255, 0),
        "masks/two": marked((40, 30), 255, 0),
    }
    large = shrunk("mountains", 192, 144)
    for i in range(8):
        x, y = 20 * i % 160, 17 * i % 120
        pictures[f"set/{i}"] = large.crop((x, y, x + 24, y + 24))
        pictures[f"wide/{i}"] = large.crop((x // 2, y, x // 2 + 96, y + 24)).resize((48, 24))
    for name, picture in pictures.items():
        path = folder / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)


# ---------------------------------------------------------------------------------------------------------------
# Builds, and what they make


@dataclass(frozen=True)
class Build:
    """An interpreter, and the source folder that it is to import calotype from; without one, what it has installed."""

    python: str
    source: Path | None

    def environment(self, store: Path | None = None) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("CALOTYPE_") and k != "PYTHONPATH"}
        more = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        if self.source is not None:
            more["PYTHONPATH"] = str(self.source)
        if store is not None:
            more["CALOTYPE_CACHE"] = str(store)
        return {**kept, **more}

    def identity(self) -> dict[str, Any]:
        """What this build is: versions, commit and a digest of its source. No paths.

        Raises:
            SystemExit: calotype is not imported from where it was to be.
        """
        code = (
            "import calotype, json, numpy, PIL, platform, torch; "
            "packages = {m.__name__: m.__version__ for m in (calotype, torch, numpy, PIL)}; "
            "print(json.dumps([calotype.__file__, {'python': platform.python_version(), **packages}]))"
        )
        with tempfile.TemporaryDirectory() as empty:
            done = subprocess.run(
                [self.python, "-c", code], cwd=empty, env=self.environment(), capture_output=True, text=True
            )
        if done.returncode:
            sys.exit(f"a build cannot be used: {done.stderr.strip().splitlines()[-1]}")
        file, versions = json.loads(done.stdout)
        package = Path(file).parent
        if self.source is not None and package != self.source / "calotype":
            sys.exit("a build imports calotype from somewhere else than the source folder given")
        digest = hashlib.sha256()
        for path in sorted(package.rglob("*.py")):
            digest.update(f"{path.relative_to(package).as_posix()}\n".encode() + path.read_bytes())
        return {"commit": commit_of(package), "source_sha256": digest.hexdigest(), "versions": versions}


def commit_of(package: Path) -> str | None:
    """The commit, with ``-dirty`` where a tracked file differs; None where git does not track the package."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=package, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        git("ls-files", "--error-unmatch", "__init__.py")
        return git("describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")
    except (OSError, subprocess.CalledProcessError):
        return None


def other_build(given: str) -> Build:
    """From what follows ``--against``."""
    folder = Path(given)
    if folder.is_dir():
        if not (folder / "calotype" / "__init__.py").is_file():
            sys.exit(f"there is no package calotype in '{given}': give the source folder of a checkout")
        return Build(sys.executable, folder.resolve())
    python = shutil.which(given)
    if python is None:
        sys.exit(f"'{given}' is neither a folder nor an interpreter")
    return Build(str(Path(python).absolute()), None)  # not resolved: that would leave a virtual environment


def run_all(build: Build, folder: Path, label: str) -> dict[str, dict[str, Any]]:
    """Every command, in ``folder``: exit status, the last line of what was said, seconds."""
    write_inputs(folder)
    outcomes = {}
    for name in COMMANDS:
        began = time.perf_counter()
        done = subprocess.run(
            [build.python, "-m", "calotype", *words(name)],
            cwd=folder,
            env=build.environment(folder / "store"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        seconds = round(time.perf_counter() - began, 1)
        said = (done.stderr.strip().splitlines() or [""])[-1]
        outcomes[name] = {"status": done.returncode, "said": said, "seconds": seconds}
        print(f"{label}: {name}: {f'{seconds} s' if not done.returncode else said}", file=sys.stderr, flush=True)
    return outcomes


def found(folder: Path, name: str) -> dict[str, Path]:
    """The results of a command, by their places within its folder."""
    home = folder / "store" / "models" if name == KEPT else folder / "out" / slug(name)
    suffixes = {".safetensors"} if name == KEPT else {".png", ".gif", ".webp", ".safetensors"}
    every = (path for path in sorted(home.rglob("*")) if path.suffix in suffixes and path.is_file())
    # States and previews belong to the training, not to what comes of it.
    names = {path.relative_to(home): path for path in every}
    return {n.as_posix(): path for n, path in names.items() if not {"state", "previews"} & set(n.parts[:-1])}


def decoded(path: Path) -> dict[str, np.ndarray]:
    """Arrays by name: all frames of a picture, as RGBA bytes [frames, height, width, 4]; or the tensors of a model."""
    if path.suffix == ".safetensors":
        from safetensors.numpy import load_file

        return dict(sorted(load_file(path).items()))
    with Image.open(path) as picture:
        return {"frames": np.stack([np.asarray(frame.convert("RGBA")) for frame in ImageSequence.Iterator(picture)])}


def digest_of(arrays: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256()
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype} {array.shape}\n".encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def described(path: Path) -> dict[str, Any]:
    """What is recorded of one result."""
    arrays = decoded(path)
    if path.suffix == ".safetensors":
        return {"tensors": len(arrays), "sha256": digest_of(arrays)}
    frames, height, width, _ = arrays["frames"].shape
    return {"size": f"{width}x{height}", "frames": frames, "sha256": digest_of(arrays)}


def difference(one: Path, other: Path) -> float | str | None:
    """None where both decode to the same; else the largest difference of two values (of 0 to 255), or what differs."""
    ours, theirs = decoded(one), decoded(other)
    if digest_of(ours) == digest_of(theirs):
        return None
    if ours.keys() != theirs.keys():
        return "names of tensors"
    if any(ours[name].shape != theirs[name].shape for name in ours):
        return "sizes"
    return max(float(np.abs(ours[n].astype(np.float64) - theirs[n].astype(np.float64)).max(initial=0)) for n in ours)


def compared(one: Path, other: Path | None, name: str) -> list[dict[str, Any]]:
    """Every result of a command in the folder ``one`` and, if given, how it differs from that in ``other``."""
    ours = found(one, name)
    theirs = ours if other is None else found(other, name)
    rows = []
    for file in sorted({*ours, *theirs}):
        row: dict[str, Any] = {"file": file}
        if file in ours:
            row |= described(ours[file])
        if other is not None:
            if file in ours and file in theirs:
                differs = difference(ours[file], theirs[file])
                row["equal"] = differs is None
                if differs is not None:
                    row |= {"largest_difference": differs, "other_sha256": described(theirs[file])["sha256"]}
                row["same_bytes"] = ours[file].read_bytes() == theirs[file].read_bytes()
            else:
                row |= {"equal": False, "missing_in": "other" if file in ours else "this"}
        rows.append(row)
    return rows


def told(name: str, rows: list[dict[str, Any]]) -> str:
    """One line about one command."""
    wrong = [row for row in rows if not row.get("equal", True)]
    if not rows:
        return f"{name}: {'see ' + KEPT if kept(name) else 'NOTHING was made'}"
    if wrong:
        missing = {row["file"]: f"missing in {row.get('missing_in')}" for row in wrong}
        reasons = (f"{row['file']} ({row.get('largest_difference', missing[row['file']])})" for row in wrong)
        return f"{name}: DIFFERS, largest difference: {', '.join(reasons)}"
    return f"{name}: {'equal' if 'equal' in rows[0] else 'made'}, {len(rows)} result{'s' if len(rows) > 1 else ''}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", metavar="PYTHON|SRC", help="another build: its interpreter or its source folder")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="an empty or new folder for what is made")
    parser.add_argument("--out", type=Path, metavar="JSON")
    options = parser.parse_args()
    builds = {"this": Build(sys.executable, SOURCE.resolve())}
    if options.against is not None:
        builds["other"] = other_build(options.against)
    identities = {label: build.identity() for label, build in builds.items()}
    with tempfile.TemporaryDirectory() as temporary:
        home = options.keep or Path(temporary)
        if any(home.glob("*")):
            sys.exit("the folder for what is made is not empty")
        folders = {label: home.resolve() / label for label in builds}
        outcomes = {label: run_all(build, folders[label], label) for label, build in builds.items()}
        commands = []
        for name in (*COMMANDS, KEPT):
            rows = compared(folders["this"], folders.get("other"), name)
            row: dict[str, Any] = {"name": name}
            if name in COMMANDS:
                row["command"] = shlex.join(["calotype", *words(name)])
                row["seconds"] = {label: outcome[name]["seconds"] for label, outcome in outcomes.items()}
                # The exit status alone: what was said may name paths of this machine.
                failed = {label: o[name]["status"] for label, o in outcomes.items() if o[name]["status"]}
                if failed:
                    row["failed"] = failed
            good = (bool(rows) or kept(name)) and "failed" not in row and all(r.get("equal", True) for r in rows)
            commands.append({**row, "good": good, "results": rows})
            print(told(name, rows) + (f"; FAILED in {', '.join(row['failed'])}" if "failed" in row else ""), flush=True)
    for label, build in builds.items():  # a new commit of the same source changes nothing
        if build.identity()["source_sha256"] != identities[label]["source_sha256"]:
            sys.exit(f"the source of the build '{label}' was changed while it ran: run this again")
    good = all(command["good"] for command in commands)
    results = [result for command in commands for result in command["results"]]
    summary = {
        "compared": "other" in builds,
        "same_source": len({identity["source_sha256"] for identity in identities.values()}) == 1,
        "good": good,
        "commands": len(COMMANDS),
        "results": len(results),
        "different": sum(not result.get("equal", True) for result in results),
    }
    print(json.dumps(summary))
    if options.out:
        seeds = "in the commands; 0 where they name none"
        record = {**provenance(), "seed": seeds, "builds": identities, "summary": summary, "commands": commands}
        options.out.write_text(json.dumps(record, indent=1) + "\n")
    sys.exit(not good)


if __name__ == "__main__":
    main()
