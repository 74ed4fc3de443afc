import math
from dataclasses import replace

import pytest
import torch

from calotype.errors import InputError
from calotype.models import control3d
from calotype.models.control3d import PRESETS
from calotype.models.control3d.generate import camera_at, edited, latent_of
from calotype.models.control3d.losses import compactness_loss, consistency_errors
from calotype.models.control3d.network import Layers, Net, view_of
from calotype.models.control3d.paired_trainer import PairedTrainer, whole_groups
from calotype.models.control3d.scene import SceneGenerator, detached, hidden_at_random, random_cameras, turned_objects
from calotype.models.control3d.styled import StyledPainter
from calotype.models.control3d.trainer import Trainer
from calotype.render.camera import Pose
from calotype.render.primitives import cuboids, textured
from calotype.run import Run

CFG = replace(PRESETS["tiny"], classes=2)
PUBLISHED = {"painters": "residual", "discriminator": "residual", "loss": "logistic"}


def layers(cfg, count=3, seed=0):
    torch.manual_seed(seed)
    net, latent = Net(cfg).eval(), torch.randn(count, cfg.latent)
    return net.layers(net.scene(latent), latent, random_cameras(count, cfg))


@pytest.mark.parametrize("primitive", ["cuboid", "sphere", "points"])
@pytest.mark.parametrize("classes", [0, 2])
@pytest.mark.parametrize("kind", [{}, PUBLISHED])
def test_layers_have_declared_shapes_and_ranges(primitive, classes, kind):
    cfg = replace(PRESETS["tiny"], primitive=primitive, classes=classes, **kind)
    made = layers(cfg)
    assert made.picture.shape == made.background.shape == (3, 3, 16, 16)
    assert made.colours.shape == (3, 2, 3, 16, 16)
    assert made.alpha.shape == made.outline.shape == made.depth.shape == (3, 2, 1, 16, 16)
    assert made.picture.abs().max() <= 1 + 1e-5
    assert made.alpha.min() >= 0
    if not classes:
        assert torch.equal(made.background, torch.ones_like(made.background))


def test_no_object_leaves_its_primitive():
    made = layers(CFG)
    assert (made.alpha <= made.outline + 1e-6).all()


def test_primitives_have_sizes_and_places_in_range():
    net = Net(CFG)
    scene = net.scene(10 * torch.randn(20, CFG.latent))
    assert scene.pose.half.min() >= CFG.least_size
    assert scene.pose.half.max() <= CFG.most_size
    assert scene.pose.place.abs().max() <= 1


def test_hidden_objects_leave_no_trace_and_one_is_always_left():
    torch.manual_seed(0)
    net, latent = Net(CFG).eval(), torch.randn(40, CFG.latent)
    scene = hidden_at_random(net.scene(latent))
    counts = scene.present.sum(1)
    assert set(counts.tolist()) == {1.0, 2.0}
    made = net.layers(scene, latent, random_cameras(40, CFG))
    assert made.alpha[scene.present == 0].max() == 0


def test_what_is_detached_gives_no_gradient_to_the_scene():
    net, latent = Net(CFG), torch.randn(2, CFG.latent)
    camera = random_cameras(2, CFG)
    made = net.layers(detached(net.scene(latent)), latent, camera).picture.sum()
    assert not any(
        bool(gradient.any())
        for gradient in torch.autograd.grad(made, list(net.scene.parameters()), allow_unused=True, retain_graph=True)
        if gradient is not None
    )
    painted = torch.autograd.grad(made, list(net.painter.parameters()), allow_unused=True)
    assert any(gradient is not None and bool(gradient.any()) for gradient in painted)


def test_sampled_poses_are_uniform_in_the_plane_and_about_the_vertical_axis():
    cfg = replace(PRESETS["study"], reach=0.5)
    torch.manual_seed(0)
    generator = SceneGenerator(cfg)
    latent = torch.randn(400, cfg.latent)
    pose = generator(latent).pose
    for axis in (0, 2):
        place = pose.place[..., axis].detach().flatten()
        assert place.abs().max() < 0.5
        assert float(place.mean()) == pytest.approx(0, abs=0.03)
        assert float(place.std()) == pytest.approx(1 / math.sqrt(12), abs=0.02)
    up = pose.rotation[..., 1]  # of the vertical axis
    assert torch.equal(up, torch.tensor([0.0, 1, 0]).expand_as(up))
    heading = torch.atan2(pose.rotation[..., 0, 2], pose.rotation[..., 0, 0]).detach().flatten()
    assert float(heading.std()) == pytest.approx(2 * math.pi / math.sqrt(12), abs=0.1)
    half = cfg.latent // 2
    look = torch.cat([latent[:, :half], torch.randn(400, half)], 1)
    assert torch.equal(generator(look).pose.place, pose.place)  # appearance does not move objects


