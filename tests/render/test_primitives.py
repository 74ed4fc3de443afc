"""The renderer beside ray casters of its own kind, written with NumPy and loops."""

import numpy as np
import pytest
import torch

from calotype.render.camera import Pose, View, looking_at_origin, rays, rotation_of, seen_from, turned
from calotype.render.compose import composed, fused_depth
from calotype.render.primitives import cuboids, points, spheres, textured
from calotype.render.surroundings import surroundings
from calotype.render.warp import warped

VIEW = View(48, 64, 60.0)


def poses(count, seed=0, double=False):
    torch.manual_seed(seed)
    kind = torch.float64 if double else torch.float32
    place = torch.tensor([0.0, 0.0, 2.0]) + 0.3 * torch.randn(count, 3)
    return Pose(
        rotation_of(torch.randn(count, 6)).to(kind), place.to(kind), (0.15 + 0.4 * torch.rand(count, 3)).to(kind)
    )


def cast(pose, view, kind):
    """Hit and depth of a single box or ellipsoid, by one ray after another."""
    rotation, place, half = (each.double().numpy() for each in pose)
    hit, depth = np.zeros((view.height, view.width), bool), np.zeros((view.height, view.width))
    for y in range(view.height):
        for x in range(view.width):
            ray = np.array([(x + 0.5 - view.width / 2) / view.focal, (y + 0.5 - view.height / 2) / view.focal, 1.0])
            start, way = -(rotation.T @ place) / half, (rotation.T @ ray) / half
            if kind == "sphere":
                a, b, c = way @ way, start @ way, start @ start - 1
                if b * b - a * c > 0:
                    hit[y, x], depth[y, x] = True, (-b - np.sqrt(b * b - a * c)) / a
                continue
            found = []
            for axis in range(3):
                for side in (-1.0, 1.0):
                    t = (side - start[axis]) / way[axis]
                    at = np.delete(start + t * way, axis)
                    if (np.abs(at) <= 1).all():
                        found.append(t)
            if found:
                hit[y, x], depth[y, x] = True, min(found)
    return hit, depth


@pytest.mark.parametrize(("kind", "render"), [("box", cuboids), ("sphere", spheres)])
@pytest.mark.parametrize("seed", range(4))
def test_silhouette_and_depth_are_those_of_a_ray_caster(kind, render, seed):
    pose = poses(1, seed, double=True)
    made = render(pose, VIEW)
    hit, depth = cast(Pose(*(each[0] for each in pose)), VIEW, kind)
    alpha = made.alpha[0].numpy() > 0.5
    assert (alpha & hit).sum() / (alpha | hit).sum() >= 0.99
    assert np.abs(made.depth[0].numpy() - depth)[alpha & hit].max() < 1e-4


@pytest.mark.parametrize("render", [cuboids, spheres])
def test_gradients_are_those_of_finite_differences(render):
    pose, view = poses(2, 1, double=True), View(6, 6, 6.0)

    def rendered(six, place, half):
        made = render(Pose(rotation_of(six), place, half), view, 10.0)
        return made.alpha, made.depth

    torch.manual_seed(2)
    six = torch.randn(2, 6, dtype=torch.float64)
    inputs = [x.clone().requires_grad_() for x in (six, pose.place, pose.half)]
    assert torch.autograd.gradcheck(rendered, inputs, eps=1e-7, atol=1e-3, nondet_tol=1e-6)


def test_rays_along_a_face_have_finite_gradients():
    pose = Pose(torch.eye(3)[None], torch.tensor([[0.0, 0.0, 2.0]]), torch.full((1, 3), 0.4))
    inputs = [each.clone().requires_grad_() for each in pose]
    made = cuboids(Pose(*inputs), View(7, 7, 7.0))  # the middle ray is parallel to four faces
    gradients = torch.autograd.grad(made.alpha.sum() + made.depth.sum(), inputs)
    assert all(torch.isfinite(gradient).all() for gradient in gradients)


def test_objects_behind_the_camera_are_not_seen():
    behind = Pose(torch.eye(3)[None], torch.tensor([[0.0, 0.0, -2.0]]), torch.full((1, 3), 0.4))
    assert cuboids(behind, VIEW).alpha.max() == 0
    assert spheres(behind, VIEW).alpha.max() == 0


