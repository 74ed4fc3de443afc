"""Diversity of several samples from one photo."""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.errors import InputError


def diversity(real: Tensor, fakes: Tensor) -> float:
    """SinGAN's diversity (section 3): mean per-pixel standard deviation of the samples over the photo's contrast, in
    grey.

    The standard deviation of each pixel's intensity over the samples, averaged over the pixels, divided by the standard
    deviation of the photo's intensities. 0 if all samples are equal; unbounded, about 0.5 in practice. It does not
    measure quality: noise is diverse.

    Args:
        real: the photo, [1, C, H, W], -1..1; channels after the third (alpha) are ignored.
        fakes: two samples or more, [N, C, h, w], -1..1.

    Both are population standard deviations, as in the released code. Grey is the mean of the three channels.

    Raises:
        InputError: there are fewer than two samples, or the photo has no contrast.
    """
    if fakes.shape[0] < 2:
        raise InputError("diversity compares samples with each other: give two or more")
    contrast = _grey(real).std(correction=0).item()
    if contrast < 1e-6:
        raise InputError("the photo has one grey level only: diversity is relative to its contrast, which is zero")
    return _grey(fakes).std(0, correction=0).mean().item() / contrast


def _grey(pictures: Tensor) -> Tensor:
    return pictures[:, :3].to(torch.float64).mean(1)
