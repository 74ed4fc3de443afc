"""One training step. Every picture is encoded and drawn once, in three batches, for all losses together."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype import distributed
from calotype.errors import InputError
from calotype.models.styledisentangle.config import Config
from calotype.models.styledisentangle.losses import (
    class_loss,
    content_loss,
    disentangling_loss,
    finding_loss,
    pixel_loss,
    triplet_loss,
)
from calotype.models.styledisentangle.network import Discriminator, Net, build, initialise
from calotype.models.styledisentangle.patches import moved, patches
from calotype.nn.ema import ExponentialMovingAverage
from calotype.nn.optimizers import discriminator_optimizer, generator_optimizer

_SHARPNESS = 5.0  # of the logits of style vectors, which have length 1
_RATE = 0.01  # of the average of the discriminator's accuracy
_WARM = 10.0  # updates of the average of the networks after which it keeps a half


class Examples(NamedTuple):
    """What a step sees: two photos and two artworks, with the category of the first and the artists.

    Attributes:
        photos: x1 and then x2, [2 b, 3, h, w].
        artworks: y1 and then y2.
        categories: of x1, int64 [b].
        artists: of y1 and then y2, int64 [2 b].
        same: which artworks are one picture, bool [2 b, 2 b]; ``None``: it is not known.
    """

    photos: Tensor
    artworks: Tensor
    categories: Tensor
    artists: Tensor
    same: Tensor | None = None


class Drawn(NamedTuple):
    """What the networks make of it, each once.

    Attributes:
        contents: of x1, [b, C, h, w].
        styles: of y1 and y2, [2 b, n].
        results: x1 as y1, x1 as y2, x2 as y1, [3 b, 3, h, w].
        again: styles of the results, [3 b, n].
        content_again: contents of x1 as y1.
        own: y1 drawn of their own content and style, [b, 3, h, w]; ``None``: not drawn.
    """

    contents: Tensor
    styles: Tensor
    results: Tensor
    again: Tensor
    content_again: Tensor
    own: Tensor | None = None


class Trainer:
    """The networks of one stage, their optimizers, and the training step.

    Args:
        cfg: the settings.
        stage: number of the stage.
        device: to compute on.

    Attributes:
        net: encoders and decoder.
        discriminator: of artworks.
        artists: the artist of a style vector, a linear map; used only with ``cfg.own_artist_weight``.
        accuracy: moving average of the discriminator's accuracy.
        average: of ``net``; ``None`` where ``cfg.average`` is 0.
    """

    def __init__(self, cfg: Config, stage: int, device: torch.device) -> None:
        self.cfg, self.stage, self.device = cfg, stage, device
        self.net = build(cfg).to(device)
        self.discriminator = Discriminator(cfg).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        initialise(self.discriminator, cfg.spread)
        self.artists = nn.Linear(cfg.style, max(1, len(cfg.artists))).to(device)
        betas = (cfg.beta1, 0.999)
        self.generator_optimizer = generator_optimizer(self._learning, cfg.rate, betas)
        self.discriminator_optimizer = discriminator_optimizer(self.discriminator, cfg.rate, betas)
        self.accuracy = torch.tensor(max(0.0, cfg.target))
        self._share = 1.0  # of the weights of the style losses, in this step
        self.average: ExponentialMovingAverage[Net] | None = None
        if cfg.average > 0:
            self.average = ExponentialMovingAverage(deepcopy(self.net), cfg.average, warmup=_WARM)

    @property
    def result(self) -> Net:
        """The networks that a training returns."""
        return self.net if self.average is None else self.average.module

    @property
    def state(self) -> dict[str, Any]:
        """All that a step changes, by name."""
        found: dict[str, Any] = {
            "net": self.net,
            "discriminator": self.discriminator,
            "artists": self.artists,
            "generator optimizer": self.generator_optimizer,
            "discriminator optimizer": self.discriminator_optimizer,
            "accuracy": self.accuracy,
        }
        return found if self.average is None else {**found, "average": self.average}

    @property
    def _learning(self) -> list[Tensor]:
        """The weights that are updated with the encoders and the decoder."""
        extra = self.artists.parameters() if self.cfg.own_artist_weight > 0 else ()
        return [*self.net.parameters(), *extra]

    @property
    def window(self) -> int:
        """W0 of this stage, pixels."""
        return self.cfg.windows[self.stage]

    def step(self, state: Mapping[str, Any], batch: Mapping[str, Tensor], i: int) -> dict[str, Tensor]:
        """One update of encoders and decoder, or of the discriminator, or of both where ``cfg.target`` is negative.

        Args:
            state: not used; it is ``self.state``.
            batch: ``image`` and ``art`` [B, 3, H, W], -1..1, ``category`` and ``artist`` int64 [B].
            i: number of the step in this stage.

        Returns:
            The losses by name, means over all processes.
        """
        self.net.train()
        self._begin((0, *self.cfg.until)[self.stage] + i)
        given = self.examples(mixed({name: value.to(self.device) for name, value in batch.items()}))
        both = self.cfg.target < 0
        of_generator = both or bool(self.accuracy >= self.cfg.target)
        count = len(given.categories)
        losses: dict[str, Tensor] = {}
        if of_generator:
            drawn = draw(self.net, given, self.window, own=self.cfg.reconstruction_weight > 0)
            losses, judged = self._generator_losses(drawn, given)
            self._update_generator(losses)
            if self.average is not None:
                self.average.update(self.net)
            self._learn(1 - (judged > 0).float().mean())
            result = drawn.results[:count].detach()
        else:
            result = first_result(self.net, given, self.window)
        if both or not of_generator:
            losses |= self._update_discriminator(given, result, learn=not both)
        found = distributed.mean_over_all(torch.stack([loss.detach() for loss in losses.values()]))
        return dict(zip(losses, found))

    def examples(self, batch: Mapping[str, Tensor]) -> Examples:
        """Patches of a batch: every second sample has x1 and y1, the others x2 and y2.

        Raises:
            InputError: there are no artworks.
        """
        if "art" not in batch:
            raise InputError("the training pictures have no artworks: this model learns from photos and artworks")
        side = self.cfg.patches[self.stage]
        photos, artworks = (
            patches(batch[name].to(self.device), side, augment=self.cfg.augment) for name in ("image", "art")
        )
        halves = [torch.cat([x[::2], x[1::2]]) for x in (photos, artworks)]
        first, second = (x.contiguous(memory_format=torch.channels_last) for x in halves)
        artists = torch.cat([batch["artist"][::2], batch["artist"][1::2]])
        same = equal(torch.cat([batch["art"][::2], batch["art"][1::2]])).to(self.device)
        return Examples(first, second, batch["category"][::2].to(self.device), artists.to(self.device), same)

    def _generator_losses(self, drawn: Drawn, given: Examples) -> tuple[dict[str, Tensor], Tensor]:
        """The weighted losses of encoders and decoder, and what the discriminator says of the results."""
        cfg, count = self.cfg, len(given.categories)
        result = drawn.results[:count]
        triplet, disentangling = style_losses(drawn, cfg.margins[self.stage], cfg.temperature, given.same)
        losses = {
            "triplet": self._share * cfg.triplet_weight * triplet,
            "disentangling": self._share * cfg.disentangling_weight * disentangling,
        }
        losses["content"] = cfg.content_weight * content_loss(
            *(x[:, : cfg.deep] for x in (drawn.contents, drawn.content_again))
        )
        losses["pixels"] = cfg.pixel_weight * pixel_loss(given.photos[:count], result, cfg.blur)
        real, artist, category = self.discriminator(moved(result, cfg.moves), self.window)
        real = of_artists(real, given.artists[:count])
        losses["generator"] = cfg.adversarial_weight * F.softplus(-real).mean()
        losses["artist"] = cfg.style_class_weight * class_loss(artist, given.artists[:count])
        if category is not None:
            losses["category"] = cfg.content_class_weight * class_loss(category, given.categories)
        if cfg.own_artist_weight > 0:
            own = F.cross_entropy(_SHARPNESS * self.artists(drawn.styles), given.artists)
            losses["own artist"] = cfg.own_artist_weight * own
        if drawn.own is not None:
            losses["own artwork"] = cfg.reconstruction_weight * (drawn.own - given.artworks[:count]).abs().mean()
        return losses, real.detach()

    def _update_generator(self, losses: Mapping[str, Tensor]) -> None:
        weights = self._learning
        self.generator_optimizer.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward(inputs=weights)  # type: ignore[no-untyped-call]
        distributed.average_gradients(weights)
        self.generator_optimizer.step()

    def _update_discriminator(self, given: Examples, result: Tensor, *, learn: bool) -> dict[str, Tensor]:
        cfg, count = self.cfg, len(given.categories)
        weights = list(self.discriminator.parameters())
        pictures = torch.cat([given.artworks, result, given.photos[:count]])
        real, artist, category = self.discriminator(moved(pictures, cfg.moves, parts=4), self.window)
        known = of_artists(real[: 2 * count], given.artists)
        made = of_artists(real[2 * count : 3 * count], given.artists[:count])
        judged = 0.5 * (F.softplus(-known).mean() + F.softplus(made).mean())
        losses = {"discriminator": cfg.adversarial_weight * judged}
        losses["artist of artworks"] = cfg.style_class_weight * class_loss(artist[: 2 * count], given.artists)
        if category is not None:
            of_photos = class_loss(category[3 * count :], given.categories)
            losses["category of photos"] = cfg.content_class_weight * of_photos
        self.discriminator_optimizer.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward(inputs=weights)  # type: ignore[no-untyped-call]
        distributed.average_gradients(weights)
        self.discriminator_optimizer.step()
        if learn:
            self._learn(0.5 * ((known > 0).float().mean() + (made < 0).float().mean()))
        return losses

    def _begin(self, step: int) -> None:
        """Set the learning rate and the share of the style losses of a step, counted over all stages."""
        rate, self._share = self.cfg.rate_at(step), self.cfg.share_at(step)
        for optimizer in (self.generator_optimizer, self.discriminator_optimizer):
            for group in optimizer.param_groups:
                group["lr"] = rate

    def _learn(self, accuracy: Tensor) -> None:
        """Move the average of the discriminator's accuracy."""
        found = distributed.mean_over_all(accuracy.detach().reshape(1)).reshape(()).to(self.accuracy.device)
        self.accuracy.lerp_(found, _RATE)


