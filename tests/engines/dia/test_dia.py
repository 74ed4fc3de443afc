"""Deep Image Analogy: fields, features, deconvolution, and what it makes of pictures whose right answer is known."""

import dataclasses
import os

import pytest
import torch
import torch.nn.functional as F

from calotype.engines import dia
from calotype.engines.dia.deconvolve import deconvolved
from calotype.engines.dia.features import Layers, normalised, responses
from calotype.engines.dia.fields import Field, comparable, search
from calotype.engines.dia.generate import layer_count, scales
from calotype.errors import InputError, Stopped
from calotype.image.blur import blur
from calotype.matching.field import GridShape
from calotype.nn.vgg import VGG19_BLOCKS, VGG_FILE, VISION_VGG19_FILE, Vgg19
from calotype.run import Run

TINY = dia.PRESETS["tiny"]
WEIGHTS = os.environ.get("CALOTYPE_WEIGHTS", "")
trained = pytest.mark.skipif(
    not os.path.exists(os.path.join(WEIGHTS, VGG_FILE)), reason="the weights of VGG-16 are not in CALOTYPE_WEIGHTS"
)


def picture(height, width, seed=0, smooth=1.5):
    noise = torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(seed))
    smoothed = blur(noise, smooth)
    return smoothed / smoothed.abs().max()


def whole(height, width, patch=3):
    """The field of a picture to itself."""
    shape = GridShape((height, width), patch)
    return Field(torch.arange(shape.shape[0] * shape.shape[1]), shape, shape)


def test_a_field_to_itself_moves_nothing():
    values = torch.randn(1, 5, 7, 9)
    assert torch.equal(whole(7, 9).warp(values), values)
    assert torch.equal(whole(7, 9, 5).warp(values), values)


def test_a_shift_moves_every_position_that_has_a_match():
    query, key = GridShape((6, 8), 3), GridShape((6, 10), 3)
    rows, columns = query.shape
    index = torch.arange(rows)[:, None] * key.shape[1] + torch.arange(columns)[None] + 2
    values = torch.randn(1, 2, 6, 10)
    assert torch.equal(Field(index.flatten(), query, key).warp(values), values[:, :, :, 2:])


def test_an_upsampled_field_to_itself_stays_one():
    fine = whole(8, 12).upsampled(GridShape((16, 24), 5), GridShape((16, 24), 5))
    assert torch.equal(fine.index, whole(16, 24, 5).index)


def test_the_search_finds_a_shifted_copy():
    key = picture(30, 34, smooth=0.7)
    query = key[:, :, 3:, 5:]
    cfg = dataclasses.replace(TINY, passes=6, channels=3, components=27)
    found = search(*comparable(query, key, 3, cfg), 0, None, cfg, torch.Generator().manual_seed(0))
    rows, columns = found.query.shape
    wanted = (torch.arange(rows)[:, None] + 3) * found.key.shape[1] + torch.arange(columns)[None] + 5
    assert (found.index.view(rows, columns) == wanted).float().mean() > 0.95


def test_random_guesses_stay_within_their_radius():
    from calotype.matching.patchmatch import random_jumps, random_radii

    radii = random_radii(4)
    assert max(radii) == 4
    jumps = random_jumps(radii, 1000, 500, torch.Generator().manual_seed(0), torch.device("cpu"))
    rows = torch.div(jumps + 500, 1000, rounding_mode="floor")
    assert rows.abs().max() <= 4
    assert (jumps - 1000 * rows).abs().max() <= 4


def test_layers_are_those_of_the_network():
    layers = Layers("untrained", torch.device("cpu"))
    x = picture(33, 40)
    maps = layers.of(x, 3)
    net = layers.net
    one = F.relu(net.conv1_1(net.prepared(x)))
    two = F.relu(net.conv2_1(F.max_pool2d(F.relu(net.conv1_2(one)), 2)))
    three = F.relu(net.conv3_1(F.max_pool2d(F.relu(net.conv2_2(two)), 2)))
    for found, wanted in zip(maps, (one, two, three)):
        torch.testing.assert_close(found, wanted)
    assert torch.equal(layers.next(maps[1], 2), maps[2])