def test_sampled_poses_need_long_latent_vectors():
    with pytest.raises(ValueError, match="latent has to be at least 18"):
        replace(PRESETS["study"], latent=16)


def test_compactness_has_no_gradient_below_the_least_area():
    outline = torch.cat([torch.full((1, 1, 1, 4, 4), 0.05), torch.full((1, 1, 1, 4, 4), 0.5)], 1).requires_grad_()
    loss = compactness_loss(outline, 0.1)
    assert float(loss.detach()) == pytest.approx((0.1 + 0.5) / 2)
    (gradient,) = torch.autograd.grad(loss, outline)
    assert gradient[:, 0].abs().sum() == 0
    assert gradient[:, 1].abs().sum() > 0


def test_consistency_is_small_for_a_solid_that_is_turned_and_large_for_one_that_is_painted_anew():
    cfg = replace(PRESETS["tiny"], size=48, **PUBLISHED)
    view = view_of(cfg)
    axis = torch.linspace(-1, 1, 12)
    z, y, x = torch.meshgrid(axis, axis, axis, indexing="ij")
    grid = torch.stack([(2 * x).sin(), (2 * y).cos(), (x + z).sin()])[None]
    camera = camera_at(0, 60, cfg, torch.device("cpu"))
    torch.manual_seed(1)
    scene = Net(replace(cfg, objects=1)).scene(torch.randn(1, cfg.latent))
    pose = scene.pose._replace(place=torch.zeros(1, 1, 3), half=torch.full((1, 1, 3), 0.4))
    scene = scene._replace(pose=pose)

    def seen(scene):
        flat = Pose(*(part.flatten(0, 1) for part in scene.pose))
        placed = flat._replace(
            rotation=camera.rotation @ flat.rotation,
            place=(camera.rotation @ flat.place[..., None])[..., 0] + camera.place,
        )
        made = cuboids(placed, view)
        colours = textured(made.surface, grid)[:, None]
        alpha, depth = made.alpha[:, None, None], made.depth[:, None, None]
        at = Pose(*(part[:, None] for part in placed))
        return Layers(colours[:, 0], colours, alpha, alpha, depth, depth, depth[:, 0], colours[:, 0], at, scene.pose)

    one, other = seen(scene), seen(turned_objects(scene, torch.full((1, 1), 0.35)))
    depth, colours = consistency_errors(one, other, view)
    assert depth < 0.01
    assert colours < 0.03
    painted = other._replace(colours=other.colours.flip(4))
    assert consistency_errors(one, painted, view)[1] > 5 * colours


def test_edits_change_what_they_say():
    net = Net(CFG).eval()
    scene = net.scene(latent_of(0, CFG))
    made = edited(scene, (1,), 90.0, (0.2, 0.1, 0.0), 1.5, (2,))
    moved = made.pose.place[0, 0] - scene.pose.place[0, 0]
    assert torch.allclose(moved, torch.tensor([-0.2, -0.1, 0.0]), atol=1e-5)
    assert torch.allclose(made.pose.half[0, 0], 1.5 * scene.pose.half[0, 0])
    assert torch.equal(made.pose.place[0, 1], scene.pose.place[0, 1])
    assert made.present.tolist() == [[1.0, 0.0]]
    assert scene.present.tolist() == [[1.0, 1.0]]
    whole = edited(scene, (1,), 360.0, (0.0, 0.0, 0.0), 1.0, ())
    assert torch.allclose(whole.pose.rotation, scene.pose.rotation, atol=1e-5)


def test_right_and_up_are_those_of_the_picture():
    net, run = Net(CFG).eval(), Run()
    rows, columns = torch.arange(16.0)[:, None], torch.arange(16.0)[None]
    for seed in range(4):
        middles = []
        for move in ((0.0, 0.0, 0.0), (0.2, 0.0, 0.0), (0.0, 0.2, 0.0)):
            alpha = control3d.layers(CFG, run, net=net, seed=seed, objects=(1,), move=move).outline[0, 0, 0]
            middles.append([float((alpha * at).sum() / alpha.sum()) for at in (columns, rows)])
        assert middles[1][0] > middles[0][0]
        assert middles[2][1] < middles[0][1]


def test_an_edit_leaves_what_it_does_not_touch():
    """Outside of the old and the new outline of the object nothing changes."""
    torch.manual_seed(2)
    net, run = Net(CFG).eval(), Run()
    before, after = (
        control3d.layers(CFG, run, net=net, seed=1, objects=(1,), move=(move, 0.0, 0.0)) for move in (0.0, 0.3)
    )
    touched = (before.outline[:, 0] > 1e-4) | (after.outline[:, 0] > 1e-4)
    change = (before.picture - after.picture).abs().amax(1, keepdim=True)
    assert change[~touched].max() < 1e-3
    assert change.max() > 1e-3


