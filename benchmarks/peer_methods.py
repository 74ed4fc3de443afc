"""One program that fills holes, as ``peers.py`` calls it: a process that reads requests and answers with CPU seconds.

    python benchmarks/peer_methods.py METHOD

A request is a line of JSON with the paths of a photo, a mask (white is to be filled) and the result. Runs with the
Python of the program's own environment, so nothing but NumPy and Pillow is imported until a method needs it.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable

os.environ["OMP_NUM_THREADS"] = "1"  # before anything that computes is imported

import numpy as np
from PIL import Image

Fill = Callable[[np.ndarray, np.ndarray], np.ndarray]


def calotype() -> Fill:
    import torch

    from calotype.engines import completion
    from calotype.run import Run

    def fill(photo: np.ndarray, mask: np.ndarray) -> np.ndarray:
        tensor = torch.from_numpy(photo).permute(2, 0, 1)[None].float() / 127.5 - 1
        hole = torch.from_numpy(mask)[None, None].float()
        made = completion.fill([tensor], completion.PRESETS["fast"], Run(), hole=hole, seed=0)
        pixels: np.ndarray = ((made[0].permute(1, 2, 0) + 1) * 127.5).round().byte().numpy()
        return pixels

    return fill


def pypatchmatch() -> Fill:
    import patchmatch

    def fill(photo: np.ndarray, mask: np.ndarray) -> np.ndarray:
        patchmatch.set_random_seed(0)
        made: np.ndarray = patchmatch.inpaint(photo, mask.astype(np.uint8) * 255, patch_size=3)
        return made

    return fill


def biharmonic() -> Fill:
    from skimage.restoration import inpaint_biharmonic

    def fill(photo: np.ndarray, mask: np.ndarray) -> np.ndarray:
        made = inpaint_biharmonic(photo / 255, mask, channel_axis=-1)
        return (made.clip(0, 1) * 255).round().astype(np.uint8)

    return fill


def resynthesizer() -> Fill:
    from resynthesizer import getDefaultParams, resynthesize

    def fill(photo: np.ndarray, mask: np.ndarray) -> np.ndarray:
        parameters = getDefaultParams()
        # As in the plug-in "heal selection".
        parameters.isMakeSeamlesslyTileableHorizontally = parameters.isMakeSeamlesslyTileableVertically = 0
        parameters.patchSize, parameters.maxProbeCount = 16, 500
        made = resynthesize(Image.fromarray(photo), Image.fromarray(mask.astype(np.uint8) * 255), parameters)
        return np.asarray(made)

    return fill


def gmic() -> Fill:
    """The command is in the environment variable ``GMIC``."""
    import tempfile

    def fill(photo: np.ndarray, mask: np.ndarray) -> np.ndarray:
        with tempfile.TemporaryDirectory() as folder:
            names = [os.path.join(folder, name) for name in ("photo.png", "mask.png", "made.png")]
            Image.fromarray(photo).save(names[0])
            Image.fromarray(mask.astype(np.uint8) * 255).save(names[1])
            command = [
                os.environ.get("GMIC", "gmic"),
                *names[:2],
                "inpaint_matchpatch[0]",
                "[1]",
                "output[0]",
                names[2],
            ]
            subprocess.run(command, check=True, capture_output=True)
            return np.asarray(Image.open(names[2]).convert("RGB"))

    return fill


METHODS = {method.__name__: method for method in (calotype, pypatchmatch, biharmonic, resynthesizer, gmic)}


def cpu_seconds() -> float:
    """Of this process and of those it has started."""
    return time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def main() -> None:
    fill = METHODS[sys.argv[1]]()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        photo = np.asarray(Image.open(request["photo"]).convert("RGB")).copy()
        mask = np.asarray(Image.open(request["mask"]).convert("L")) > 127
        began = cpu_seconds()
        made = fill(photo, mask)
        answer = {
            "cpu_seconds": cpu_seconds() - began,
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        }
        Image.fromarray(made).save(request["made"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