def test_a_move_by_delta_moves_the_picture_by_f_delta_over_z():
    view = View(64, 64, 64.0)
    pose = Pose(torch.eye(3)[None], torch.tensor([[0.0, 0.0, 2.0]]), torch.full((1, 3), 0.3))
    moved = pose._replace(place=pose.place + torch.tensor([0.25, 0.0, 0.0]))
    columns = torch.arange(64) + 0.5

    def centre(made):
        return float((made.alpha[0].sum(0) * columns).sum() / made.alpha.sum())

    # The outline is that of the near side, at 1.7.
    assert centre(cuboids(moved, view)) - centre(cuboids(pose, view)) == pytest.approx(64 * 0.25 / 1.7, abs=0.8)
    assert centre(spheres(moved, view)) - centre(spheres(pose, view)) == pytest.approx(64 * 0.25 / 2, abs=0.5)


def test_textures_are_looked_up_on_the_visible_side():
    """A grid that holds the coordinates themselves gives those of the visible points."""
    pose = poses(3, 5)
    made = cuboids(pose, VIEW)
    axis = (torch.arange(16) + 0.5) / 8 - 1
    z, y, x = torch.meshgrid(axis, axis, axis, indexing="ij")
    grid = torch.stack([x, y, z])[None].expand(3, -1, -1, -1, -1)
    found = textured(made.surface, grid).permute(0, 2, 3, 1)
    limit = 1 - 1 / 16  # centres of the outermost cells
    assert torch.allclose(found, made.surface.clamp(-limit, limit), atol=1e-5)


def test_points_are_gaussians_around_their_projections():
    view = View(40, 40, 32.0)
    pose = Pose(torch.eye(3)[None], torch.tensor([[0.0, 0.0, 2.0]]), torch.full((1, 3), 0.5))
    made = points(pose, view, torch.tensor([[[0.5, -0.5, 0.0]]]), torch.tensor([[[2.0]]]))
    u, v = 32 * 0.25 / 2 + 20, -32 * 0.25 / 2 + 20
    y, x = torch.meshgrid(torch.arange(40) + 0.5, torch.arange(40) + 0.5, indexing="ij")
    assert torch.allclose(made[0, 0], 2 * (-((x - u) ** 2) - (y - v) ** 2).exp(), atol=1e-5)


def test_rotations_are_rotations():
    made = rotation_of(torch.randn(20, 6))
    assert torch.allclose(made @ made.transpose(1, 2), torch.eye(3).expand(20, 3, 3), atol=1e-5)
    assert torch.allclose(torch.linalg.det(made), torch.ones(20), atol=1e-5)
    quarter = turned(torch.tensor(torch.pi / 2))
    assert torch.allclose(quarter @ torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 0.0, -1.0]), atol=1e-6)


def test_cameras_look_at_the_origin_from_above():
    camera = looking_at_origin(torch.tensor([0.0, 1.0, 4.0]), torch.tensor([0.9, 1.2, 1.0]), 2.0)
    assert torch.allclose(camera.position.norm(dim=1), torch.full((3,), 2.0), atol=1e-5)
    assert (camera.position[:, 1] < 0).all()  # y points down
    origin = Pose(torch.eye(3).expand(3, 3, 3), torch.zeros(3, 3), torch.ones(3, 3))
    assert torch.allclose(seen_from(camera, origin).place, torch.tensor([0.0, 0.0, 2.0]).expand(3, 3), atol=1e-5)
    above = origin._replace(place=torch.tensor([0.0, -0.3, 0.0]).expand(3, 3))
    assert (seen_from(camera, above).place[:, 1] < 0).all()  # what is above is above in the picture


def layers(seed=0):
    torch.manual_seed(seed)
    return torch.rand(2, 3, 3, 8, 9), torch.rand(2, 3, 1, 8, 9), torch.rand(2, 3, 1, 8, 9), torch.rand(2, 3, 8, 9)


