"""Files of other programs: all framings are read, and nothing in a file is ever executed or grows beyond its size."""

from __future__ import annotations

import argparse
import collections
import contextlib
import functools
import io
import os
import pathlib
import pickle
import random
import struct
import sys
import types
import zipfile

import numpy as np
import pytest
import torch
from torch import nn

from calotype.errors import InputError
from calotype.foreign import COMMON, Array, Limits, Record, View, framing, read, read_bytes, reading
from calotype.foreign.limits import Broken, Budget, Refused
from calotype.foreign.names import PERSISTENT

NAMES = {**COMMON, **PERSISTENT}


def content(data: bytes, **limits):
    return read_bytes(data, NAMES, limits=Limits(**limits))


# --- files as other programs write them


@pytest.fixture
def nvidia(monkeypatch):
    """Stand-ins of the modules that NVIDIA's pickles name: persistent objects carry the text of their source."""
    persistence, util = types.ModuleType("torch_utils.persistence"), types.ModuleType("dnnlib.util")
    exec(
        "def _reconstruct_persistent_obj(meta): exec(meta['module_src'])\n"
        "class Module:\n"
        "    def __init__(self, source, **state): self.source, self.state = source, state\n"
        "    def __reduce__(self):\n"
        "        meta = {'type': 'class', 'version': 6, 'module_src': self.source, 'class_name': 'Net',\n"
        "                'state': self.state}\n"
        "        return _reconstruct_persistent_obj, (meta,)\n",
        persistence.__dict__,
    )
    util.EasyDict = type("EasyDict", (dict,), {"__module__": "dnnlib.util"})
    for module in (persistence, util):
        monkeypatch.setitem(sys.modules, module.__name__.split(".")[0], types.ModuleType(module.__name__.split(".")[0]))
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return types.SimpleNamespace(Module=persistence.Module, EasyDict=util.EasyDict)


def snapshot(nvidia, mark="nothing"):
    torch.manual_seed(0)
    parameters = collections.OrderedDict(weight=nn.Parameter(torch.randn(3, 4)), bias=torch.arange(5.0)[1:4])
    net = nvidia.Module(
        f"open({str(mark)!r}, 'w')",
        _parameters=parameters,
        _buffers=collections.OrderedDict(),
        _non_persistent_buffers_set={"freqs"},
        size=np.arange(6, dtype=">i4").reshape(2, 3),
        gain=np.float32(0.5),
        kwargs=nvidia.EasyDict(channel_base=1024),
    )
    return {"G_ema": net, "augment_pipe": None, "training_set_kwargs": {"use_labels": False, "many": list(range(300))}}


def check_snapshot(found):
    net = found["G_ema"]
    assert isinstance(net, Record)
    assert net.kind == "Net"
    parameters = net.get("_parameters")
    torch.manual_seed(0)
    assert torch.equal(parameters["weight"].tensor(), torch.randn(3, 4))
    assert parameters["bias"].tensor().tolist() == [1, 2, 3]
    assert net.get("_non_persistent_buffers_set") == {"freqs"}
    assert net.get("size").array().tolist() == [[0, 1, 2], [3, 4, 5]]
    assert net.get("gain") == 0.5
    assert net.get("kwargs") == {"channel_base": 1024}
    assert found["training_set_kwargs"] == {"use_labels": False, "many": list(range(300))}
    assert found["augment_pipe"] is None


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_a_pickle_of_persistent_objects(nvidia, protocol, tmp_path):
    mark = tmp_path / "run"
    data = pickle.dumps(snapshot(nvidia, mark), protocol)
    check_snapshot(content(data))
    assert not mark.exists()
    pickle.loads(data)  # Python's own reader would have run what is in it
    assert mark.exists()


@pytest.mark.parametrize("in_zip", [True, False], ids=["zip", "stream"])
def test_a_file_of_torch(nvidia, in_zip, tmp_path):
    torch.save(snapshot(nvidia), tmp_path / "a.pt", _use_new_zipfile_serialization=in_zip)
    check_snapshot(read(tmp_path / "a.pt", NAMES))


