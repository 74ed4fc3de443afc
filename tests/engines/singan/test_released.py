"""Checkpoints of the official SinGAN code: read in both formats of torch.save, and never run."""

from __future__ import annotations

import io
import os
import pickle
import shutil
import sys
import types
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from official import FILES, classes, save
from torch import nn

from calotype.engines.singan.released import read_released
from calotype.errors import InputError


class ThnnBackend:
    """What modules carried with them before torch 1.3; pickled as a call of a function that is gone."""

    def __reduce__(self):
        return sys.modules["torch.nn.backends.thnn"]._get_thnn_function_backend, ()


@pytest.fixture(params=["SinGAN.models", "models"])
def models(request, monkeypatch):
    module = classes(request.param)
    monkeypatch.setitem(sys.modules, request.param, module)
    if "." in request.param:
        monkeypatch.setitem(sys.modules, "SinGAN", types.ModuleType("SinGAN"))
    return module


def made(models, scales=3):
    torch.manual_seed(0)
    generators = [models.GeneratorConcatSkip2CleanAdd(8 + 4 * i) for i in range(scales)]
    for generator in generators:
        for buffer in generator.buffers():
            buffer.add_(torch.randint(1, 5, buffer.shape))
    noises = [torch.randn(1, 3, 20 + i, 24 + i) for i in range(scales)]
    photos = [torch.rand(1, 3, 10 + i, 14 + i) * 2 - 1 for i in range(scales)]
    # The first is a number, the others came out of a computation.
    return generators, noises, photos, [1, *(torch.tensor(0.1 * i) for i in range(1, scales))]


@pytest.fixture
def checkpoint(tmp_path, models):
    """A sound one, to be spoilt."""
    return save(tmp_path / "good", made(models), True)


formats = pytest.mark.parametrize("in_zip", [True, False], ids=["zip", "stream"])


@formats
@pytest.mark.filterwarnings("ignore:Couldn't retrieve source code")
def test_everything_is_read(tmp_path, models, in_zip):
    values = made(models)
    released = read_released(save(tmp_path / "a", values, in_zip))
    for state, generator in zip(released.generators, values[0], strict=True):
        expected = generator.state_dict()
        assert list(state) == list(expected)
        assert {"head.conv.weight", "body.block1.norm.running_var", "tail.0.weight"} < set(state)
        assert all(torch.equal(state[name], expected[name]) for name in state)
        assert {x.dtype for x in state.values()} == {torch.float32, torch.int64}
    assert all(torch.equal(a, b) for a, b in zip(released.noises, values[1], strict=True))
    assert all(torch.equal(a, b) for a, b in zip(released.photos, values[2], strict=True))
    assert released.amplitudes == pytest.approx([1, 0.1, 0.2])


@formats
@pytest.mark.filterwarnings("ignore:Couldn't retrieve source code")
def test_parts_of_tensors_halves_and_old_modules(tmp_path, models, monkeypatch, in_zip):
    backend = types.ModuleType("torch.nn.backends.thnn")
    backend._get_thnn_function_backend = lambda: None
    backend._get_thnn_function_backend.__module__ = backend.__name__
    backend._get_thnn_function_backend.__qualname__ = "_get_thnn_function_backend"
    monkeypatch.setitem(sys.modules, "torch.nn.backends", types.ModuleType("torch.nn.backends"))
    monkeypatch.setitem(sys.modules, "torch.nn.backends.thnn", backend)
    generators, noises, photos, amplitudes = made(models, 2)
    for module in generators[0].modules():
        module._backend = ThnnBackend()
    large = torch.randn(4, 3, 30, 40)
    noises[1] = large[2:3, :, 3:20, 5:25].transpose(2, 3)
    photos[0] = photos[0].half()
    released = read_released(save(tmp_path / "a", (generators, noises, photos, amplitudes), in_zip))
    assert torch.equal(released.noises[1], noises[1])
    assert released.noises[1].is_contiguous()
    assert torch.equal(released.photos[0], photos[0].float())
    assert torch.equal(released.generators[0]["tail.0.bias"], generators[0].tail[0].bias)


# --- what must not be run


class Call:
    """Pickled as a call."""

    def __init__(self, function, *values):
        self.function, self.values = function, values

    def __reduce__(self):
        return self.function, self.values


