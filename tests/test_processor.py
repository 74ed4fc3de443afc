"""What a processor can do is asked of torch: simulated here, so that it holds on every processor."""

import pytest
import torch

from calotype import processor

TILES, VECTORS = "_is_amx_tile_supported", "_is_avx512_bf16_supported"


@pytest.mark.parametrize(
    ("able", "quick", "tiles"),
    [
        ({TILES, VECTORS}, True, True),  # Intel from Sapphire Rapids on
        ({VECTORS}, True, False),  # AMD from Zen 4 on
        (set(), False, False),  # without AVX-512, or with an early kind of it
    ],
)
def test_bfloat16_by_tiles_or_by_vectors_or_not_at_all(monkeypatch, able, quick, tiles):
    for name in (TILES, VECTORS):
        monkeypatch.setattr(torch.cpu, name, lambda name=name: name in able, raising=False)
    assert processor.fast_bfloat16() is quick
    assert processor.bfloat16_tiles() is tiles


def test_a_release_of_torch_that_cannot_say_counts_as_unable(monkeypatch):
    for name in (TILES, VECTORS):
        monkeypatch.delattr(torch.cpu, name, raising=False)
    assert processor.fast_bfloat16() is False
    assert processor.bfloat16_tiles() is False
