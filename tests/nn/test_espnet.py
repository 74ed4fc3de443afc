"""The segmenter, with random weights; with the real ones where they are at hand."""

import os
from pathlib import Path

import pytest
import torch

from calotype.errors import InputError
from calotype.nn.espnet import CITYSCAPES, FILES, VOC, Espnet, segmenter

KNOWN = Path(os.environ.get("CALOTYPE_WEIGHTS", "nowhere"))


def photos(height=40, width=56):
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / FILES["city"]
    torch.save(Espnet(len(CITYSCAPES)).state_dict(), path)
    return path


def test_every_pixel_gets_a_class(file):
    see = segmenter(file)
    found = see(photos())
    assert (found.shape, found.dtype) == ((1, 40, 56), torch.int64)
    assert 0 <= found.min() <= found.max() < 20
    assert see.classes == CITYSCAPES
    assert torch.equal(see(torch.cat([photos(), photos()[:, :1]], 1)), found)  # alpha is not looked at


def test_it_is_as_large_as_published():
    # 0.79 million weights, without the buffers of the normalisation.
    assert 0.78e6 < sum(p.numel() for p in Espnet(21).parameters()) < 0.81e6
    assert (len(VOC), len(CITYSCAPES)) == (21, 20)


def test_weights_that_are_others(tmp_path, file, monkeypatch):
    torch.save({"x": torch.zeros(1)}, tmp_path / "x.pth")
    with pytest.raises(InputError, match="holds no weights of ESPNetv2"):
        segmenter(tmp_path / "x.pth")
    weights = torch.load(file, weights_only=True)
    del weights["base_net.level1.conv.weight"]
    torch.save(weights, tmp_path / "y.pth")
    with pytest.raises(InputError, match="holds no weights of ESPNetv2"):
        segmenter(tmp_path / "y.pth")
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)
    with pytest.raises(InputError, match="set CALOTYPE_WEIGHTS"):
        segmenter("voc")
    monkeypatch.setenv("CALOTYPE_WEIGHTS", str(tmp_path))
    with pytest.raises(InputError, match="cannot be read"):
        segmenter("voc")


@pytest.mark.skipif(not (KNOWN / FILES["voc"]).is_file(), reason=f"CALOTYPE_WEIGHTS has no {FILES['voc']}")
def test_the_real_weights_see_a_cat():
    data = pytest.importorskip("skimage.data")
    cat = torch.tensor(data.chelsea()).permute(2, 0, 1)[None] / 127.5 - 1
    found = segmenter("voc")(cat)
    assert (found == VOC.index("cat")).float().mean() > 0.6