def malicious(mark: Path) -> dict[str, object]:
    """Values whose pickles make the file ``mark``, or load another pickle that does, when they are loaded."""
    other = mark.with_name("other.pkl")
    other.write_bytes(pickle.dumps(Call(os.system, f"touch {mark}")))
    touch = f"open({str(mark)!r}, 'w')"
    return {
        "system": Call(os.system, f"touch {mark}"),
        "eval": Call(eval, touch),
        "exec": Call(exec, touch),
        "getattr": Call(getattr, "text", "upper"),
        "import": Call(__import__, "os"),
        "load": Call(torch.load, str(other), "cpu"),
        "pickle": Call(pickle.loads, other.read_bytes()),
        "open": Call(io.open, str(mark), "w"),
    }


KINDS = ("system", "eval", "exec", "getattr", "import", "load", "pickle", "open")


@formats
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", KINDS)
def test_calls_are_refused_and_not_run(tmp_path, checkpoint, kind, name, in_zip):
    mark = tmp_path / "run"
    value = malicious(mark)[kind]
    torch.save([value], checkpoint / name, _use_new_zipfile_serialization=in_zip)
    with pytest.raises(InputError, match=rf"{name}' names '.*', which no SinGAN checkpoint needs") as error:
        read_released(checkpoint)
    assert "\n" not in str(error.value)
    assert not mark.exists()


def test_those_calls_would_have_been_run(tmp_path):
    """That the test above means something: torch runs them."""
    for kind, value in malicious(tmp_path / "run").items():
        (tmp_path / "run").unlink(missing_ok=True)
        torch.save([value], tmp_path / "a.pth")
        if kind in ("system", "eval", "exec", "pickle", "open"):
            torch.load(tmp_path / "a.pth", weights_only=False)
            assert (tmp_path / "run").exists()


def in_archive(path: Path, program: bytes) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", program)
        archive.writestr("archive/byteorder", "little")


PROGRAMS = {
    "global": b"cos\nsystem\n(S'touch {mark}'\ntR.",
    "inst": b"(S'touch {mark}'\nios\nsystem\n.",
    "obj": b"(cos\nsystem\nS'touch {mark}'\no.",
    "stack global": b"\x80\x04\x8c\x02os\x8c\x06system\x93(S'touch {mark}'\ntR.",
    # What is allowed, with more behind a dot.
    "dotted": b"\x80\x04\x8c\x05torch\x8c\x12serialization.load\x93(S'{mark}'\ntR.",
    "dotted module": b"\x80\x04\x8c\x0ctorch._utils\x8c\x0bsys.modules\x93.",
    "other class": b"\x80\x02cmodels\nWDiscriminator\n)\x81.",
    "extension": b"\x80\x02\x82\x01.",
    "changed function": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}U\x08__code__K\x01sb.",
    "changed type": b"\x80\x02ctorch\nFloatStorage\n}U\x05dtypeU\x03abcsb.",
    "changed class": b"\x80\x02ctorch.nn.modules.conv\nConv2d\n}U\x04kindU\x03abcsb.",
    "odd reference": b"\x80\x02U\x03abcQ.",
    "reference of text": b"Pabc\n.",
    "storage of a class": b"\x80\x02(U\x07storageccollections\nOrderedDict\nU\x010U\x03cpuK\x01tQ.",
    "module of a function": b"\x80\x02(U\x06modulectorch._utils\n_rebuild_tensor_v2\nU\x01aU\x01btQ.",
    "no tensor": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(K\x00K\x00K\x01\x85K\x01\x85\x89NtR.",
    "not a list": b"\x80\x02}.",
    "a list of nothing known": b"\x80\x02]U\x01aa.",
    "empty": b"",
    "cut": b"\x80\x02]q",
}


@pytest.mark.parametrize("kind", sorted(PROGRAMS))
def test_odd_pickles_are_refused(tmp_path, checkpoint, models, kind):
    mark = tmp_path / "run"
    in_archive(checkpoint / "Gs.pth", PROGRAMS[kind].replace(b"{mark}", bytes(mark)))
    with pytest.raises(InputError, match=r"Gs\.pth"):
        read_released(checkpoint)
    assert not mark.exists()
    # And nothing is left changed for the next file.
    assert len(read_released(save(tmp_path / "next", made(models), True)).generators) == 3


