#!/usr/bin/env bash
# nnx.update of Flax takes weights of another shape, and the network becomes another one.
#
# Guess before running: nnx.update with weights of another shape is refused (guess 256; it was doubted).
# Found (Flax 0.12.6, JAX 0.8.3): a network of 4 channels that is given the weights of one of 8 computes with 8, while
# its layers still say out_features=4, and one with kernels of 3 x 3 computes with 5 x 5, still saying 3 x 3. Nothing is
# said, so that a wrong file or a wrong setting is noticed late or never; Flax Linen refuses such weights when it is
# called. Compare the shapes of nnx.state(network) with those of the weights before nnx.update.
# Source: flax/nnx/graphlib.py (update) and variablelib.py (update_from_state, which sets the value as it is).
#
# Needs Python 3.11 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'flax==0.12.6' 'jax==0.8.3' 'numpy>=2,<3'
JAX_PLATFORMS=cpu "$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys
import warnings

import jax
import jax.numpy as jnp
from flax import linen, nnx

print(*(f"{name} {importlib.metadata.version(name)}" for name in ("flax", "jax")), sep=", ")
picture = jax.random.normal(jax.random.key(0), (1, 8, 8, 3))


def network(width, seed):
    rngs = nnx.Rngs(seed)
    return nnx.Sequential(nnx.Conv(3, width, (3, 3), rngs=rngs), nnx.relu, nnx.Conv(width, 3, (3, 3), rngs=rngs))


def shapes(module):
    return jax.tree.map(jnp.shape, nnx.to_pure_dict(nnx.state(module)))


narrow, wide = network(4, 0), network(8, 1)
told_apart = shapes(narrow) != shapes(wide)
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    nnx.update(narrow, nnx.state(wide))
first = narrow.layers[0]
same = bool(jnp.array_equal(narrow(picture), wide(picture)))
print(f"4 channels given weights of 8: out_features {first.out_features}, kernel {first.kernel.shape}; output of the other: {same}")

small, large = (nnx.Conv(3, 4, (size, size), rngs=nnx.Rngs(size)) for size in (3, 5))
nnx.update(small, nnx.state(large))
sizes = bool(jnp.array_equal(small(picture), large(picture))) and small.kernel_size == (3, 3)
print(f"3 x 3 given weights of 5 x 5: kernel_size {small.kernel_size}, kernel {small.kernel.shape}; the same: {sizes}")

conv = linen.Conv(4, (3, 3))
other = linen.Conv(8, (3, 3)).init(jax.random.key(0), picture)
try:
    conv.apply(other, picture)
    refused = False
except Exception as error:
    refused = True
    print(f"Linen refuses it: {type(error).__name__}")
words = [str(warning.message) for warning in said if "shape" in str(warning.message)]
holds = same and first.out_features == 4 and sizes and told_apart and refused and not words
print("other shapes are taken" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
