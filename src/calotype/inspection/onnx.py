"""Generators as ONNX files, for the runtimes of other languages and devices: the layers of a model as one graph.

Inputs are ``latents`` [N, latent], float32, drawn from a standard normal distribution, followed by the class as one-hot
values where a model knows classes, and ``maps`` int64 [N, H, W], -1 for no class, of models that are drawn from label
maps. The output is ``pictures`` [N, 3, H, W], float32, -1..1. N is free. Noise maps of StyleGAN are those of the model;
truncation is not part of the graph.
"""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from calotype.errors import InputError
from calotype.inspection.layers import Layered

MISSING = "ONNX files need the packages onnx and onnxscript: pip install 'calotype[onnx]'"


class _Drawing(nn.Module):
    """Latent vectors [N, latent], and perhaps label maps [N, H, W], to pictures."""

    def __init__(self, make: Callable[..., Layered], config: Any, net: nn.Module) -> None:
        super().__init__()
        self.make, self.config, self.net = make, config, net

    def forward(self, latents: Tensor, maps: Tensor | None = None) -> Tensor:
        """See the module."""
        layered = self.make(self.config, self.net, **({} if maps is None else {"maps": maps}))
        draw = layered.whole or layered.run
        return draw(latents[:, :, None, None]).float().clamp(-1, 1)


def drawn(make: Callable[..., Layered], config: Any, net: nn.Module, latents: Tensor, maps: Tensor | None) -> Tensor:
    """The pictures that the file of ``onnx_bytes`` is to give for these inputs: [N, 3, H, W]."""
    with torch.no_grad():
        pictures: Tensor = _Drawing(make, config, net)(latents, maps)
    return pictures


def onnx_bytes(
    make: Callable[..., Layered], config: Any, net: nn.Module, *, maps: bool, about: Mapping[str, str]
) -> bytes:
    """A generator as the content of an ONNX file.

    Args:
        make: gives the net as layers: ``layered(config, net)``, with ``maps`` where it draws label maps.
        config: settings of the model.
        net: trained, in eval mode, on the CPU.
        maps: whether it draws label maps.
        about: metadata for the file, by name.

    Raises:
        InputError: the packages are missing, or the net does something that ONNX cannot express.
    """
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError:
        raise InputError(MISSING) from None
    height, width = _size(make, config, net, maps)
    given: tuple[Tensor, ...] = (torch.zeros(3, height, width, dtype=torch.int64),) if maps else ()
    layered = make(config, net, **({"maps": given[0]} if maps else {}))
    arguments = (torch.zeros(3, layered.latent), *given)
    free = [{0: torch.export.Dim.DYNAMIC}] * len(arguments)
    drawing = _Drawing(make, config, net).eval()
    try:
        with _quietly(), torch.no_grad():
            # In two steps: asked for both, the exporter falls back to a fixed number of pictures without a word.
            traced = torch.export.export(drawing, arguments, dynamic_shapes=free, strict=False)
            program = torch.onnx.export(traced, dynamo=True, output_names=["pictures"], verbose=False)
    except Exception as error:
        # The exporter has classes of errors of its own, and they change from version to version.
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"this model cannot be written as ONNX ({reason[:200]}): give one of another kind") from error
    assert program is not None
    proto = program.model_proto
    for name, value in about.items():
        proto.metadata_props.add(key=name, value=value)
    content: bytes = proto.SerializeToString()
    return content


def _size(make: Callable[..., Layered], config: Any, net: nn.Module, maps: bool) -> tuple[int, int]:
    if not maps:
        return make(config, net).size
    return make(config, net, maps=torch.zeros(1, 16, 16, dtype=torch.int64)).size


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Without what the exporter tells of packages that are not needed."""
    log = logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)
