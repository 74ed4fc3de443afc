import pytest
import torch

from calotype.errors import InputError
from calotype.image.io import open_photo, to_image, to_tensor
from calotype.nn import efficientnet, embedding
from calotype.nn.embedding import Classifying, Efficient, Embedding, Formulas, Vectors, check_comparable, chosen, embed
from calotype.nn.inception import Inception
from calotype.nn.vgg import VGG_BLOCKS


def pictures(count=4, side=32, seed=0):
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(seed)) * 2 - 1


class Means:
    name = "means"

    def __call__(self, batch):
        return batch.mean((2, 3))


def test_vectors_of_batches_of_any_size_are_those_of_all_at_once():
    batch = pictures(5)
    found = embed([batch[:2], batch[2:3], batch[3:]], Means())
    assert torch.equal(found.values, embed([batch], Means()).values)
    assert (len(found), found.features, found.probabilities) == (5, "means", None)


def test_pictures_just_made_are_seen_as_saved_ones():
    made = pictures(3)
    read = torch.stack([to_tensor(open_photo(to_image(x)))[0] for x in made])
    assert torch.allclose(embed([made], Means()).values, embed([read], Means()).values, atol=1e-7)
    assert not torch.allclose(made, read, atol=1e-4)


def test_alpha_is_not_looked_at():
    batch = pictures(2)
    assert torch.equal(embed([torch.cat([batch, batch[:, :1]], 1)], Means()).values, embed([batch], Means()).values)


def test_the_formulas_see_colour_sharpness_and_place():
    see = Formulas()
    plain = pictures(1, 64)
    blurred = torch.nn.functional.avg_pool2d(plain, 3, 1, 1)
    brighter = (plain + 0.2).clamp(-1, 1)
    placed = torch.cat([plain[..., :32, :], blurred[..., 32:, :]], 2)
    seen = see(torch.cat([plain, blurred, brighter, placed, placed.flip(2), pictures(1, 64, seed=1)]))
    assert seen.shape == (6, 216)
    base, blur, bright, upper, lower, other = seen
    noise = (base - other).norm()
    assert (base - blur).norm() > 3 * noise
    assert (base - bright).norm() > noise
    assert (upper - lower).norm() > 3 * noise
    with pytest.raises(InputError, match="too small"):
        see(pictures(1, 12))


def test_an_efficientnet_gives_vectors_and_classes():
    net = efficientnet.Classifier().eval()
    see = Efficient(net)
    assert isinstance(see, Classifying)
    found = embed([pictures(2)], see)
    assert found.values.shape == (2, 1280)
    assert found.values.min() >= 0
    assert found.values.max() <= 6
    assert found.probabilities.shape == (2, 1000)
    assert torch.allclose(found.probabilities.sum(1), torch.ones(2))
    with torch.no_grad():
        assert torch.allclose(see(pictures(2)), found.values, atol=1e-3)


def test_the_whole_network_takes_the_published_names():
    net = efficientnet.Classifier()
    weights = {}
    parts = {"expand": ("_expand_conv", "_bn0"), "depthwise": ("_depthwise_conv", "_bn1")}
    parts |= {"project": ("_project_conv", "_bn2"), "stem": ("_conv_stem", "_bn0"), "head": ("_conv_head", "_bn1")}
    for name, value in net.state_dict().items():
        words = name.split(".")
        if words[0] == "fc":
            weights["_" + name] = value
            continue
        inner = words[0] != "blocks"
        conv, norm = parts[words[0] if inner else words[2]]
        rest = words[1:] if inner else words[3:]
        front = [] if inner else ["_blocks", words[1]]
        weights[".".join([*front, conv if rest[0] == "conv" else norm, *rest[1:]])] = value
    found = efficientnet.renamed(weights, whole=True)
    assert found.keys() == net.state_dict().keys()
    assert all(torch.equal(found[name], value) for name, value in net.state_dict().items())
    first = efficientnet.renamed(weights)
    assert first.keys() == efficientnet.EfficientNetLite0().state_dict().keys()


