"""Outpainting: a given photo continued beyond its edges, by inverting the generator."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import InputError, counted
from calotype.image.blur import blur
from calotype.models.cocogan.config import Config
from calotype.models.cocogan.coordinates import cells, cropped, joined, macro_choices, micro_coordinates
from calotype.models.cocogan.generate import latent_of, strips
from calotype.models.cocogan.network import Net
from calotype.run import Run

Margins = tuple[int, int, int, int]  # pixels on the left, on the right, at the top, at the bottom

STEPS = 150  # of the latent vector's optimization
_RATE = 0.03
_START_NOISE = 0.25  # weight of a random latent vector in the initial one, so that seeds differ
_SMOOTH = 1 / 8  # sigma of the tone correction's blur, in cells
_CENTRE_WEIGHT = 0.5  # of pixels away from the extended edges; at an edge it is larger by 1


def expand(cfg: Config, run: Run, *, net: Net, photo: Tensor, margins: Margins, seed: int = 0) -> Tensor:
    """Continue a photo beyond its edges; its own pixels stay unchanged.

    GAN inversion: the latent head predicts a vector from all macro patches, and Adam minimizes the weighted squared
    error between generated image and photo from there, with larger weights near the extended edges (as Abdal, Qin,
    Wonka: "Image2StyleGAN", ICCV 2019, sec. 3, with the pixel loss only, and within the range of the training latents).
    The margin is what the generator extrapolates for that vector, corrected to the photo's tone at its border; the
    correction fades out over one cell.

    Args:
        cfg: as in training, with ``beyond`` above 0.
        run: receives progress; can stop the work.
        net: trained.
        photo: [1, 3, height, width], -1..1, of the training size.
        margins: pixels to add on the left, on the right, at the top and at the bottom.
        seed: of the initial latent vector.

    Returns:
        [1, 3, top + height + bottom, left + width + right], -1..1, on the run's device.

    Raises:
        InputError: the margins go beyond what was trained.
        Stopped: the run was asked to stop.
    """
    check_margins(margins, cfg)
    photo = photo.to(next(net.parameters()).device)
    latent = inverted(cfg, run, net=net, photo=photo, margins=margins, seed=seed)
    left, right, top, bottom = margins
    height, width = cfg.size
    # ``strips`` extends opposite sides evenly: generate the larger margin on both, then crop.
    across, down = max(left, right), max(top, bottom)
    whole = torch.cat(list(strips(net, latent, cfg, (height + 2 * down, width + 2 * across))), dim=2)
    whole = whole[:, :, down - top : down + height + bottom, across - left : across + width + right]
    return _paste_photo(whole, photo, margins, cfg).to(run.device)


def check_expands(cfg: Config) -> None:
    """Refuse to go beyond the edges with a model that has not learned what lies there.

    Raises:
        InputError: it has not.
    """
    check_margins((0, 0, 1, 1), cfg)


def check_margins(margins: Margins, cfg: Config) -> None:
    """Check that a model can extrapolate by these margins.

    Raises:
        InputError: the message says the limit, and how to train for more.
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
            f"a margin of {counted(max(margins), 'pixel')} goes beyond what this model has learned: ask for at "
            f"most {most}, or "
            f"train one that learns what lies further out, with --set beyond={-(-max(margins) // cfg.micro)}"
        )


def inverted(cfg: Config, run: Run, *, net: Net, photo: Tensor, margins: Margins, seed: int = 0) -> Tensor:
    """The latent vector whose image is most similar to a photo: [1, latent], -1..1.

    Args:
        cfg: as in training.
        run: receives the error of every step; can stop the work, which resumes if the run has a folder.
        net: trained.
        photo: [1, 3, height, width], -1..1, of the training size.
        margins: the sides with a margin have larger weights.
        seed: of the initial latent vector.

    Raises:
        Stopped: the run was asked to stop.
    """
    start = latent_of(seed, cfg).to(photo.device)
    predicted = _predicted_latent(net, photo, cfg)
    latent = (start if predicted is None else torch.lerp(predicted, start, _START_NOISE)).clamp(-1, 1).requires_grad_()
    weight = _weight(margins, cfg).to(photo)
    weight = weight / weight.mean()
    adam = torch.optim.Adam([latent], lr=_RATE)
    for _ in run.steps(STEPS, {"latent": latent, "adam": adam}, f"looking for picture {seed}"):
        difference = (weight * (_generated(net, latent, cfg) - photo).square()).mean()
        (latent.grad,) = torch.autograd.grad(difference, latent)
        adam.step()
        with torch.no_grad():
            latent.clamp_(-1, 1)
        run.report(difference=difference.detach())
    return latent.detach()