def test_composition_by_hand():
    colours = torch.tensor([1.0, 0.5]).view(1, 2, 1, 1, 1)
    alpha, depth = torch.tensor([0.5, 0.8]).view(1, 2, 1, 1, 1), torch.tensor([2.0, 1.0]).view(1, 2, 1, 1, 1)
    made, rest = composed(colours, alpha, depth, torch.zeros(1, 1, 1, 1))
    assert float(made) == pytest.approx(0.8 * 0.5 + 0.2 * 0.5 * 1.0)
    assert float(rest) == pytest.approx(0.2 * 0.5)
    assert float(composed(colours, alpha, depth.flip(1), torch.zeros(1, 1, 1, 1))[0]) == pytest.approx(0.5 + 0.5 * 0.4)


def test_the_order_in_which_objects_are_given_does_not_matter():
    colours, alpha, depth, background = layers()
    made = composed(colours, alpha, depth, background)[0]
    again = composed(*(each[:, [2, 0, 1]] for each in (colours, alpha, depth)), background)[0]
    assert torch.allclose(made, again, atol=1e-6)


def test_a_transparent_object_has_no_effect():
    colours, alpha, depth, background = layers(1)
    alpha[:, 1] = 0
    made = composed(colours, alpha, depth, background)[0]
    rest = [0, 2]
    assert torch.allclose(made, composed(colours[:, rest], alpha[:, rest], depth[:, rest], background)[0], atol=1e-6)


def test_depth_is_that_of_the_nearest_opaque_object():
    alpha, depth = torch.tensor([0.4, 0.9]).view(1, 2, 1, 1, 1), torch.tensor([1.0, 2.0]).view(1, 2, 1, 1, 1)
    assert float(fused_depth(alpha, depth, 4.0)) == 2.0
    assert float(fused_depth(alpha / 2, depth, 4.0)) == 4.0


def test_surroundings_are_closed_and_turn_with_the_camera():
    """A picture of longitudes: the camera at azimuth a looks to the other side."""
    columns = (torch.arange(64) + 0.5) / 64 * 2 - 1
    picture = torch.stack([(torch.pi * columns).cos(), (torch.pi * columns).sin()])[None, :, None].expand(3, -1, 32, -1)
    azimuth = torch.tensor([0.0, 1.0, 3.1])
    camera = looking_at_origin(azimuth, torch.full((3,), torch.pi / 2), 2.0)
    made = surroundings(camera, View(9, 9, 9.0), picture, 2.0)[:, :, 4, 4]
    wanted = torch.stack([(azimuth + torch.pi).cos(), (azimuth + torch.pi).sin()], 1)
    assert torch.allclose(made, wanted, atol=0.02)


def test_warps_follow_a_turned_object():
    """With the right pose, depth and colours of textured boxes agree; without the rotation they do not."""
    view, errors = View(64, 64, 64.0), []
    axis = torch.linspace(-1, 1, 12)
    z, y, x = torch.meshgrid(axis, axis, axis, indexing="ij")
    grid = torch.stack([(2 * x).sin(), (2 * y).cos(), (x + z).sin()])[None]
    before = Pose(
        rotation_of(torch.tensor([[0.9, 0.1, 0.3, 0.0, 1.0, 0.2]])),
        torch.tensor([[0.1, 0.0, 2.0]]),
        torch.full((1, 3), 0.45),
    )
    after = before._replace(rotation=turned(torch.tensor([0.35])) @ before.rotation)
    one, two = cuboids(before, view), cuboids(after, view)
    first, second = textured(one.surface, grid), textured(two.surface, grid)
    for assumed in (after, before):
        found = warped(one.depth[:, None], before, assumed, view, second, two.depth[:, None])
        inside = found.seen & (one.alpha[:, None] > 0.9)
        errors.append(
            (
                float((found.depth - found.expected).abs()[inside].median()),
                float((found.values - first).abs()[inside.expand_as(first)].median()),
            )
        )
    assert errors[0][0] < 0.001
    assert errors[0][1] < 0.01
    assert errors[1][0] > 20 * errors[0][0]
    assert errors[1][1] > 10 * errors[0][1]


def test_rays_pass_through_the_middles_of_pixels():
    found = rays(View(2, 2, 1.0), torch.zeros(1))
    assert found.tolist() == [[-0.5, -0.5, 1.0], [0.5, -0.5, 1.0], [-0.5, 0.5, 1.0], [0.5, 0.5, 1.0]]