@pytest.mark.parametrize("in_zip", [True, False], ids=["zip", "stream"])
def test_what_torch_itself_refuses(in_zip):
    given = {
        "args": argparse.Namespace(size=256, path=pathlib.PurePosixPath("a")) and argparse.Namespace(size=256),
        "losses": collections.defaultdict(list, {"g": [1.0]}),
        "number": np.float64(2.5),
        "whole": np.int64(3),
        "array": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "half": torch.arange(4).half(),
        "part": torch.arange(24).reshape(2, 3, 4).transpose(0, 2)[1:],
        "device": torch.device("cpu"),
        "size": torch.Size([1, 2]),
        "type": torch.float32,
        "none": torch.empty(0, 3),
        "truth": torch.tensor([True, False]),
    }
    buffer = io.BytesIO()
    torch.save(given, buffer, _use_new_zipfile_serialization=in_zip)
    found = read_bytes(buffer.getvalue(), limits=Limits())
    assert found["args"].state == {"size": 256}
    assert found["losses"] == {"g": [1.0]}
    assert (found["number"], found["whole"], found["size"]) == (2.5, 3, (1, 2))
    assert found["type"].text == "torch.float32"
    assert found["array"].array().tolist() == given["array"].tolist()
    for name in ("half", "part", "none", "truth"):
        assert torch.equal(found[name].tensor(), given[name]), name
        assert found[name].tensor().is_contiguous()


def test_numpy_files(tmp_path):
    for value in (np.arange(6, dtype=np.float32).reshape(2, 3), np.asfortranarray(np.arange(6).reshape(2, 3))):
        np.save(tmp_path / "a.npy", value)
        found = read(tmp_path / "a.npy")
        assert isinstance(found, Array)
        assert found.array().tolist() == value.tolist()
        assert found.tensor().dtype == torch.from_numpy(value).dtype
    # As NumPy writes arrays of bfloat16, a type of the package ml_dtypes.
    half = torch.tensor([[1.0, -2.5, 3.0]], dtype=torch.bfloat16)
    np.save(tmp_path / "a.npy", half.view(torch.int16).numpy().view("V2"))
    assert b"|V2" in (tmp_path / "a.npy").read_bytes()
    found = read(tmp_path / "a.npy")
    assert found.tensor().dtype == torch.bfloat16
    assert torch.equal(found.tensor(), half)
    np.save(tmp_path / "a.npy", np.array({"rows": np.ones(2), "name": "x"}, dtype=object), allow_pickle=True)
    found = read(tmp_path / "a.npy").objects[0]
    assert found["rows"].array().tolist() == [1, 1]
    assert found["name"] == "x"


# --- what must not be run, hang or grow