@torch.no_grad()
def _predicted_latent(net: Net, photo: Tensor, cfg: Config) -> Tensor | None:
    """The mean of the latent head's predictions over all macro patches; ``None`` without that head."""
    if net.critic.source is None:
        return None
    places = torch.cartesian_prod(*(torch.arange(count) for count in macro_choices(cfg))).to(photo.device)
    pieces = cropped(photo.expand(len(places), -1, -1, -1), places[:, 0], places[:, 1], cfg)
    predicted: Tensor = net.critic.source(net.critic.features(pieces)).mean(dim=0, keepdim=True)
    return predicted


def _generated(net: Net, latent: Tensor, cfg: Config) -> Tensor:
    """The image of a latent vector at training size, [1, 3, height, width]; differentiable in the vector."""
    rows, columns = cells(cfg)
    places = torch.cartesian_prod(torch.arange(rows), torch.arange(columns)).float().to(latent.device)
    where = micro_coordinates(places[:, 0], places[:, 1], cfg)
    return joined(net.average(latent.expand(len(where), -1), where), rows, columns, cfg)


def _weight(margins: Margins, cfg: Config) -> Tensor:
    """Weight of every pixel's error, [height, width]: larger within a cell of a side with a margin."""
    height, width = cfg.size
    left, right, top, bottom = margins
    down, across = torch.arange(height)[:, None], torch.arange(width)[None]
    near = torch.zeros(height, width)
    for margin, distance in ((left, across), (right, width - 1 - across), (top, down), (bottom, height - 1 - down)):
        if margin:
            near = near.maximum((1 - distance / cfg.micro).clamp_min(0).expand(height, width))
    return _CENTRE_WEIGHT + near


def _paste_photo(whole: Tensor, photo: Tensor, margins: Margins, cfg: Config) -> Tensor:
    """Paste the photo into the generated image, after correcting the tone of the margin to match at the border."""
    left, _, top, _ = margins
    height, width = cfg.size
    inside = (slice(None), slice(None), slice(top, top + height), slice(left, left + width))
    distance = _distance(margins, cfg).to(photo)
    # Difference between the photo's outermost pixels and the generated ones just outside, replicated outwards.
    # Generated pixels inside are not comparable: the generator may leave a step between inside and outside.
    ring = [min(1, margin) for margin in margins]
    ring_pixels = whole[:, :, top - ring[2] : top + height + ring[3], left - ring[0] : left + width + ring[1]]
    beyond = [margin - one for margin, one in zip(margins, ring)]
    difference = F.pad(photo, margins, mode="replicate") - F.pad(ring_pixels, beyond, mode="replicate")
    # Blurred over the margin only, so that texture is not smeared outwards.
    outside = (distance > 0).to(photo).expand(1, 1, -1, -1)
    sigma = cfg.micro * _SMOOTH
    tone = blur(difference * outside, sigma) / blur(outside, sigma).clamp_min(1e-6)
    result = (whole + (1 - distance / cfg.micro).clamp_min(0) * tone).clamp(-1, 1)
    result[inside] = photo
    return result


def _distance(margins: Margins, cfg: Config) -> Tensor:
    """Distance of every pixel of the result from the photo, in pixels: [height, width], 0 inside."""
    left, right, top, bottom = margins
    height, width = cfg.size
    down = torch.arange(-top, height + bottom).float()
    across = torch.arange(-left, width + right).float()
    down = torch.maximum(-down, down - (height - 1)).clamp_min(0)
    across = torch.maximum(-across, across - (width - 1)).clamp_min(0)
    return (down[:, None].square() + across[None].square()).sqrt()