def test_features_have_unit_length_and_responses_are_relative():
    x = torch.rand(1, 4, 3, 3)
    x[:, :, 1, 1] = 0
    length = normalised(x).norm(dim=1)
    assert length[0, 1, 1] == 0
    torch.testing.assert_close(length[0, 0], torch.ones(3))
    assert responses(x).max() == 1
    torch.testing.assert_close(responses(3 * x), responses(x))


def test_deconvolution_finds_features_that_lead_to_the_wanted_ones():
    layers = Layers("untrained", torch.device("cpu"))
    own = layers.of(picture(32, 32), 2)
    start = layers.of(picture(32, 32, seed=1), 1)[0]

    def error(x):
        return float((layers.next(x, 1) - own[1]).square().mean())

    few, many = (error(deconvolved(start, own[1], lambda x: layers.next(x, 1), steps)) for steps in (5, 40))
    assert many < few < error(start)
    assert many < 0.2 * error(start)
    assert torch.equal(deconvolved(start, own[1], lambda x: x, 0), start)
    assert deconvolved(start, own[1], lambda x: layers.next(x, 1), 5).min() >= 0


def test_a_picture_in_its_own_style_is_itself():
    photo = picture(48, 64, smooth=0.7)
    made = dia.stylize([photo], dataclasses.replace(TINY, side=64), Run(), picture=photo, size=(48, 64), seed=3)
    assert (made - photo).abs().mean() < 0.01 * photo.abs().mean()


def test_the_result_is_made_of_pixels_of_the_style_at_the_size_asked_for():
    style, content = picture(80, 60), picture(50, 70, seed=1)
    cfg = dataclasses.replace(TINY, patches=(3, 3, 3, 3, 1))
    made = dia.stylize([style], cfg, Run(), picture=content, size=(40, 56), seed=0)
    assert made.shape == (1, 3, 40, 56)
    known = {tuple(pixel.tolist()) for pixel in style[0].flatten(1).T}
    assert {tuple(pixel.tolist()) for pixel in made[0].flatten(1).T} <= known


def test_transparency_of_the_style_is_moved_along():
    style = torch.cat([picture(40, 40), torch.ones(1, 1, 40, 40)], 1)
    made = dia.stylize([style], TINY, Run(), picture=picture(40, 40, seed=1), size=(40, 40), seed=0)
    assert made.shape[1] == 4
    torch.testing.assert_close(made[:, 3], torch.ones(1, 40, 40))


def test_equal_seeds_give_equal_pictures_and_inputs_are_kept():
    style, content = picture(40, 44), picture(44, 40, seed=1)
    given = style.clone(), content.clone()
    made = [dia.analogy([style], TINY, Run(), picture=content, size=(44, 40), seed=seed) for seed in (1, 1, 2)]
    assert torch.equal(made[0], made[1])
    assert not torch.equal(made[0], made[2])
    assert torch.equal(style, given[0])
    assert torch.equal(content, given[1])


def test_structure_gives_the_published_sets_of_weights():
    cfg = dia.PRESETS["paper"]
    published = {0.0: (0.7, 0.6, 0.5, 0.0), 0.5: (0.8, 0.7, 0.6, 0.1), 1.0: (0.9, 0.8, 0.7, 0.2)}
    for structure, weights in published.items():
        assert [w + cfg.gain * structure for w in cfg.weights] == pytest.approx(weights)
    assert (cfg.patches, cfg.radii, cfg.passes) == ((3, 3, 3, 5, 5), (0, 6, 6, 4, 4), 10)


def test_analogy_is_stylize_at_the_default_structure():
    style, content = picture(40, 44), picture(44, 40, seed=1)
    one = dia.analogy([style], TINY, Run(), picture=content, size=(44, 40), seed=1)
    assert torch.equal(one, dia.stylize([style], TINY, Run(), picture=content, size=(44, 40), seed=1, structure=1.0))


@pytest.mark.parametrize(("side", "count"), [(16, 3), (63, 4), (64, 5), (250, 5)])
def test_small_pictures_have_fewer_layers(side, count):
    assert layer_count([(side, 2 * side)], TINY) == count
    assert scales((side, side), dataclasses.replace(TINY, side=1000))[-1] == (side, side)


