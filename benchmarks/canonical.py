"""Our metrics beside the canonical libraries, on the same features and pictures.

Those libraries need torchvision, which the product keeps away from, so this runs in an environment of its own:

    python -m venv oracle
    oracle/bin/pip install torch==2.13.0 torchvision==0.28.0 torchmetrics torch-fidelity clean-fid pytorch-fid prdc \\
        lpips piq scikit-learn safetensors platformdirs
    PYTHONPATH=src oracle/bin/python benchmarks/canonical.py --out benchmarks/results/canonical.json

Nothing is downloaded: networks have random weights, the same on both sides. It fails where a number is off.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.metrics.classes import class_score
from calotype.metrics.frechet import frechet_of
from calotype.metrics.kid import kid, mmd
from calotype.metrics.lpips import lpips, published
from calotype.metrics.neighbours import neighbours
from calotype.metrics.psnr import psnr
from calotype.metrics.segmentation import Confusion
from calotype.metrics.ssim import ms_ssim, ssim
from calotype.nn.embedding import Vectors, of_file
from calotype.nn.inception import Inception
from machine import provenance

LIBRARIES = ("torchmetrics", "torch-fidelity", "clean-fid", "pytorch-fid", "prdc", "lpips", "piq", "scikit-learn")
TOLERANCE = 1e-4  # relative


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    mend_torchvision()
    rows = [
        *frechet_rows(),
        *kernel_rows(),
        *neighbour_rows(),
        *score_rows(),
        *pair_rows(),
        *lpips_rows(),
        *published_rows(),
        *map_rows(),
        *network_rows(),
    ]
    for row in rows:
        print(
            f"{row['metric']:<22} {row['library']:<16} {row['ours']:<22.10g} {row['theirs']:<22.10g} {row['off']:.1e}"
        )
    wrong = [row for row in rows if row["off"] > row["tolerance"]]
    if options.out is not None and not wrong:
        record = {**provenance(), "libraries": {name: version(name) for name in LIBRARIES}, "rows": rows}
        options.out.write_text(json.dumps(record, indent=1) + "\n")
    if wrong:
        sys.exit("off by more than is allowed: " + ", ".join(f"{row['metric']} ({row['library']})" for row in wrong))


def mend_torchvision() -> None:
    """Declare the operators whose absence keeps a torchvision built for other devices from being imported."""
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    mend_torchvision.kept = library  # type: ignore[attr-defined]  # it holds only while this lives


def compared(metric: str, library: str, ours: float, theirs: float, tolerance: float = TOLERANCE) -> dict[str, Any]:
    off = abs(ours - theirs) / max(abs(theirs), 1e-12)
    return {
        "metric": metric,
        "library": library,
        "ours": ours,
        "theirs": float(theirs),
        "off": off,
        "tolerance": tolerance,
    }


def vectors(count: int, dimensions: int, seed: int, shift: float = 0.0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(dimensions, dimensions, generator=torch.Generator().manual_seed(99)) / dimensions**0.5
    return torch.randn(count, dimensions, generator=generator) @ mixing + shift


class Features(nn.Module):
    """A small network whose vectors both sides use."""

    num_features = 24

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, self.num_features, 5, 3)

    def forward(self, pictures: Tensor) -> Tensor:
        return F.relu(self.conv(pictures.float())).mean((2, 3))


def pictures(count: int, side: int, seed: int, contrast: float = 1.0) -> Tensor:
    coarse = torch.rand(count, 3, side // 4, side // 4, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return contrast * F.interpolate(coarse, size=(side, side), mode="bilinear")


def frechet_rows() -> list[dict[str, Any]]:
    from cleanfid.fid import frechet_distance
    from pytorch_fid.fid_score import calculate_frechet_distance
    from torch_fidelity.metric_fid import fid_statistics_to_metric
    from torchmetrics.image.fid import FrechetInceptionDistance

    rows = []
    for name, n, d in (("fid, n > d", 500, 40), ("fid, n < d", 60, 100)):
        a, b = vectors(n, d, 0), vectors(n, d, 1, 0.3)
        ours = frechet_of(a, b)
        moments = [(x.numpy().mean(0), np.cov(x.double().numpy(), rowvar=False)) for x in (a, b)]
        (m1, s1), (m2, s2) = moments
        rows.append(compared(name, "pytorch-fid", ours, calculate_frechet_distance(m1, s1, m2, s2)))
        rows.append(compared(name, "clean-fid", ours, frechet_distance(m1, s1, m2, s2)))
        statistics = [{"mu": m, "sigma": s} for m, s in moments]
        theirs = fid_statistics_to_metric(*statistics, False)["frechet_inception_distance"]
        rows.append(compared(name, "torch-fidelity", ours, theirs))
    net = Features().eval()
    metric = FrechetInceptionDistance(feature=net, normalize=False, input_img_size=(3, 32, 32))
    sets = [pictures(100, 32, 2), pictures(100, 32, 3, 0.5)]
    for real, batch in zip((True, False), sets):
        metric.update(batch, real=real)
    with torch.no_grad():
        ours = frechet_of(*(net(batch) for batch in sets))
    rows.append(compared("fid, custom network", "torchmetrics", ours, float(metric.compute())))
    return rows


def kernel_rows() -> list[dict[str, Any]]:
    from cleanfid.fid import kernel_distance
    from torch_fidelity.metric_kid import kid_features_to_metric
    from torchmetrics.image.kid import poly_mmd

    a, b = vectors(300, 40, 0), vectors(300, 40, 1, 0.3)
    whole = mmd(a, b)
    rows = [compared("kid, one subset", "torchmetrics", whole, float(poly_mmd(a.double(), b.double())))]
    np.random.seed(0)
    rows.append(compared("kid, one subset", "clean-fid", whole, kernel_distance(a.numpy(), b.numpy(), 1, 300)))
    found = kid_features_to_metric(a, b, kid_subsets=1, kid_subset_size=300, rng_seed=0, verbose=False)
    rows.append(compared("kid, one subset", "torch-fidelity", whole, found["kernel_inception_distance_mean"]))
    # Subsets are drawn otherwise, so their means agree as far as chance lets them.
    ours = kid(Vectors(a, "same"), Vectors(b, "same"), subset=100, subsets=400)
    found = kid_features_to_metric(a, b, kid_subsets=400, kid_subset_size=100, rng_seed=0, verbose=False)
    error = 4 * ours.deviation / 400**0.5 * 2**0.5 / abs(ours.mean)
    rows.append(
        compared("kid, 400 subsets", "torch-fidelity", ours.mean, found["kernel_inception_distance_mean"], error)
    )
    return rows


def neighbour_rows() -> list[dict[str, Any]]:
    from prdc import compute_prdc
    from torch_fidelity.metric_prc import prc_features_to_metric

    a, b = vectors(400, 12, 0), vectors(400, 12, 1, 0.4) * 1.2
    ours = neighbours(Vectors(a, "same"), Vectors(b, "same"), k=5, k_dense=5)
    theirs = compute_prdc(a.numpy(), b.numpy(), nearest_k=5)
    rows = [
        compared(name, "prdc", getattr(ours, name), theirs[name])
        for name in ("precision", "recall", "density", "coverage")
    ]
    # The first set is the made one there.
    found = prc_features_to_metric(b, a, prc_neighborhood=3, prc_batch_size=100, verbose=False, save_cpu_ram=False)
    ours = neighbours(Vectors(a, "same"), Vectors(b, "same"))
    rows += [compared(name, "torch-fidelity", getattr(ours, name), found[name]) for name in ("precision", "recall")]
    return rows


def score_rows() -> list[dict[str, Any]]:
    from torch_fidelity.metric_isc import isc_features_to_metric

    scores = vectors(200, 30, 0)
    found = isc_features_to_metric(scores, splits=10, shuffle=False)
    ours = class_score(Vectors(scores, "same", scores.softmax(1)), 10)
    return [
        compared("class score", "torch-fidelity", ours.mean, found["inception_score_mean"]),
        compared("its deviation", "torch-fidelity", ours.deviation, found["inception_score_std"]),
    ]


def pair_rows() -> list[dict[str, Any]]:
    import piq
    from torchmetrics.functional.image import (
        multiscale_structural_similarity_index_measure,
        peak_signal_noise_ratio,
        structural_similarity_index_measure,
    )

    a = pictures(1, 192, 0)
    b = (a + 0.1 * torch.randn(a.shape, generator=torch.Generator().manual_seed(1))).clamp(-1, 1)
    x, y = ((t.double() + 1) / 2 for t in (a, b))
    rows = [compared("psnr", "torchmetrics", psnr(a, b), float(peak_signal_noise_ratio(y, x, data_range=1.0)))]
    rows.append(compared("ssim", "piq", ssim(a, b), float(piq.ssim(y, x, downsample=False))))
    rows.append(compared("ms-ssim", "piq", ms_ssim(a, b), float(piq.multi_scale_ssim(y, x))))
    inner = float(structural_similarity_index_measure(y, x, data_range=1.0))
    # It counts the borders too, with the picture mirrored there.
    rows.append(compared("ssim", "torchmetrics", ssim(a, b), inner, 5e-3))
    theirs = float(multiscale_structural_similarity_index_measure(y, x, data_range=1.0))
    # It averages the colours at every scale before it multiplies, here they are averaged afterwards.
    rows.append(compared("ms-ssim", "torchmetrics", ms_ssim(a, b), theirs, 1e-3))
    return rows


class Layered:
    """The maps that the lpips package looks at, in our protocol."""

    name = "the same network"

    def __init__(self, model: Any) -> None:
        self.model = model

    def layers(self, batch: Tensor) -> list[Tensor]:
        return list(self.model.net(self.model.scaling_layer(batch)))


def lpips_rows() -> list[dict[str, Any]]:
    import lpips as package

    torch.manual_seed(0)
    a, b = pictures(1, 64, 0), pictures(1, 64, 1)
    rows = []
    for net in ("vgg", "alex", "squeeze"):
        model = package.LPIPS(net=net, pnet_rand=True, lpips=False, verbose=False).eval()
        with torch.no_grad():
            theirs = float(model(a, b))
        rows.append(compared(f"lpips, {net}", "lpips", lpips(a, b, Layered(model)).distance, theirs))
    return rows


def published_rows() -> list[dict[str, Any]]:
    """LPIPS with its own channel weights, and VGG's vectors, both by files of the layouts that users have."""
    import lpips as package
    from torchvision.models import vgg16

    torch.manual_seed(0)
    net = vgg16(weights=None).eval()
    heads = Path(package.__file__).parent / "weights" / "v0.1" / "vgg.pth"
    model = package.LPIPS(net="vgg", pnet_rand=True, verbose=False).eval()
    parts = {name.partition(".")[2]: value for name, value in net.state_dict().items() if name.startswith("features.")}
    for piece in range(1, 6):
        chain = getattr(model.net, f"slice{piece}")
        chain.load_state_dict({name: parts[name] for name in chain.state_dict()})
    a, b = pictures(1, 64, 0), pictures(1, 64, 1)
    sized = pictures(1, 224, 2)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        file = Path(folder) / "vgg16.pth"
        torch.save(net.state_dict(), file)
        ours = published(file, heads)(a, b).distance
        vector = of_file(file)(sized)[0]
        mean, deviation = (torch.tensor(v)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
        layers = net.features(((sized + 1) / 2 - mean) / deviation)
        wanted = net.classifier[:5](net.avgpool(layers).flatten(1))[0]
        theirs = float(model(a, b))
    return [
        compared("lpips 0.1, its weights", "lpips", ours, theirs),
        compared("vgg-16 vectors", "torchvision", float(vector.norm()), float(wanted.norm())),
        compared("their largest gap", "torchvision", 1 + float((vector - wanted).abs().max()), 1.0),
    ]


def map_rows() -> list[dict[str, Any]]:
    from sklearn.metrics import accuracy_score, jaccard_score

    generator = torch.Generator().manual_seed(0)
    wanted, found = (torch.randint(6, (4, 32, 32), generator=generator) for _ in range(2))
    confusion = Confusion(6)
    confusion.add(wanted, found)
    flat = wanted.flatten().numpy(), found.flatten().numpy()
    return [
        compared("mean iou", "scikit-learn", confusion.mean_iou(), jaccard_score(*flat, average="macro")),
        compared("pixel accuracy", "scikit-learn", confusion.pixel_accuracy(), accuracy_score(*flat)),
    ]


def network_rows() -> list[dict[str, Any]]:
    """The Inception network of FID: pytorch-fid's, with random weights, and ours with the same ones."""
    from pytorch_fid import inception as theirs
    from torchvision.models import inception_v3

    torch.manual_seed(0)
    net = inception_v3(weights=None, num_classes=1008, aux_logits=False, init_weights=False)
    net.Mixed_5b = theirs.FIDInceptionA(192, pool_features=32)
    net.Mixed_5c = theirs.FIDInceptionA(256, pool_features=64)
    net.Mixed_5d = theirs.FIDInceptionA(288, pool_features=64)
    for name, inner in (("b", 128), ("c", 160), ("d", 160), ("e", 192)):
        setattr(net, f"Mixed_6{name}", theirs.FIDInceptionC(768, channels_7x7=inner))
    net.Mixed_7b, net.Mixed_7c = theirs.FIDInceptionE_1(1280), theirs.FIDInceptionE_2(2048)
    for norm in (m for m in net.modules() if isinstance(m, nn.BatchNorm2d)):
        nn.init.uniform_(norm.running_mean, -0.1, 0.1)
        nn.init.uniform_(norm.running_var, 0.5, 1.5)
    net.eval().fc = nn.Linear(2048, 1008)
    ours = Inception().eval()
    ours.load_state_dict(net.state_dict())  # strict: the names are the same
    batch = pictures(2, 299, 0)
    with torch.no_grad():
        found, scores = ours(batch)
        fc, net.fc, net.dropout = net.fc, nn.Identity(), nn.Identity()
        wanted = net(batch)
    return [
        compared("inception vectors", "pytorch-fid", float(found.abs().sum()), float(wanted.abs().sum())),
        {
            **compared("their largest gap", "pytorch-fid", 1 + float((found - wanted).abs().max()), 1.0),
        },
        compared("inception scores", "pytorch-fid", float(scores[0, 0]), float((wanted @ fc.weight.T)[0, 0]), 1e-3),
    ]


if __name__ == "__main__":
    main()
