"""Models written to the files of other programs."""

from __future__ import annotations

from pathlib import Path

from calotype import __version__
from calotype.catalog import ENGINES, MODELS, Loaded, declared, load
from calotype.errors import ArgumentError, InputError
from calotype.files import check_writable, shown, write_whole
from calotype.tasks import arguments, model_store

FORMATS = ("pt", "onnx")


def export(model: str | Path, path: str | Path, form: str = "") -> str:
    """Write a model to the file of another program, and return a line about it.

    Args:
        model: its name in the model store, or its folder.
        path: of the file.
        form: ``"pt"``, the checkpoint of rosinality's program, for StyleGAN2; ``"onnx"``, the generator as a graph,
            for models that are given as layers; empty: as the file's name ends.

    Raises:
        ArgumentError: the file's name has another ending.
        InputError: there is no such model, none of another program could hold it, or the file exists.
        OutputError: the file cannot be written.
    """
    path = Path(path)
    if not form and path.suffix.lower() not in (".onnx", ".pt", ".pth"):
        raise ArgumentError(f"{shown(path)} tells no format: end the name in .onnx or .pt, or give --format (form=)")
    form = arguments.one_of(FORMATS, form or ("onnx" if path.suffix.lower() == ".onnx" else "pt"), "format")
    suffixes = (".onnx",) if form == "onnx" else (".pt", ".pth")
    if path.suffix.lower() not in suffixes:
        kind = "an ONNX" if form == "onnx" else "a PyTorch"
        raise ArgumentError(f"{shown(path)} is no name of {kind} file: give one that ends in {suffixes[0]}")
    if path.exists():
        raise InputError(f"{shown(path)} exists already: give another name, or delete it first")
    check_writable(path.parent)
    folder = model_store.folder_of(model)
    loaded = load(folder)
    if form == "onnx":
        return _export_onnx(loaded, folder.resolve().name, path)
    if not declared(loaded.system).exports:
        raise InputError(
            f"models of {loaded.system} cannot be exported as PyTorch files, only those of {_able('exports')}; as ONNX "
            f"(--format onnx) those of {_able('layered')}"
        )
    said: str = loaded.engine.exported(loaded.config, loaded.net, path)
    return said


def _able(what: str) -> str:
    return ", ".join(name for name in (*ENGINES, *MODELS) if getattr(declared(name), what))


def _export_onnx(loaded: Loaded, name: str, path: Path) -> str:
    from calotype.inspection.onnx import onnx_bytes

    system = declared(loaded.system)
    if not system.layered:
        raise InputError(f"models of {loaded.system} cannot be exported as ONNX, only those of {_able('layered')}")
    about = {"producer": f"calotype {__version__}", "model": name, "system": loaded.system}
    about |= {"classes": ", ".join(map(str, loaded.about["names"]))} if loaded.about.get("names") else {}
    make = getattr(loaded.engine, system.layered)
    content = onnx_bytes(make, loaded.config, loaded.net, maps=system.learns_maps, about=about)
    write_whole(path, lambda file: file.write(content))
    height, width = loaded.photo_size
    inputs = "latents and label maps" if system.learns_maps else "latents"
    return f"{inputs} to pictures of {width}x{height} pixels, -1 to 1; {len(content) / 1e6:.1f} MB"
