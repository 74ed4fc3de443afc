"""A given picture continued beyond its edges, by what a model has learned of what lies there."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import InputError
from calotype.image.blur import blur
from calotype.models.cocogan.config import Config
from calotype.models.cocogan.coordinates import cells, cropped, joined, macro_choices, micro_coordinates
from calotype.models.cocogan.generate import latent_of, strips
from calotype.models.cocogan.network import Net
from calotype.run import Run

Margins = tuple[int, int, int, int]  # pixels on the left, on the right, at the top, at the bottom

STEPS = 150  # of looking for the random vector
_RATE = 0.03
_APART = 0.25  # how much of another random vector the search begins with, so that seeds differ
_SMOOTH = 1 / 8  # of a cell: how smooth what brings the margin to the photo's tone is
_BESIDE = 0.5  # weight of what is in the middle of the picture; what lies at an edge that is gone beyond counts 1 more


def expand(cfg: Config, run: Run, *, net: Net, photo: Tensor, margins: Margins, seed: int = 0) -> Tensor:
    """Continue a picture beyond its edges; the picture itself stays as it is.

    The random vector that would have made the picture is looked for: the critic guesses it from all macro pieces, and
    gradient descent on the difference between picture and photo mends the guess, with most weight near the edges that
    are gone beyond (as Abdal, Qin, Wonka: "Image2StyleGAN", ICCV 2019, sec. 3, by the pixels alone and within the
    range that was trained on). What the generator makes of that vector outside is the margin, and its tone is brought
    to that of the photo where they meet, which fades over a cell.

    Args:
        cfg: as in training, with ``beyond`` above 0.
        run: where it runs; it is reported to.
        net: trained.
        photo: [1, 3, height, width], -1..1, of the size that was learned from.
        margins: pixels to add on the left, on the right, at the top and at the bottom.
        seed: of where the search begins.

    Returns:
        [1, 3, top + height + bottom, left + width + right], -1..1, on the run's device.

    Raises:
        InputError: the margins go beyond what was learned.
        Stopped: the run was asked to stop.
    """
    check_margins(margins, cfg)
    photo = photo.to(next(net.parameters()).device)
    latent = inverted(cfg, run, net=net, photo=photo, margins=margins, seed=seed)
    left, right, top, bottom = margins
    height, width = cfg.size
    # The generator goes beyond all sides alike.
    across, down = max(left, right), max(top, bottom)
    whole = torch.cat(list(strips(net, latent, cfg, (height + 2 * down, width + 2 * across))), dim=2)
    whole = whole[:, :, down - top : down + height + bottom, across - left : across + width + right]
    return _with_photo(whole, photo, margins, cfg).to(run.device)


def check_expands(cfg: Config) -> None:
    """Refuse to go beyond the edges with a model that has not learned what lies there.

    Raises:
        InputError: it has not.
    """
    check_margins((0, 0, 1, 1), cfg)


def check_margins(margins: Margins, cfg: Config) -> None:
    """Refuse to go further beyond the edges than was learned.

    Raises:
        InputError: the message says how far the model may go, and what to train for more.
    """
    if not cfg.beyond:
        raise InputError(
            "this model has not learned what lies beyond the edges of its pictures: train one that does, with --set "
            "beyond=1 --set beyond_steps=1000"
        )
    if cfg.coordinates == "cylindrical" and any(margins[:2]):
        raise InputError("a panorama has no edge on the left and on the right: give --top or --bottom (top=, bottom=)")
    most = cfg.beyond * cfg.micro
    if max(margins) > most:
        raise InputError(
            f"a margin of {max(margins)} pixels goes beyond what this model has learned: ask for at most {most}, or "
            f"train one that learns what lies further out, with --set beyond={-(-max(margins) // cfg.micro)}"
        )


def inverted(cfg: Config, run: Run, *, net: Net, photo: Tensor, margins: Margins, seed: int = 0) -> Tensor:
    """The random vector whose picture is most like a photo: [1, latent], -1..1.

    Args:
        cfg: as in training.
        run: reports the difference, and stops it.
        net: trained.
        photo: [1, 3, height, width], -1..1, of the size that was learned from.
        margins: which sides count most: those with a margin.
        seed: of where the search begins.

    Raises:
        Stopped: the run was asked to stop.
    """
    start = latent_of(seed, cfg).to(photo.device)
    guess = _guessed(net, photo, cfg)
    latent = (start if guess is None else torch.lerp(guess, start, _APART)).clamp(-1, 1).requires_grad_()
    weight = _weight(margins, cfg).to(photo)
    weight = weight / weight.mean()
    adam = torch.optim.Adam([latent], lr=_RATE)
    for _ in run.steps(STEPS, stage=f"looking for picture {seed}"):
        difference = (weight * (_made(net, latent, cfg) - photo).square()).mean()
        (latent.grad,) = torch.autograd.grad(difference, latent)
        adam.step()
        with torch.no_grad():
            latent.clamp_(-1, 1)
        run.report(difference=difference.detach())
    return latent.detach()


@torch.no_grad()
def _guessed(net: Net, photo: Tensor, cfg: Config) -> Tensor | None:
    """What the critic guesses of all macro pieces, on average; ``None`` where it has not learned to."""
    if net.critic.source is None:
        return None
    places = torch.cartesian_prod(*(torch.arange(count) for count in macro_choices(cfg))).to(photo.device)
    pieces = cropped(photo.expand(len(places), -1, -1, -1), places[:, 0], places[:, 1], cfg)
    guess: Tensor = net.critic.source(net.critic.features(pieces)).mean(dim=0, keepdim=True)
    return guess


def _made(net: Net, latent: Tensor, cfg: Config) -> Tensor:
    """The picture of a vector as large as those learned from, [1, 3, height, width]; gradients reach the vector."""
    rows, columns = cells(cfg)
    places = torch.cartesian_prod(torch.arange(rows), torch.arange(columns)).float().to(latent.device)
    where = micro_coordinates(places[:, 0], places[:, 1], cfg)
    return joined(net.average(latent.expand(len(where), -1), where), rows, columns, cfg)


def _weight(margins: Margins, cfg: Config) -> Tensor:
    """How much every pixel counts, [height, width]: more within a cell of a side with a margin."""
    height, width = cfg.size
    left, right, top, bottom = margins
    down, across = torch.arange(height)[:, None], torch.arange(width)[None]
    near = torch.zeros(height, width)
    for margin, distance in ((left, across), (right, width - 1 - across), (top, down), (bottom, height - 1 - down)):
        if margin:
            near = near.maximum((1 - distance / cfg.micro).clamp_min(0).expand(height, width))
    return _BESIDE + near


def _with_photo(whole: Tensor, photo: Tensor, margins: Margins, cfg: Config) -> Tensor:
    """The photo in its place in what was made, which takes over the photo's tone where they meet."""
    left, _, top, _ = margins
    height, width = cfg.size
    inside = (slice(None), slice(None), slice(top, top + height), slice(left, left + width))
    distance = _distance(margins, cfg).to(photo)
    # Between the outermost pixels of the photo and those that lie beside them, carried outwards. What was made inside
    # is no measure of what was made outside: there may be a step between the two.
    ring = [min(1, margin) for margin in margins]
    beside = whole[:, :, top - ring[2] : top + height + ring[3], left - ring[0] : left + width + ring[1]]
    beyond = [margin - one for margin, one in zip(margins, ring)]
    apart = F.pad(photo, margins, mode="replicate") - F.pad(beside, beyond, mode="replicate")
    # Only of what lies outside, and smooth: grain and lines are not to be drawn out.
    outside = (distance > 0).to(photo).expand(1, 1, -1, -1)
    sigma = cfg.micro * _SMOOTH
    tone = blur(apart * outside, sigma) / blur(outside, sigma).clamp_min(1e-6)
    result = (whole + (1 - distance / cfg.micro).clamp_min(0) * tone).clamp(-1, 1)
    result[inside] = photo
    return result


def _distance(margins: Margins, cfg: Config) -> Tensor:
    """How far every pixel of the result lies outside the photo, pixels: [height, width], 0 inside."""
    left, right, top, bottom = margins
    height, width = cfg.size
    down = torch.arange(-top, height + bottom).float()
    across = torch.arange(-left, width + right).float()
    down = torch.maximum(-down, down - (height - 1)).clamp_min(0)
    across = torch.maximum(-across, across - (width - 1)).clamp_min(0)
    return (down[:, None].square() + across[None].square()).sqrt()
