"""What is compared in an analogy, and whose colours come out."""

import pytest
import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.image.luminance import luminance, to_yiq
from calotype.matching import analogy as module
from calotype.matching.analogy import analogy_inputs
from calotype.tasks import analogy as task


def picture(seed: int, size: tuple[int, int] = (24, 30), channels: int = 3) -> Tensor:
    noise = torch.rand(1, channels, *size, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return 0.6 * noise


def halves(left: tuple[float, float, float], right: tuple[float, float, float]) -> Tensor:
    x = torch.tensor(left).view(1, 3, 1, 1).repeat(1, 1, 24, 30)
    x[..., 12:] = torch.tensor(right).view(3, 1, 1)
    return x


RED, BLUE = (1.0, -1.0, -1.0), (-1.0, -1.0, 1.0)


def test_label_maps_become_labels_of_the_counterparts_colours() -> None:
    case = analogy_inputs(picture(0), halves(RED, BLUE), halves(BLUE, RED))
    assert case.labelled
    assert torch.equal(case.source.flip(1)[..., 12:18], case.target[..., 12:18])
    assert torch.equal(case.exemplar, picture(0))
    assert torch.equal(case.coloured(picture(2)), picture(2))


def test_photos_are_compared_by_brightness_that_has_been_fitted() -> None:
    photo, before, target = picture(0), picture(1), 0.3 * picture(2, (20, 20)) + 0.1
    case = analogy_inputs(photo, before, target)
    assert not case.labelled
    assert float(case.source.mean()) == pytest.approx(float(case.target.mean()), abs=1e-6)
    assert float(case.source.std()) == pytest.approx(float(case.target.std()), abs=1e-6)
    # The same for the photo, though its own mean and deviation are others.
    factor = case.target.std() / luminance(before).std()
    torch.testing.assert_close(
        case.exemplar - case.exemplar.mean(), factor * (luminance(photo) - luminance(photo).mean())
    )


def test_a_filters_result_has_the_targets_colours() -> None:
    target = 0.5 * picture(2)
    case = analogy_inputs(picture(0), picture(1), target)
    made = case.coloured(0.2 + 0.5 * luminance(target))
    torch.testing.assert_close(to_yiq(made)[:, 1:], to_yiq(target)[:, 1:])


def test_colours_as_they_are_told() -> None:
    photo, before, target = picture(0), picture(1), picture(2)
    assert analogy_inputs(photo, before, target, colours="photo").exemplar.shape[1] == 3
    kept = analogy_inputs(photo, halves(RED, BLUE), halves(BLUE, RED), colours="target")
    assert kept.labelled
    assert torch.equal(kept.exemplar, luminance(photo))


def test_a_photo_alone_is_compared_by_its_blurred_brightness() -> None:
    case = analogy_inputs(picture(0), None, picture(1))
    assert case.source.shape[1] == 1
    assert torch.equal(case.exemplar, picture(0))
    flat = analogy_inputs(torch.full((1, 3, 24, 30), 0.25), None, picture(1))
    assert float(flat.source.std()) < 1e-5


def test_colours_can_be_compared_as_they_are() -> None:
    case = analogy_inputs(picture(0), halves(RED, BLUE), picture(1), guide="colours")
    assert not case.labelled
    assert torch.equal(case.source, halves(RED, BLUE))
    assert torch.equal(case.target, picture(1))


@pytest.mark.parametrize("before", [None, 1])
def test_transparency(before: int | None) -> None:
    photo, target = picture(0, channels=4), picture(2, channels=4)
    case = analogy_inputs(photo, before and picture(before, channels=4), target)
    made = case.coloured(case.exemplar)
    assert made.shape == (1, 4, 24, 30)
    assert torch.equal(made[:, 3:], photo[:, 3:] if before is None else target[:, 3:])
    assert analogy_inputs(picture(0), picture(1), target).coloured(luminance(target)).shape[1] == 3


def test_refusals() -> None:
    with pytest.raises(InputError, match="10x10 and the photo 30x24"):
        analogy_inputs(picture(0), picture(1, (10, 10)), picture(2))
    with pytest.raises(InputError, match="no label map"):
        analogy_inputs(picture(0), picture(1), picture(2), guide="labels")
    with pytest.raises(InputError, match="same colours"):
        analogy_inputs(picture(0), halves(RED, BLUE), picture(2))
    with pytest.raises(InputError, match=r"--guide shade \(guide=\)"):
        analogy_inputs(picture(0), picture(1), picture(2), guide="shade")
    with pytest.raises(InputError, match=r"--colours mine \(colours=\)"):
        analogy_inputs(picture(0), picture(1), picture(2), colours="mine")


def test_the_verb_offers_what_there_is() -> None:
    assert task.GUIDES == module.GUIDES
    assert task.COLOURS == module.COLOURS
