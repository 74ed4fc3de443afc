from importlib.metadata import distributions

import pytest
import torch


@pytest.mark.skipif(torch.cuda.is_available(), reason="a machine with a GPU may well have the CUDA packages")
def test_neither_torchvision_nor_cuda_packages_came_along():
    names = {(d.metadata["Name"] or "").lower() for d in distributions()}
    assert not {n for n in names if n == "torchvision" or n.startswith("nvidia-")}