TOUCH = "open({mark!r}, 'w')"
GLOBALS = {
    "system": b"cos\nsystem\n(V{touch}\ntR.",
    "posix": b"cposix\nsystem\n(V{touch}\ntR.",
    "eval": b"\x80\x02cbuiltins\neval\nX\x05\x00\x00\x00{five}\x85R.",
    "exec": b"\x80\x04\x8c\x08builtins\x8c\x04exec\x93\x8c\x01x\x85R.",
    "getattr": b"\x80\x04\x8c\x08builtins\x8c\x07getattr\x93\x8c\x01x\x85R.",
    "import": b"\x80\x04\x8c\x08builtins\x8c\x0a__import__\x93\x8c\x02os\x85R.",
    "old import": b"c__builtin__\n__import__\n.",
    "torch.load": b"\x80\x04\x8c\x05torch\x8c\x04load\x93\x8c\x01x\x85R.",
    "a dotted name": b"\x80\x04\x8c\x05torch\x8c\x12serialization.load\x93.",
    "a dotted place": b"\x80\x04\x8c\x0ctorch._utils\x8c\x0bsys.modules\x93.",
    "subprocess": b"csubprocess\nPopen\n.",
    "module": b"\x80\x04\x8c\x02os\x8c\x00\x93.",
    "name of numbers": b"\x80\x04K\x01K\x02\x93.",
    "inst": b"(Vx\nios\nsystem\n.",
    "obj": b"(cos\nsystem\nVx\no.",
    "extension": b"\x80\x02\x82\x01.",
    "large extension": b"\x80\x02\x84\x01\x00\x00\x00.",
    "text reference": b"Pabc\n.",
    "new object with keywords": b"\x80\x04\x8c\x0bcollections\x8c\x0bOrderedDict\x93)}\x92.",
    "next buffer": b"\x80\x05\x97.",
    "long number": b"\x80\x02\x8b\xff\xff\xff\x7f.",
    "text number": b"I" + b"9" * 5000 + b"\n.",
    "changed function": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x08\x00\x00\x00__code__K\x01sb.",
    "changed class": b"\x80\x02ctorch\ndevice\n}X\x04\x00\x00\x00kindK\x01sb.",
    "class as function": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)\x81.",
    "called value": b"\x80\x02K\x01)R.",
    "odd reference": b"\x80\x02K\x01Q.",
    "tensor of nothing": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(K\x00K\x00K\x01\x85K\x01\x85tR.",
    "other encoding": b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x05\x00\x00\x00rot13\x86R.",
    "objects as numbers": b"\x80\x02cnumpy\ndtype\nX\x08\x00\x00\x00datetime\x85R.",
    "persistent nothing": b"\x80\x02ctorch_utils.persistence\n_reconstruct_persistent_obj\nK\x01\x85R.",
    "mark as a value": b"\x80\x02(b.",
    "missing memo": b"\x80\x02h\x05.",
    "huge length": b"\x80\x02B\xff\xff\xff\xffabc.",
    "huger length": b"\x80\x04\x8e" + b"\xff" * 8 + b"abc.",
    "unhashable": b"\x80\x02}]K\x01s.",
    "empty": b"",
    "only a protocol": b"\x80\x02",
    "unknown protocol": b"\x80\x20N.",
    "unknown opcode": b"\xff.",
    "a line without an end": b"c" + b"a" * 5000,
}


class Watch:
    """Counts what Python does besides reading: opened files, started processes, imports, compiled code."""

    EVENTS = ("open", "exec", "compile", "import", "os.", "subprocess.", "socket.", "ctypes.", "marshal.", "pickle.")

    def __init__(self):
        self.on, self.seen = False, []
        sys.addaudithook(self.hook)

    def hook(self, event, args):
        if self.on and event.startswith(self.EVENTS):
            self.seen.append((event, str(args)[:100]))


@functools.cache
def watch():
    return Watch()


@pytest.fixture
def watched(monkeypatch):
    """Reads bytes; whatever the outcome, nothing else happens, and opcodes and bytes stay within the limits."""
    budgets = []

    class Counted(Budget):
        def __init__(self, limits, size):
            super().__init__(limits, size)
            self.size, self.peak = size, 0
            budgets.append(self)

        def opcode(self):
            self.peak += 1
            super().opcode()

    monkeypatch.setattr(reading, "Budget", Counted)
    content(b"\x80\x02N.")
    framing.ast.literal_eval("{'a': (1,)}")
    b"a".decode("cp437")  # names in archives; codecs are modules of their own

    def attempt(data, **limits):
        look, found, message = watch(), None, ""
        look.on, look.seen = True, []
        try:
            found = content(data, **limits)
        except InputError as error:
            message = str(error)
        finally:
            look.on = False
        assert "\n" not in message
        assert len(message) < 600
        # literal_eval compiles a header to a tree, which runs nothing
        assert [seen for seen in look.seen if seen[0] != "compile"] == []
        allowed = Limits(**limits)
        assert budgets[-1].peak <= allowed.opcodes + 1
        return found

    return attempt


@pytest.mark.parametrize("kind", sorted(GLOBALS))
def test_crafted_pickles_are_refused(kind, watched, tmp_path):
    mark = tmp_path / "run"
    program = GLOBALS[kind].replace(b"{touch}", f"touch {mark}".encode()).replace(b"{five}", b"1 + 1")
    for data in (program, archive(program), npy(program)):
        assert watched(data) is None
        assert not mark.exists()


