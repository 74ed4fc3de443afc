import pytest
import torch
import torch.nn.functional as F

from calotype.engines.ingan.geometry import Arc, Quad, form_of, inside, warped
from calotype.types import Shape

CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
SHAPES = ["trapezoid:0.4", "trapezoid:2.5", "slant:0.3", "slant:-0.4", "quad:0.2,0,1,0.1,0.9,1,0,0.8"]


def point(*xy):
    return tuple(torch.tensor(value, dtype=torch.float64) for value in xy)


@pytest.mark.parametrize("text", SHAPES)
def test_every_corner_goes_where_it_was_asked_to(text):
    shape = Shape.parse(text)
    form = form_of(shape)
    for there, wanted in zip(CORNERS, shape.corners, strict=True):
        assert [float(v) for v in form.target(*point(*there))] == pytest.approx(wanted, abs=1e-9)
        assert [float(v) for v in form.source(*point(*wanted))] == pytest.approx(there, abs=1e-9)


def test_shifted_upper_corners_leave_the_lower_ones_and_lines_straight():
    form = Quad(((0.3, 0.0), (0.8, 0.0), (1.0, 1.0), (0.0, 1.0)))
    x = torch.linspace(0, 1, 7, dtype=torch.float64)
    bottom = form.target(x, torch.ones_like(x))
    assert torch.allclose(bottom[0], x)
    assert torch.allclose(bottom[1], torch.ones_like(x))
    left = form.target(torch.zeros_like(x), x)
    assert torch.allclose(left[0], 0.3 * (1 - left[1]))


@pytest.mark.parametrize("rise", [0.3, -0.3])
def test_an_arc_bends_the_upper_edge_alone(rise):
    x = torch.linspace(0, 1, 5, dtype=torch.float64)
    across, edge = Arc(rise).target(x, torch.zeros_like(x))
    assert torch.equal(across, x)
    wanted = [0.3, 0.075, 0.0, 0.075, 0.3] if rise > 0 else [0.0, 0.225, 0.3, 0.225, 0.0]
    assert edge.tolist() == pytest.approx(wanted)
    assert Arc(rise).target(x, torch.ones_like(x))[1].tolist() == pytest.approx([1.0] * 5)


@pytest.mark.parametrize("text", [*SHAPES, "arc:0.3", "arc:-0.6"])
def test_the_inverse_undoes(text, photo):
    form = form_of(Shape.parse(text))
    x, y = torch.rand(2, 200, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    there = form.target(x, y)
    back = form.source(*there)
    assert torch.allclose(back[0], x, atol=1e-9)
    assert torch.allclose(back[1], y, atol=1e-9)
    smooth = F.interpolate(photo, scale_factor=4, mode="bicubic").clamp(-1, 1)
    bent = warped(smooth, (160, 208), form)
    again = warped(bent, tuple(smooth.shape[2:]), form, undo=True)
    assert (again - smooth).abs().mean() < 0.02
    assert (bent - smooth).abs().mean() > 0.1


def test_what_is_inside():
    share = inside(form_of(Shape.parse("trapezoid:0.5")), (40, 80))
    assert share.shape == (1, 1, 40, 80)
    assert float(share.mean()) == pytest.approx(0.75, abs=0.01)
    assert float(share[0, 0, 0, 0]) == 0
    assert float(share[0, 0, 39, 0]) > 0.5
    assert float(share[0, 0, 0, 40]) == 1
    assert ((share > 0) & (share < 1)).any()
    assert float(inside(Arc(0.3), (60, 60)).mean()) == pytest.approx(1 - 0.3 / 3, abs=0.01)


def test_strong_perspective_stays_finite():
    form = Quad(((0.0, 0.45), (1.0, 0.0), (1.0, 1.0), (0.0, 0.55)))
    grown = warped(torch.rand(1, 3, 20, 20), (64, 64), form)
    assert torch.isfinite(grown).all()


def test_without_a_form_it_is_plain_resizing(photo):
    assert warped(photo, (40, 52)) is photo
    flat = torch.full((1, 2, 9, 9), 0.25)
    assert torch.allclose(warped(flat, (5, 31)), torch.full((1, 2, 5, 31), 0.25))
