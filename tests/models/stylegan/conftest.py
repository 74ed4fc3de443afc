"""Files as NVIDIA's programs write them."""

from __future__ import annotations

import collections
import sys
import types

import pytest
import torch


@pytest.fixture
def nvidia(monkeypatch):
    """Writes modules as NVIDIA's programs do: persistent objects, with a text that would be run by their loader."""
    persistence, util = types.ModuleType("torch_utils.persistence"), types.ModuleType("dnnlib.util")
    exec(
        "def _reconstruct_persistent_obj(meta): exec(meta['module_src'])\n"
        "class Persistent:\n"
        "    def __init__(self, name, state, source=''): self.name, self.state, self.source = name, state, source\n"
        "    def __reduce__(self):\n"
        "        meta = dict(type='class', version=6, module_src=self.source, class_name=self.name, state=self.state)\n"
        "        return _reconstruct_persistent_obj, (meta,)\n",
        persistence.__dict__,
    )
    util.EasyDict = type("EasyDict", (dict,), {"__module__": "dnnlib.util"})
    for module in (persistence, util):
        parent = module.__name__.split(".")[0]
        monkeypatch.setitem(sys.modules, parent, types.ModuleType(parent))
        monkeypatch.setitem(sys.modules, module.__name__, module)

    def written(state, cfg, *, flat=False, source="", name="Generator"):
        def module(kind, prefix, attributes, children):
            own = {key[len(prefix) :]: value for key, value in state.items() if key.startswith(prefix)}
            own = {key: value for key, value in own.items() if "." not in key}
            buffers = {key: own.pop(key) for key in list(own) if key in ("w_avg", "noise_const")}
            parameters = collections.OrderedDict((key, torch.nn.Parameter(value)) for key, value in own.items())
            return persistence.Persistent(
                kind,
                dict(
                    attributes,
                    training=False,
                    _parameters=parameters,
                    _buffers=collections.OrderedDict(buffers),
                    _modules=collections.OrderedDict(children),
                    _non_persistent_buffers_set=set(),
                ),
                source,
            )

        def layers(prefix, kind, **attributes):
            names = dict.fromkeys(key[len(prefix) :].split(".")[0] for key in state if key.startswith(prefix))
            inner = {n: f"{prefix}{n}." for n in names if any(key.startswith(f"{prefix}{n}.") for key in state)}
            gain = cfg.mapping_rate if kind == "MappingNetwork" else 1
            extra = {"bias_gain": gain, "conv_clamp": cfg.clamp or None, "use_noise": True, "activation": "lrelu"}
            inside = {n: module("Layer", p, extra, affine(p)) for n, p in inner.items()}
            return module(kind, prefix, attributes, inside)

        def affine(prefix):
            inner = f"{prefix}affine."
            found = any(key.startswith(inner) for key in state)
            return {"affine": module("FullyConnectedLayer", inner, {"bias_gain": 1}, {})} if found else {}

        blocks = {}
        for side in (4, 8, 16):
            about = {"architecture": cfg.architecture, "resolution": side}
            about |= {"fused_modconv_default": True} if flat else {}
            blocks[f"b{side}"] = layers(f"synthesis.b{side}.", "SynthesisBlock", **about)
        mapping = layers("mapping.", "MappingNetwork", num_layers=cfg.mapping_layers)
        synthesis = module("SynthesisNetwork", "synthesis.", {}, blocks)
        sizes = {"z_dim": cfg.latent, "c_dim": cfg.classes, "w_dim": cfg.style}
        about = {**sizes, "img_resolution": cfg.resolution, "img_channels": cfg.channels, "num_ws": 6}
        about["_init_kwargs"] = util.EasyDict(synthesis_kwargs=util.EasyDict(channel_base=cfg.base))
        return module(name, "", about, {"synthesis": synthesis, "mapping": mapping})

    return written