def test_a_look_of_another_seed_keeps_the_geometry():
    net, run = Net(CFG).eval(), Run()
    one, other = (control3d.layers(CFG, run, net=net, seed=1, look=look) for look in (None, 5))
    assert torch.equal(one.outline, other.outline)
    assert not torch.equal(one.picture, other.picture)


def test_a_turntable_is_the_scene_from_all_around():
    net, run = Net(CFG).eval(), Run()
    film = control3d.turntable(CFG, run, net=net, seed=3, frames=4)
    assert len(film) == 4
    assert torch.allclose(film[1], control3d.scene(CFG, run, net=net, seed=3, azimuth=90.0), atol=1e-5)
    turned = control3d.turntable(CFG, run, net=net, seed=3, frames=4, objects=(1,))
    assert torch.allclose(turned[2], control3d.scene(CFG, run, net=net, seed=3, objects=(1,), turn=180.0), atol=1e-5)


@pytest.mark.parametrize(
    "given", [{"objects": (3,)}, {"remove": (0,)}, {"grow": 5.0, "objects": (1,)}, {"grow": 0.0}, {"polar": 90.0}]
)
def test_what_cannot_be_drawn_is_refused(given):
    with pytest.raises(InputError, match="="):
        control3d.scene(CFG, Run(), net=Net(CFG), **given)


def test_a_camera_inside_an_object_is_refused(monkeypatch):
    net = Net(CFG)
    whole = net.scene(latent_of(0, CFG))
    camera = camera_at(0, 60, CFG, torch.device("cpu"))
    near = whole._replace(pose=whole.pose._replace(place=camera.position[:, None].expand(1, 2, 3)))
    monkeypatch.setattr(net.scene, "forward", lambda latent: near)
    with pytest.raises(InputError, match="inside of object 1"):
        control3d.scene(CFG, Run(), net=net, azimuth=0.0, polar=60.0)
    with pytest.raises(InputError, match="inside of object 2"):
        control3d.scene(CFG, Run(), net=net, azimuth=0.0, polar=60.0, remove=(1,))
    assert control3d.scene(CFG, Run(), net=net, azimuth=0.0, polar=60.0, remove=(1, 2)).shape == (1, 3, 16, 16)


def test_training_needs_labels_where_there_are_two_kinds_of_pictures():
    with pytest.raises(InputError, match="background"):
        control3d.train(lambda i: {"image": torch.zeros(4, 3, 16, 16)}, CFG, Run())


@pytest.mark.parametrize("labels", [[0, 1, 0, 1], [1, 1, 1, 1]])
def test_a_step_takes_any_share_of_both_kinds(labels):
    trainer = Trainer(replace(CFG, **PUBLISHED, optimizer="rmsprop"), torch.device("cpu"))
    values = trainer.step({}, {"image": torch.rand(4, 3, 16, 16) * 2 - 1, "label": torch.tensor(labels)}, 0)
    assert set(values) == {"discriminator", "generator", "compactness", "consistency"}
    assert all(torch.isfinite(value) for value in values.values())


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
@pytest.mark.parametrize("labels", [[0, 1, 0, 1], [1, 1, 1, 1], [0, 0, 0, 0]])
def test_a_paired_step_takes_any_share_of_both_kinds(labels, optimizer):
    trainer = PairedTrainer(replace(CFG, optimizer=optimizer), torch.device("cpu"))
    values = trainer.step({}, {"image": torch.rand(4, 3, 16, 16) * 2 - 1, "label": torch.tensor(labels)}, 0)
    assert set(values) == {"discriminator", "generator", "compactness", "consistency"}
    assert all(torch.isfinite(value) for value in values.values())


def changed(trainer, labels, i):
    """Which parts of the generators a step changes."""
    before = {name: value.clone() for name, value in trainer.net.named_parameters()}
    trainer.step({}, {"image": torch.rand(4, 3, 16, 16) * 2 - 1, "label": torch.tensor(labels)}, i)
    after = dict(trainer.net.named_parameters())
    return {".".join(name.split(".")[:2]) for name, value in before.items() if not torch.equal(value, after[name])}


def test_the_first_steps_learn_surroundings_alone():
    torch.manual_seed(0)
    trainer = PairedTrainer(replace(CFG, steps=10, surroundings_first=0.4), torch.device("cpu"))
    assert trainer.first == 4
    assert changed(trainer, [1, 1, 1, 1], 0) == set()  # no picture of surroundings
    of_background = changed(trainer, [1, 0, 1, 0], 3)
    assert of_background
    assert all(part.startswith("background.") or part == "scene.around" for part in of_background)
    of_scenes = changed(trainer, [1, 0, 1, 0], 4)
    assert "scene.geometry" in of_scenes
    assert any(part.startswith("painter.") for part in of_scenes)


