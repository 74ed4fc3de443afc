"""What decoders say of broken files does not reach the terminal."""

import io
import os
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
from PIL import Image

from calotype.errors import InputError
from calotype.image.io import open_photo
from calotype.image.quiet import without_libtiff_messages


def lzw(damage):
    """A TIFF with a damaged stream."""
    made = io.BytesIO()
    values = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    Image.fromarray(values).save(made, format="TIFF", compression="tiff_lzw")
    return damage(made.getvalue())


DAMAGE = [
    lambda data: data[:9] + b"\xff" * 40 + data[49:],
    lambda data: data[:-40],
    lambda data: data[:200] + data[202:],
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_broken_tiff_says_nothing_itself(tmp_path, capfd, damage):
    path = tmp_path / "broken.tif"
    path.write_bytes(lzw(damage))
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
        with pytest.raises(InputError):
            open_photo(path)
    assert capfd.readouterr().err == ""


def test_messages_are_shown_after_the_last_block(capfd):
    inside, leave = threading.Event(), threading.Event()

    def other():
        with without_libtiff_messages("TIFF"):
            inside.set()
            leave.wait()

    thread = threading.Thread(target=other)
    with without_libtiff_messages("TIFF"):
        thread.start()
        inside.wait()
        os.write(2, b"hidden")
    os.write(2, b"hidden")  # the other thread's block goes on
    leave.set()
    thread.join()
    os.write(2, b"shown")
    with without_libtiff_messages("PNG"):
        os.write(2, b" too")
    assert capfd.readouterr().err == "shown too"


def test_without_standard_error():
    code = (
        "import os; os.close(2)\nfrom calotype.image.quiet import without_libtiff_messages as q\nwith q('TIFF'): pass"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
