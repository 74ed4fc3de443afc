import pytest
import torch

from calotype.errors import InputError
from calotype.metrics.classes import class_score
from calotype.nn.embedding import Vectors


def seen(probabilities):
    return Vectors(torch.zeros(len(probabilities), 2), "toy", torch.as_tensor(probabilities))


def test_unsure_is_1_and_sure_of_all_classes_is_their_number():
    assert class_score(seen(torch.full((20, 5), 0.2)), 4).mean == pytest.approx(1)
    assert class_score(seen(torch.eye(5).repeat(4, 1)), 4).mean == pytest.approx(5)
    assert class_score(seen(torch.eye(5)[[2] * 20]), 4).mean == pytest.approx(1)


def test_the_formula_and_the_order():
    p = torch.rand(30, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64).softmax(1)
    parts = [p[:10], p[10:20], p[20:]]
    scores = [float((q * (q / q.mean(0)).log()).sum(1).mean().exp()) for q in parts]
    found = class_score(seen(p), 3)
    assert found.mean == pytest.approx(sum(scores) / 3)
    assert found.deviation == pytest.approx(torch.tensor(scores).std(correction=0).item(), rel=1e-5)


def test_refusals():
    with pytest.raises(InputError, match="sees no classes"):
        class_score(Vectors(torch.zeros(20, 2), "toy"))
    with pytest.raises(InputError, match="split into 10"):
        class_score(seen(torch.eye(5)))
