"""Learning-rate schedules, against values worked out by hand."""

from __future__ import annotations

import pytest
import torch

from calotype.nn.schedules import constant_then_linear, cosine, product, set_rates, warm_up


def test_constant_then_linear():
    factor = constant_then_linear(10, start=0.6, floor=0.2)
    assert [factor(i) for i in (0, 6, 8, 10, 99)] == pytest.approx([1, 1, 0.6, 0.2, 0.2])
    assert constant_then_linear(10, start=1)(10) == 1


def test_cosine():
    factor = cosine(4, floor=0.1)
    assert [factor(i) for i in range(6)] == pytest.approx(
        [1, 0.1 + 0.9 * 0.8535534, 0.55, 0.1 + 0.9 * 0.1464466, 0.1, 0.1]
    )


def test_warm_up_and_product():
    factor = product(warm_up(4), constant_then_linear(8, start=0.5))
    assert [factor(i) for i in (0, 1, 3, 4, 6)] == pytest.approx([0.25, 0.5, 1, 1, 0.5])
    assert warm_up(0)(0) == 1


def test_rates_of_every_group_are_set_and_saved_with_the_optimizer():
    x, y = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)
    groups = [{"params": [x]}, {"params": [y], "lr": 0.4}]
    optimizer = torch.optim.SGD(groups, lr=0.1)
    set_rates(0.5, optimizer)
    set_rates(0.25, optimizer)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.025, 0.1])
    again = torch.optim.SGD([{"params": [x]}, {"params": [y]}], lr=9.0)
    again.load_state_dict(optimizer.state_dict())
    set_rates(1.0, again)
    assert [group["lr"] for group in again.param_groups] == pytest.approx([0.1, 0.4])


@pytest.mark.parametrize(
    "wrong",
    [lambda: constant_then_linear(0), lambda: constant_then_linear(5, 2), lambda: cosine(5, 2), lambda: warm_up(-1)],
)
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=r"has to be|have to be"):
        wrong()
