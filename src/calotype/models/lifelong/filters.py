"""Filters of a locked task: sums of frozen filters, and a few of its own.

After Zhai et al., "Piggyback GAN: Efficient Lifelong Learning for Image Conditioned Generation", ECCV 2020: the filters
of the old tasks stay as they are, so their pictures do not change by a bit. Of a layer's filters for a new task most
are weighted sums of the frozen ones, and a small share is learned freely. Biases are the task's own, and so are all
filters of layers with few weights: the last layer has three filters, whose sums alone give no other colours.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call

from calotype.translation.net import Net

_FEW = 0.006  # of the weights of a net: a layer with fewer gets new filters alone
# Adam changes every number by about the learning rate. A sum of frozen weights, which are far below 1, would change
# several times as slowly as the weights themselves.
_FACTOR = 5.0


class Filters(nn.Module):
    """The weights of one layer for one task.

    Args:
        layer: the frozen layer, a convolution, a transposed one or a linear layer.
        share: of the filters that are new; at least one is.

    Attributes:
        change: of the sums, in units of ``_FACTOR``; at first each is one frozen filter.
        new: the new filters.
        bias: of all filters.
    """

    def __init__(self, layer: nn.Module, share: float) -> None:
        super().__init__()
        weight, bias = layer.weight, layer.bias
        assert isinstance(weight, Tensor)
        assert isinstance(bias, Tensor)
        self.dimension = 1 if isinstance(layer, nn.ConvTranspose2d) else 0
        count = weight.shape[self.dimension]
        own = max(1, round(share * count))
        self.change = nn.Parameter(torch.zeros(count - own, count)) if own < count else None
        self.new = nn.Parameter(weight.detach().narrow(self.dimension, count - own, own).clone())
        self.bias = nn.Parameter(bias.detach().clone())

    def forward(self, frozen: Tensor) -> Tensor:
        """The task's weights, from the frozen ones."""
        if self.change is None:
            return self.new
        mix = torch.eye(*self.change.shape, device=frozen.device) + _FACTOR * self.change
        mixed = torch.tensordot(mix, frozen, ([1], [self.dimension])).movedim(0, self.dimension)
        return torch.cat([mixed, self.new], self.dimension)


class TaskFilters(nn.Module):
    """The filters of all layers of a net for one task.

    Args:
        base: the frozen net; at the start, the task's net gives the same.
        share: as for ``Filters``.
    """

    def __init__(self, base: Net, share: float) -> None:
        super().__init__()
        self.names = [
            name for name, layer in base.named_modules() if isinstance(getattr(layer, "weight", None), Tensor)
        ]
        layers = [base.get_submodule(name) for name in self.names]
        counts = [layer.weight.numel() for layer in layers if isinstance(layer.weight, Tensor)]
        self.layers = nn.ModuleList(
            Filters(layer, share if count > _FEW * sum(counts) else 1.0) for layer, count in zip(layers, counts)
        )

    def weights(self, base: Net, part: str) -> dict[str, Tensor]:
        """The weights and biases of the generator or the encoder, by the names that this part has for them."""
        found: dict[str, Tensor] = {}
        for name, filters in zip(self.names, self.layers):
            if not name.startswith(f"{part}."):
                continue
            assert isinstance(filters, Filters)
            frozen, own = base.get_submodule(name).weight, name.removeprefix(f"{part}.")
            assert isinstance(frozen, Tensor)
            found[f"{own}.weight"], found[f"{own}.bias"] = filters(frozen.detach()), filters.bias
        return found


class LockedTask(nn.Module):
    """The net of a locked task: a frozen net with the task's filters. It is a ``Translator``.

    Args:
        base: the frozen net, which is no part of this module's state.
        filters: of the task.
    """

    def __init__(self, base: Net, filters: TaskFilters) -> None:
        super().__init__()
        self._base = (base,)  # in a tuple, so that it is no sub-module
        self.filters = filters

    def draw(self, condition: Tensor, code: Tensor) -> Tensor:
        """See ``Translator``."""
        pictures: Tensor = self._called("generator", condition, code)
        return pictures

    def encode(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Translator``."""
        mean, log_variance = self._called("encoder", pictures)
        return mean, log_variance

    def encode_fixed(self, pictures: Tensor) -> Tensor:
        """See ``Translator``."""
        mean: Tensor = self._called("encoder", pictures, fixed=True)[0]
        return mean

    def _called(self, part: str, *given: Tensor, fixed: bool = False) -> Tensor:
        (base,) = self._base
        own = self.filters.weights(base, part)
        own = {name: value.detach() for name, value in own.items()} if fixed else own
        result: Tensor = functional_call(base.get_submodule(part), own, given)
        return result