def archive(program: bytes, **members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a/data.pkl", program)
        for name, data in members.items():
            file.writestr(f"a/data/{name}", data)
    return buffer.getvalue()


def npy(program: bytes, header: str = "{'descr': '|O', 'fortran_order': False, 'shape': ()}") -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + program


def unicode(text: bytes) -> bytes:
    return b"X" + struct.pack("<I", len(text)) + text


def view(key: bytes, count: int, size: tuple[int, ...], stride: tuple[int, ...]) -> bytes:
    """A pickle of a tensor in an archive."""

    def numbers(values):
        return b"(" + b"".join(b"J" + struct.pack("<i", value) for value in values) + b"t"

    reference = (
        b"(" + unicode(b"storage") + b"ctorch\nFloatStorage\n" + unicode(key) + unicode(b"cpu") + b"J"
        + struct.pack("<i", count) + b"tQ"
    )  # fmt: skip
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + reference + b"K\x00" + numbers(size) + numbers(stride) + b"tR"


def test_names_are_told_and_not_resolved(tmp_path):
    (tmp_path / "a.pkl").write_bytes(b"cos\nsystem\n.")
    with pytest.raises(InputError, match=r"a.pkl' names 'os.system', which no StyleGAN file needs: nothing in it was"):
        read(tmp_path / "a.pkl", NAMES, kind="StyleGAN file")
    (tmp_path / "a.pkl").write_bytes(b"(ios\nsystem\n.")
    with pytest.raises(InputError, match="uses the pickle opcode INST, which no file of weights needs"):
        read(tmp_path / "a.pkl", NAMES)


def test_a_hidden_pickle_in_a_tensor(watched, tmp_path):
    mark = tmp_path / "run"
    inner = pickle.dumps(functools.partial(os.system, f"touch {mark}"))
    program = b"\x80\x02ctorch.storage\n_load_from_bytes\nB" + struct.pack("<I", len(inner)) + inner + b"\x85R."
    assert watched(program) is None
    assert not mark.exists()


def test_pickles_within_pickles_end(watched):
    program = b"\x80\x02N."
    for _ in range(30):
        head = b"\x80\x02ctorch.storage\n_load_from_bytes\nB" + struct.pack("<I", len(program))
        program = head + program + b"\x85R."
    with pytest.raises(InputError, match="nested too deeply"):
        content(program)


BOMBS = {
    # Each level of a tuple doubles the time of hashing it.
    "nested tuples as a key": b"\x80\x02}" + b"N" + b"q\x00h\x00\x86" * 200 + b"Ns.",
    "many sets": b"\x80\x04" + b"\x8f" * 400_000 + b".",
    "many lists": b"\x80\x04" + b"]" * 2_000_000 + b".",
    "many marks": b"\x80\x04" + b"(" * 2_000_000 + b".",
    "many memo entries": b"\x80\x04N" + b"\x94" * 2_000_000 + b".",
    "a stream read again and again": b"\x80\x02B"
    + struct.pack("<I", 100_000) + b"\x80\x02" + b"N" * 99_998 + b"q\x00ctorch.storage\n_load_from_bytes\nq\x01"
    + b"h\x01h\x00\x85R" * 5000 + b".",
    "a text encoded again and again": b"\x80\x02" + unicode(b"a" * 1_000_000) + b"q\x00c_codecs\nencode\nq\x01"
    + unicode(b"latin1") + b"q\x02" + b"h\x01h\x00h\x02\x86R" * 20_000 + b".",
    "a set made again and again": b"\x80\x02](" + b"K\x01" * 10_000 + b"eq\x00cbuiltins\nset\nq\x01"
    + b"h\x01h\x00\x85R" * 20_000 + b".",
    "a dictionary made again and again": b"\x80\x02](" + b"N)\x86" * 1000 + b"eq\x00ccollections\nOrderedDict\nq\x01"
    + b"h\x01h\x00\x85R" * 20_000 + b".",
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(BOMBS))
def test_work_and_memory_are_limited(kind, watched):
    assert watched(BOMBS[kind], opcodes=200_000, spare=1 << 20) is None


def test_deep_nesting_needs_no_call_stack(watched):
    assert watched(b"\x80\x02N" + b"\x85" * 50_000 + b".") is not None


def test_tensors_are_no_larger_than_what_is_stored(watched):
    found = watched(archive(b"\x80\x02" + view(b"0", 4, (1 << 30, 1 << 30), (0, 0)) + b".", **{"0": b"\0" * 16}))
    with pytest.raises(Exception, match="larger than what is stored"):
        found.tensor()
    assert watched(archive(b"\x80\x02" + view(b"0", 1 << 30, (4,), (1,)) + b".", **{"0": b"\0" * 16})) is None
    assert watched(archive(b"\x80\x02" + view(b"1", 4, (4,), (1,)) + b".", **{"0": b"\0" * 16})) is None
    # One storage that a thousand tensors show is copied no more often than the file has room for.
    many = b"\x80\x02](" + view(b"0", 4000, (4000,), (1,)) * 50 + b"e."
    found = watched(archive(many, **{"0": b"\0" * 16_000}), spare=0)
    with pytest.raises(Exception, match="more than twice its size"):
        [each.tensor() for each in found]


def test_archives_that_lie(watched):
    good = archive(b"\x80\x02" + view(b"0", 4, (4,), (1,)) + b".", **{"0": b"\0" * 16})
    assert isinstance(watched(good), View)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a/data.pkl", b"\x80\x02" + b"N" * 10_000_000 + b".")
    assert watched(packed.getvalue()) is None
    double = io.BytesIO()
    with zipfile.ZipFile(double, "w") as file:
        file.writestr("a/data.pkl", b"\x80\x02N.")
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("a/data.pkl", b"\x80\x02N.")
    assert watched(double.getvalue()) is None
    assert watched(good.replace(b"\0" * 16, b"\1" * 16)) is None  # the checksum is another
    assert watched(archive(b"\x80\x02N.").replace(b"a/data.pkl", b"a/else.pkl")) is None
    assert watched(good, members=1) is None


def test_numpy_headers_that_lie(watched):
    for header in (
        "{'descr': '<f4', 'fortran_order': False, 'shape': (100000, 100000)}",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<M8', 'fortran_order': False, 'shape': (1,)}",
        "__import__('os').system('true')",
        "(" * 2000,
        "[" * 90 + "]" * 90,
    ):
        found = watched(npy(b"\0" * 8, header))
        if found is not None:
            with pytest.raises(Exception, match="length is not"):
                found.array()


def test_mutated_files(nvidia, watched):
    """Bytes changed, left out, repeated or moved at random: read or refused in one line, with limited work."""
    originals = [pickle.dumps(snapshot(nvidia), protocol) for protocol in (2, 3, 4)]
    for in_zip in (True, False):
        buffer = io.BytesIO()
        torch.save(snapshot(nvidia), buffer, _use_new_zipfile_serialization=in_zip)
        originals.append(buffer.getvalue())
    chance = random.Random(0)
    for number in range(500):
        data = bytearray(originals[number % len(originals)])
        for _ in range(chance.choice([1, 1, 2, 8])):
            place, length = chance.randrange(len(data)), chance.randrange(1, 40)
            kind = chance.randrange(4)
            if kind == 0:
                data[place] = chance.randrange(256)
            elif kind == 1:
                del data[place : place + length]
            elif kind == 2:
                data[place:place] = data[place : place + length] * chance.choice([1, 3])
            else:
                data[place : place + length] = chance.randbytes(length)
            data = data or bytearray(b"N")
        found = watched(bytes(data))
        for each in _tensors(found):
            with contextlib.suppress(Refused, Broken):
                assert each.tensor().numel() * each.storage.dtype.itemsize <= len(data)


def _tensors(value, depth=0):
    if isinstance(value, View):
        yield value
    elif depth < 8:
        inner = value.state if isinstance(value, Record) else value
        inner = list(inner.values()) if isinstance(inner, dict) else inner if isinstance(inner, list) else []
        for one in inner[:50]:
            yield from _tensors(one, depth + 1)


def test_files_that_are_none(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read(tmp_path / "a.pkl")
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path)
    (tmp_path / "a.pkl").write_bytes(b"\x80\x02N.")
    with pytest.raises(InputError, match="too large for a file of weights"):
        read(tmp_path / "a.pkl", limits=Limits(file=2))
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    with pytest.raises(InputError, match=r"photo.png' uses the pickle opcode|broken"):
        read(tmp_path / "photo.png")