# --- broken and unfitting ones


def zipped(values) -> dict[str, bytes]:
    buffer = io.BytesIO()
    torch.save(values, buffer)
    with zipfile.ZipFile(buffer) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rezip(path: Path, members: dict[str, bytes], compression=zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def test_archives_that_lie(checkpoint):
    members = zipped([torch.randn(1, 3, 20, 20)])
    path = checkpoint / "Zs.pth"
    for spoil in (
        {"archive/data/0": members["archive/data/0"][:-4]},
        {"archive/data/0": members["archive/data/0"] * 2},
        {"archive/byteorder": b"big"},
        {"other/data.pkl": members["archive/data.pkl"]},
    ):
        rezip(path, members | spoil)
        with pytest.raises(InputError, match=r"Zs\.pth.*broken"):
            read_released(checkpoint)
    rezip(path, {name: data for name, data in members.items() if name != "archive/data/0"})
    with pytest.raises(InputError, match="broken"):
        read_released(checkpoint)
    rezip(path, members, zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match="broken"):
        read_released(checkpoint)


@formats
def test_tensors_larger_than_what_is_stored(checkpoint, in_zip):
    """One number, said to be a terabyte."""
    torch.save(
        [torch.zeros(1).expand(1, 3, 500_000, 500_000)], checkpoint / "Zs.pth", _use_new_zipfile_serialization=in_zip
    )
    with pytest.raises(InputError, match="larger than what is stored"):
        read_released(checkpoint)


def test_modules_within_themselves(checkpoint, models):
    generators = made(models)[0]
    loop = nn.Sequential()
    loop._modules["again"] = loop
    generators[0]._modules["head"] = loop
    torch.save(generators, checkpoint / "Gs.pth")
    with pytest.raises(InputError, match="module"):
        read_released(checkpoint)


def test_an_attribute_in_place_of_a_method(checkpoint, models):
    """A dictionary whose ``items`` was set to something else is read all the same."""
    generators = made(models)[0]

    class Odd:
        def __reduce__(self):
            return OrderedDict, (), {"items": "none"}, None, iter([("count", torch.ones(1))])

    generators[0].__dict__["_buffers"] = Odd()
    torch.save(generators, checkpoint / "Gs.pth")
    assert torch.equal(read_released(checkpoint).generators[0]["count"], torch.ones(1))


@pytest.mark.parametrize("name", FILES)
def test_missing_broken_and_exchanged_files(checkpoint, name):
    path = checkpoint / name
    data = path.read_bytes()
    for broken in (data[: len(data) // 2], b"", b"\x00" * 100, b"PK\x03\x04" + data[:50], b"\x80\x02K\x01.", b"text"):
        path.write_bytes(broken)
        with pytest.raises(InputError, match=name):
            read_released(checkpoint)
    path.unlink()
    with pytest.raises(InputError, match=f"{name}' does not exist"):
        read_released(checkpoint)
    shutil.copy(checkpoint / ("Zs.pth" if name == "Gs.pth" else "Gs.pth"), path)
    with pytest.raises(InputError, match=f"{name}'.*holds something else|{name}'.*lacks a tensor"):
        read_released(checkpoint)


def test_an_unfinished_training_and_numbers_that_are_none(checkpoint, models):
    values = made(models)
    torch.save(values[1][:2], checkpoint / "Zs.pth")
    with pytest.raises(InputError, match=r"3 generators, 2 noises.*finished"):
        read_released(checkpoint)
    save(checkpoint, values, True)
    for wrong in ([1, float("nan"), 1], [1, torch.zeros(2), 1], [1, "a", 1]):
        torch.save(wrong, checkpoint / "NoiseAmp.pth")
        with pytest.raises(InputError, match=r"NoiseAmp.*numbers"):
            read_released(checkpoint)
    torch.save([torch.full((1, 3, 4, 4), torch.inf)] * 3, checkpoint / "NoiseAmp.pth")
    torch.save([torch.full((1, 3, 4, 4), torch.inf)] * 3, checkpoint / "Zs.pth")
    with pytest.raises(InputError, match=r"Zs\.pth.*pictures"):
        read_released(checkpoint)
