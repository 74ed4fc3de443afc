"""What a dissection says of class areas."""

import pytest
import torch

from calotype.errors import InputError
from calotype.inspection.chart import chart_of, picture, svg
from calotype.inspection.dissection import class_areas, dissect, finding_of, most_of, spread
from calotype.inspection.dissection_page import summary
from calotype.inspection.layers import Layer, Layered
from calotype.inspection.segmenters import PaletteSegmenter
from calotype.inspection.sources import ModelSource, SetSource, batches
from calotype.metrics.fsd import ClassArea

NAMES = ("sky", "ground", "tree", "person")
COLOURS = {"sky": (0, 0, 255), "ground": (120, 60, 0), "tree": (0, 200, 0), "person": (255, 0, 0)}


def areas_of(count, weights, seed=0):
    torch.manual_seed(seed)
    return 100 * torch.distributions.Dirichlet(torch.tensor(weights, dtype=torch.float64) * 5).sample((count,))


def test_the_class_that_is_left_out_comes_first_and_the_others_by_size():
    real, fake = areas_of(400, [50, 30, 19, 1]), areas_of(400, [50, 30, 19, 1], seed=1)
    fake[:, 3] = 0
    found = dissect(real, fake, NAMES)
    assert [row.area.name for row in found.rows] == ["person", "sky", "ground", "tree"]
    assert [row.finding for row in found.rows] == ["dropped", "", "", ""]
    assert [row.area.name for row in found.missing] == ["person"]
    assert found.rows[0].pictures == int((real[:, 3] > 0).sum())


def test_nothing_is_missing_in_the_other_half_of_a_set():
    for seed in range(10):
        real, fake = areas_of(400, [50, 30, 19, 1], seed), areas_of(400, [50, 30, 19, 1], seed + 100)
        assert not dissect(real, fake, NAMES).missing


@pytest.mark.parametrize(
    ("change", "least", "most", "finding"),
    [
        (-1.0, -1.0, -1.0, "dropped"),
        (-0.95, -1.0, -0.2, ""),
        (-0.6, -0.8, -0.4, "fewer"),
        (0.1, -0.1, 0.3, ""),
        (0.9, 0.5, 1.4, "more"),
        (None, None, None, ""),
    ],
)
def test_findings_are_those_of_the_interval(change, least, most, finding):
    assert finding_of(ClassArea("a", 1.0, 1.0, change, least, most)) == finding


def test_what_cannot_be_compared_is_one_line():
    real = areas_of(100, [1, 1, 1, 1])
    with pytest.raises(InputError, match=r"too few generated pictures to compare areas \(10\)"):
        dissect(real, real[:10], NAMES)
    blind = torch.zeros(100, 4, dtype=torch.float64)
    with pytest.raises(InputError, match="the segmenter sees nothing in the real pictures"):
        dissect(blind, real, NAMES)
    blind[:, 0] = 100
    with pytest.raises(InputError, match="nothing but sky"):
        dissect(blind, real, NAMES)


def layered(maps):
    """A generator of flat colours: the seed chooses the class."""
    colours = torch.tensor(list(COLOURS.values())).float() / 127.5 - 1
    return Layered(
        1,
        (
            Layer("first", (1, 1, 1), lambda z: z),
            Layer("colours", (3, 8, 8), lambda r: colours[r[:, 0, 0, 0].long()][:, :, None, None].expand(-1, 3, 8, 8)),
        ),
        lambda seeds: torch.tensor([[seed % maps] for seed in seeds]).float()[:, :, None, None],
    )


def test_pictures_come_in_batches_and_a_seed_is_always_the_same_picture():
    source = ModelSource(lambda numbers: layered(4), seed=3)
    made = list(batches(source, 150, (8, 8)))
    assert [len(batch) for batch in made] == [64, 64, 22]
    torch.testing.assert_close(torch.cat(made)[70:72], source.pictures([70, 71]))
    found = class_areas(made, PaletteSegmenter(COLOURS))
    assert found.shape == (150, 4)
    assert found[:4].argmax(1).tolist() == [3, 0, 1, 2]
    assert len(list(batches(source, 3, (600, 600)))) == 3  # one picture each, as they are large


def test_a_set_gives_its_samples_by_number():
    samples = [{"image": torch.full((3, 2, 2), float(i))} for i in range(5)]
    assert SetSource(samples, [4, 2, 0]).pictures([0, 2])[:, 0, 0, 0].tolist() == [4, 0]


def test_examples_are_those_with_most_of_a_class_and_evenly_spread_ones():
    areas = torch.tensor([[0.0, 9], [3, 9], [0, 9], [5, 9]])
    assert most_of(areas, 0, 3) == [3, 1]
    assert spread(100, 4) == [0, 33, 66, 99]
    assert spread(3, 8) == [0, 1, 2]


def test_the_chart_draws_every_class_in_both_forms():
    classes = [
        ClassArea("sky", 50, 49, -0.02, -0.05, 0.01),
        ClassArea("person <b>", 0.4, 0, -1, -1, -1),
        ClassArea("ufo", 0, 0.1, None, None, None),
        ClassArea("tree", 1, 9, 8, 7, 9),
    ]
    width, height, shapes = chart_of(classes)
    text = svg(width, height, shapes, "areas")
    assert "person &lt;b&gt;" in text
    assert "+8.0" in text
    assert "not in the set" in text
    image = picture(width, height, shapes, scale=1)
    assert image.size == (width, height)
    assert len(image.getcolors(1 << 20)) > 4


def test_classes_that_the_segmenter_never_finds_are_named():
    real = torch.rand(60, len(NAMES), generator=torch.Generator().manual_seed(0)).double() + 1
    real[:, -1] = 0
    found = dissect(real, real.flip(0), NAMES)
    assert found.unseen == (NAMES[-1],)
    assert summary(found).endswith(f"so not compared: {NAMES[-1]}.")
    assert "No class that was compared is left out" in summary(found)
