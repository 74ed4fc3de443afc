"""SPAN run by ncnn, called by ``superresolution_speed.py``: a process that reads requests and answers with CPU seconds.

    python benchmarks/superresolution_ncnn.py FOLDER

FOLDER has the ``.param`` and ``.bin`` files. A request is a line of JSON with the name of the network and the paths of
an array [3, H, W], 0..1, and of the result. Runs with the Python of an environment that has ncnn and NumPy. The whole
picture is computed at once, on one thread.
"""

from __future__ import annotations

import json
import os
import sys
import time

import ncnn  # type: ignore[import-not-found, unused-ignore]
import numpy as np


def network(folder: str, name: str) -> ncnn.Net:
    """The network of that name."""
    net = ncnn.Net()
    net.opt.num_threads = 1
    net.opt.use_vulkan_compute = False
    if net.load_param(os.path.join(folder, f"{name}.param")) or net.load_model(os.path.join(folder, f"{name}.bin")):
        raise SystemExit(f"ncnn cannot load {name}")
    return net


def main() -> None:
    loaded: dict[str, ncnn.Net] = {}
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        name = request["network"]
        net = loaded[name] if name in loaded else loaded.setdefault(name, network(sys.argv[1], name))
        photo = np.ascontiguousarray(np.load(request["photo"]))
        began = time.process_time()
        extractor = net.create_extractor()
        extractor.input("data", ncnn.Mat(photo).clone())
        made = np.array(extractor.extract("output")[1])
        seconds = time.process_time() - began
        np.save(request["made"], made)
        print(json.dumps({"cpu_seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
