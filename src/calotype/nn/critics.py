"""Estimators of the density ratio of two codes, as products of two networks; several are computed at once."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Critics(nn.Module):
    """Networks T(a, b) = <f(a), g(b)>, all of one shape, with the weights of all of them in one tensor a layer.

    Esser, Haux, Ommer, "Unsupervised Robust Disentangling of Latent Characteristics for Image Synthesis", ICCV 2019: f
    and g are a linear layer, residual blocks, ReLU and a linear layer. Trained by ``calotype.losses.density_ratio``, T
    is the logarithm of the density ratio of joint to independent codes. No critic shares anything with another one.

    Args:
        first: length of the code a.
        second: length of the code b.
        count: number of critics.
        width: of the hidden layers.
        blocks: residual blocks, at least 0.
        products: length of f(a) and g(b).
    """

    def __init__(
        self, first: int, second: int, *, count: int = 1, width: int = 512, blocks: int = 4, products: int = 512
    ) -> None:
        super().__init__()
        self.count = count
        self.of_first = _Stacked(first, count, width, blocks, products)
        self.of_second = _Stacked(second, count, width, blocks, products)

    def forward(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """The logarithms of the density ratio of codes that belong together, and of codes that do not.

        Args:
            first: codes [B, first], B even.
            second: the code of the same sample in each row, [B, second]. Independent pairs are made by exchanging rows
                0 and 1, 2 and 3, and so on.

        Returns:
            Scores [count, B] of the joint and of the independent pairs.
        """
        f, g = self.of_first(first), self.of_second(second)
        return (f * g).sum(2), (f * exchanged(g, 1)).sum(2)

    def frozen(self, number: int, first: Tensor, second: Tensor) -> Tensor:
        """The scores [B] of the joint pairs by one critic, through which only the codes get gradients."""
        f, g = self.of_first.frozen(number, first), self.of_second.frozen(number, second)
        return (f * g).sum(1)


class _Stacked(nn.Module):
    """Networks of one shape that all see the same input."""

    def __init__(self, inputs: int, count: int, width: int, blocks: int, outputs: int) -> None:
        super().__init__()
        shapes = [(inputs, width), *[(width, width)] * blocks, (width, outputs)]
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for before, after in shapes:
            reach = 1 / math.sqrt(before)
            self.weights.append(nn.Parameter(torch.empty(count, before, after).uniform_(-reach, reach)))
            self.biases.append(nn.Parameter(torch.empty(count, 1, after).uniform_(-reach, reach)))

    def forward(self, code: Tensor) -> Tensor:
        """[B, inputs] to [count, B, outputs]."""
        return _through(code.expand(len(self.weights[0]), *code.shape), list(self.weights), list(self.biases))

    def frozen(self, number: int, code: Tensor) -> Tensor:
        """[B, inputs] to [B, outputs] by one of the networks, without gradients of its weights."""
        weights = [weight[number : number + 1].detach() for weight in self.weights]
        biases = [bias[number : number + 1].detach() for bias in self.biases]
        return _through(code[None], weights, biases)[0]


def _through(x: Tensor, weights: list[Tensor], biases: list[Tensor]) -> Tensor:
    last = len(weights) - 1
    for i, (weight, bias) in enumerate(zip(weights, biases)):
        if i == 0:
            x = torch.baddbmm(bias, x, weight)
        elif i < last:
            x = x + torch.baddbmm(bias, F.relu(x), weight)
        else:
            x = torch.baddbmm(bias, F.relu(x), weight)
    return x


def exchanged(rows: Tensor, dim: int = 0) -> Tensor:
    """Rows 0 and 1, 2 and 3, and so on, exchanged along a dimension of even length.

    The rows of each share of a batch stay in it, so that processes that train together do what one does.
    """
    shape = [*rows.shape[:dim], -1, 2, *rows.shape[dim + 1 :]]
    return rows.reshape(shape).flip(dim + 1).reshape(rows.shape)