@pytest.mark.parametrize(("count", "kept"), [(0, 0), (1, 1), (3, 2), (4, 4), (7, 4), (9, 8)])
def test_surroundings_are_judged_in_whole_groups(count, kept):
    assert whole_groups(torch.arange(count)).tolist() == list(range(kept))


def test_consistency_begins_when_objects_are_opaque_no_more():
    torch.manual_seed(0)
    trainer = PairedTrainer(replace(CFG, steps=10, opaque=0.5), torch.device("cpu"))
    batch = {"image": torch.rand(4, 3, 16, 16) * 2 - 1, "label": torch.tensor([0, 1, 1, 1])}
    assert ["consistency" in trainer.step({}, batch, i) for i in (4, 5, 6, 8)] == [False, False, True, True]


def test_objects_are_as_opaque_as_their_primitives_at_first():
    trainer = PairedTrainer(replace(CFG, steps=10, surroundings_first=0.2, opaque=0.5), torch.device("cpu"))
    assert [trainer.opaque(i) for i in (0, 2, 6, 7, 8, 9)] == [1.0, 1.0, 1.0, 0.5, 0.0, 0.0]
    net, latent = trainer.net.eval(), torch.randn(3, CFG.latent)
    camera = random_cameras(3, CFG)
    solid, painted = (net.layers(net.scene(latent), latent, camera, opaque) for opaque in (1.0, 0.0))
    assert torch.allclose(solid.alpha, solid.outline)
    assert not torch.allclose(painted.alpha, painted.outline)


def test_the_painter_of_one_object_is_as_narrow_as_that_of_several():
    one, two = (Net(replace(CFG, objects=count)).painter for count in (1, 2))
    assert [weight.shape for weight in one.given] == [weight.shape for weight in two.given]
    assert one.given[-1].shape[0] == CFG.width // 2


def kinds_of_pictures(i):
    drawn = torch.Generator().manual_seed(i)
    return {
        "image": torch.rand(4, 3, 16, 16, generator=drawn) * 2 - 1,
        "label": torch.randint(2, (4,), generator=drawn),
    }


def test_a_training_that_died_in_either_part_goes_on_bit_for_bit(tmp_path):
    cfg = replace(CFG, steps=6, surroundings_first=0.5, opaque=0.5)
    whole = control3d.train(kinds_of_pictures, cfg, Run(seed=3)).state_dict()

    for dies_at in (2, 5):

        def batches(i, dies_at=dies_at):
            if i == dies_at:
                raise RuntimeError("dead")
            return kinds_of_pictures(i)

        with pytest.raises(RuntimeError, match="dead"):
            control3d.train(batches, cfg, Run(tmp_path, seed=3, save_every_steps=1))
    resumed = control3d.train(kinds_of_pictures, cfg, Run(tmp_path, seed=3, save_every_steps=1)).state_dict()
    assert all(torch.equal(value, resumed[name]) for name, value in whole.items())


def test_a_training_without_pictures_of_surroundings_is_refused():
    cfg = replace(CFG, steps=6, surroundings_first=0.5)
    with pytest.raises(InputError, match="no surroundings alone"):
        control3d.train(lambda i: {**kinds_of_pictures(i), "label": torch.ones(4, dtype=torch.int64)}, cfg, Run())


def test_what_is_rendered_reaches_every_resolution_of_a_styled_painter():
    torch.manual_seed(0)
    painter = StyledPainter(5, 5, 16, 4, 8, 2)
    latent, x = torch.randn(3, 8), torch.randn(6, 5, 16, 16)
    made = painter(x, latent)
    assert made.shape == (6, 5, 16, 16)
    assert [weight.shape[0] for weight in painter.given] == [16, 8, 4]
    gradients = torch.autograd.grad(made.sum(), list(painter.given))
    assert all(bool(gradient.any()) for gradient in gradients)


@pytest.mark.parametrize(
    "changes",
    [
        {"size": 24},
        {"loss": "logistic"},
        {"discriminator": "residual"},
        {"surroundings_first": 1.0},
        {"opaque": 1.5},
        {"gradient_every": 0},
        {"batch": 6},
        {"painter_rate": -1.0},
        {"reach": 0.0},
        {"reach": 1.1},
        {"highest": -1.0},
        {"highest": 1.5},
    ],
)
def test_settings_that_contradict_each_other_are_refused(changes):
    with pytest.raises(ValueError, match=r"ha(s|ve) to be"):
        replace(CFG, **changes)


@pytest.mark.parametrize(
    "changes", [{"size": 18}, {"latent": 5}, {"texture": 3}, {"objects": 0}, {"least_size": 0.7}, {"polar_to": 1.0}]
)
def test_settings_that_cannot_be_are_refused(changes):
    with pytest.raises(ValueError, match=r"ha(s|ve) to be"):
        replace(CFG, **changes)
