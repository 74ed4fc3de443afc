"""What is lost where matches are carried up instead of looked for at full size?

    python benchmarks/carried.py --weights WEIGHTS --out benchmarks/results/carried.json

Shipped photos are varied and retargeted twice, searched up to full size, and up to a half or a sixth of the pixels and
carried from there: seconds of one thread, and SIFID. What large photos have done to them, seen at small ones.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from calotype.engines import gpnn
from calotype.image.io import list_photos, open_photo, to_tensor
from calotype.metrics.sifid import sifid
from calotype.nn.features import inception_stem
from calotype.run import Run
from machine import provenance

PHOTOS = Path(__file__).parents[1] / "examples" / "photos"
SHARES = {"searched at full size": 1.0, "carried from a half": 0.5, "carried from a sixth": 1 / 6}


def made(photo: torch.Tensor, verb: str, share: float, seed: int) -> torch.Tensor:
    height, width = photo.shape[2:]
    cfg = replace(gpnn.PRESETS["fast"], searched=int(share * height * width))
    if verb == "retarget":
        return gpnn.retarget([photo], cfg, Run(), size=(height, round(0.7 * width)), seed=seed)
    return gpnn.vary([photo], cfg, Run(), size=(height, width), seed=seed, structure=0.4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default=os.environ.get("CALOTYPE_WEIGHTS"), help="default: CALOTYPE_WEIGHTS")
    parser.add_argument("--side", type=int, default=480, help="the longer side of the photos, pixels")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    features, rows = inception_stem(options.weights), []
    for path in list_photos(PHOTOS):
        photo = to_tensor(open_photo(path, max_side=options.side))[:, :3]
        for verb in ("vary", "retarget"):
            for how, share in SHARES.items():
                began = time.process_time()
                picture = made(photo, verb, share, seed=0)
                seconds = time.process_time() - began
                row = {"photo": path.stem, "verb": verb, "how": how, "seconds": round(seconds, 2)}
                rows.append({**row, "sifid": round(sifid(photo, picture, features), 4)})
                print(rows[-1], flush=True)
    summary: list[dict[str, Any]] = [
        {
            "how": how,
            **{
                name: round(statistics.fmean(r[name] for r in rows if r["how"] == how), 3)
                for name in ("seconds", "sifid")
            },
        }
        for how in SHARES
    ]
    print(summary)
    if options.out:
        record = {**provenance(), "features": features.name, "side": options.side, "seed": 0, "structure": 0.4}
        options.out.write_text(json.dumps({**record, "summary": summary, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