def mixed(batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The batch with its artworks in another order, by torch's global generator.

    The samples of a data set are pairs, always the same ones; here every photo meets every artwork, also those of other
    processes.
    """
    found = dict(batch)
    if "art" in batch:
        order = distributed.share(torch.randperm(distributed.world() * len(batch["art"])))
        found |= {name: distributed.gathered(batch[name])[order] for name in ("art", "artist")}
    return found


def equal(pictures: Tensor) -> Tensor:
    """Which pictures [B, 3, H, W] have equal values: bool [B, B]."""
    flat = pictures.flatten(1)
    return torch.stack([(flat == each).all(1) for each in flat])


def of_artists(real: Tensor, artists: Tensor) -> Tensor:
    """What is judged for the artist of each picture: [B, 1, h, w] of [B, 1 or artists, h, w] and int64 [B]."""
    return real if real.shape[1] == 1 else real[torch.arange(len(real), device=real.device), artists][:, None]


def draw(net: Any, given: Examples, window: int, *, own: bool = False) -> Drawn:
    """What the networks make of photos and artworks: contents and styles, three results, and their encodings.

    Args:
        net: the networks.
        given: photos and artworks.
        window: W0.
        own: whether y1 are drawn of their own content and style, too.
    """
    count = len(given.categories)
    encoded = torch.cat([given.photos, given.artworks[:count]]) if own else given.photos
    contents, styles = net.content(encoded, window), net.style(given.artworks, window)
    first, second, *rest = contents.split(count)
    one, other = styles.split(count)
    drawn = net.decoder(torch.cat([first, first, second, *rest]), torch.cat([one, other, one, *[one] * own]), window)
    results = drawn[: 3 * count]
    again, content_again = net.style(results, window), net.content(results[:count], window)
    return Drawn(first, styles, results, again, content_again, drawn[3 * count :] if own else None)


@torch.no_grad()
def first_result(net: Any, given: Examples, window: int) -> Tensor:
    """The photos x1 in the style of y1, [b, 3, h, w], without gradients."""
    count = len(given.categories)
    content, style = net.content(given.photos[:count], window), net.style(given.artworks[:count], window)
    result: Tensor = net.decoder(content, style, window)
    return result


def style_losses(
    drawn: Drawn, margin: float, temperature: float = 0.0, same: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """The fixpoint loss and the disentanglement loss, without their weights.

    Args:
        drawn: what was made in a step.
        margin: of the triplet.
        temperature: above 0, the fixpoint loss is ``finding_loss``.
        same: which artworks are one picture, for ``finding_loss``.
    """
    count = len(drawn.contents)
    first, second = torch.split(drawn.styles, count)
    as_first, as_second, as_first_too = torch.split(drawn.again, count)
    if temperature > 0:
        fixpoint = finding_loss(drawn.styles, drawn.again, temperature, same)
    else:
        fixpoint = triplet_loss(first, second, as_first, as_second, margin)
    return fixpoint, disentangling_loss(first, as_first, as_first_too)