def test_choosing(monkeypatch):
    assert isinstance(chosen("offline"), Embedding)
    monkeypatch.setattr(efficientnet, "find_spec", lambda name: None)
    embedding.efficient.cache_clear()
    assert isinstance(chosen("auto"), Formulas)
    with pytest.raises(InputError, match="--features offline"):
        chosen("efficientnet")
    with pytest.raises(InputError, match="did you mean 'offline'"):
        chosen("ofline")


def test_inception_reads_its_public_file_and_says_whose_weights_they_are(tmp_path):
    torch.manual_seed(0)
    net = Inception()
    assert sum(p.numel() for p in net.parameters()) == 21785568 + 2048 * 1008 + 1008  # convolutions and norms, classes
    path = tmp_path / "weights.pth"
    torch.save(net.state_dict(), path)
    see = chosen(path)
    assert "unknown weights" in see.name
    found = embed([pictures(1)], see)
    assert found.values.shape == (1, 2048)
    assert found.probabilities.shape == (1, 1008)
    torch.save({"x": torch.zeros(1)}, path)
    with pytest.raises(InputError, match="neither FID's Inception network nor torchvision's VGG-16"):
        chosen(path)
    path.write_bytes(b"something else")
    with pytest.raises(InputError, match="holds no weights"):
        chosen(str(path))
    with pytest.raises(InputError, match="cannot be read"):
        chosen(tmp_path / "nowhere.pth")


def vision_file(path, classifier=True):
    """A file as torchvision's, with random weights; the fully connected layers narrow, to be quick."""
    torch.manual_seed(0)
    weights, before = {}, 3
    widths = [channels for count, channels in VGG_BLOCKS for _ in range(count)]
    for number, width in zip((0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28), widths):
        weights[f"features.{number}.weight"] = torch.randn(width, before, 3, 3) / (3 * before) ** 0.5
        weights[f"features.{number}.bias"] = torch.zeros(width)
        before = width
    if classifier:
        for number, (wide, into) in {0: (20, 512 * 49), 3: (30, 20), 6: (10, 30)}.items():
            weights[f"classifier.{number}.weight"] = torch.randn(wide, into) / into**0.5
            weights[f"classifier.{number}.bias"] = torch.zeros(wide)
    torch.save(weights, path)
    return path


def test_vgg_reads_torchvisions_file(tmp_path):
    see = chosen(vision_file(tmp_path / "v.pth"))
    assert "vgg-16 of torchvision (unknown weights" in see.name
    found = embed([pictures(2)], see).values
    assert found.shape == (2, 30)
    assert found.min() >= 0
    with pytest.raises(InputError, match="no fully connected layers"):
        chosen(vision_file(tmp_path / "w.pth", classifier=False))


def test_refusals():
    with pytest.raises(InputError, match="no picture"):
        embed([], Means())
    with pytest.raises(InputError, match="cannot be compared"):
        check_comparable(Vectors(torch.zeros(2, 3), "a"), Vectors(torch.zeros(2, 3), "b"))


def test_the_real_weights_see_what_is_in_a_photo():
    if not efficientnet.is_installed():  # asked here: a test has a cache of its own
        pytest.skip(f"{efficientnet.PACKAGE} is not installed")
    data = pytest.importorskip("skimage.data")
    cat = torch.tensor(data.chelsea()).permute(2, 0, 1)[None] / 127.5 - 1
    coffee = torch.tensor(data.coffee()).permute(2, 0, 1)[None] / 127.5 - 1
    seen = [embed([x], chosen("efficientnet")) for x in (cat, cat.flip(3), coffee)]
    assert seen[0].probabilities[0, 281:286].sum() > 0.5  # the five kinds of cats of ImageNet
    assert seen[2].probabilities[0, [504, 967]].sum() > 0.5  # coffee mug, espresso
    assert (seen[0].values - seen[1].values).norm() < (seen[0].values - seen[2].values).norm() / 2