def test_progress_has_a_step_for_each_layer_and_can_be_stopped():
    events, run = [], Run()
    run = Run(on_event=events.append)
    dia.analogy([picture(64, 64)], TINY, run, picture=picture(64, 64, 1), size=(64, 64), seed=0)
    assert [event.steps for event in events if event.kind == "step"] == [layer_count([(48, 48)], TINY)] * layer_count(
        [(48, 48)], TINY
    )
    run.stop()
    with pytest.raises(Stopped):
        dia.analogy([picture(64, 64)], TINY, run, picture=picture(64, 64, 1), size=(64, 64), seed=0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"passes": 0}, "passes=0"),
        ({"channels": 0}, "channels=0"),
        ({"side": 4}, "side=4"),
        ({"deconvolution": -1}, "deconvolution=-1"),
        ({"patches": (3, 3)}, "five values"),
        ({"patches": (3, 3, 3, 4, 5)}, "odd numbers"),
    ],
)
def test_settings_out_of_range_are_refused(change, words):
    photo = picture(32, 32)
    with pytest.raises(InputError, match=words):
        dia.analogy([photo], dataclasses.replace(TINY, **change), Run(), picture=photo, size=(32, 32), seed=0)


def test_two_photos_and_small_pictures_are_refused():
    photo = picture(32, 32)
    with pytest.raises(InputError, match="one picture"):
        dia.analogy([photo, photo], TINY, Run(), picture=photo, size=(32, 32), seed=0)
    with pytest.raises(InputError, match="too few"):
        dia.analogy([photo], TINY, Run(), picture=photo, size=(8, 32), seed=0)


def test_missing_weights_are_said_in_a_line(monkeypatch):
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)
    photo = picture(32, 32)
    with pytest.raises(InputError, match="CALOTYPE_WEIGHTS"):
        dia.analogy([photo], dia.PRESETS["fast"], Run(), picture=photo, size=(32, 32), seed=0)


@trained
def test_a_shifted_recoloured_picture_is_recognised():
    from pathlib import Path

    from calotype.image.io import open_photo, to_tensor

    photo = to_tensor(open_photo(Path(__file__).parents[3] / "examples" / "photos" / "mountains.jpg", max_side=200))
    style = 0.7 * photo[:, [1, 2, 0]].roll((6, 10), (2, 3)) - 0.2  # other colours, moved
    made = dia.analogy([style], dia.PRESETS["fast"], Run(), picture=photo, size=photo.shape[2:], seed=0)
    inner = (slice(None), slice(None), slice(20, -20), slice(20, -20))
    wanted = 0.7 * photo[:, [1, 2, 0]] - 0.2
    assert (made - wanted)[inner].abs().mean() < 0.35 * (wanted - wanted.mean((2, 3), keepdim=True))[inner].abs().mean()


def test_vgg19_of_the_user_is_taken(tmp_path, monkeypatch):
    """A file of torchvision with random weights; the way from layer to layer is that of the network."""
    torch.manual_seed(0)
    whole_net = Vgg19("random", vision=True)
    weights, place = {}, 0
    for block, (count, _) in enumerate(VGG19_BLOCKS, 1):
        for number in range(1, count + 1):
            for kind, value in whole_net.get_submodule(f"conv{block}_{number}").state_dict().items():
                weights[f"features.{place}.{kind}"] = value
            place += 2
        place += 1
    torch.save(weights, tmp_path / VISION_VGG19_FILE)
    monkeypatch.setenv("CALOTYPE_WEIGHTS", str(tmp_path))
    cfg = dataclasses.replace(TINY, features="vgg19")
    dia.needs(cfg, "stylize")
    layers = Layers("vgg19", torch.device("cpu"))
    x = picture(32, 48)
    first = F.relu(whole_net.conv3_1(F.max_pool2d(whole_net.layers(x)[1], 2)))
    torch.testing.assert_close(layers.of(x, 3)[2], first)
    made = dia.stylize([picture(40, 48, 1)], cfg, Run(), picture=picture(40, 48), size=(40, 48), seed=0, structure=1.0)
    assert made.shape == (1, 3, 40, 48)
    monkeypatch.setenv("CALOTYPE_WEIGHTS", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="VGG-19 weights"):
        dia.needs(cfg, "stylize")
