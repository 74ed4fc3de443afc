"""Reasons for which a file cannot be written."""

import errno
from pathlib import Path

import pytest

from calotype.files import output_error


@pytest.mark.parametrize(
    ("number", "words"), [(errno.EFBIG, "ulimit"), (errno.ENOSPC, "space"), (errno.EROFS, "folder")]
)
def test_the_message_says_what_to_do(number, words):
    said = str(output_error(Path("a.png"), OSError(number, "x")))
    assert words in said
    assert "a.png" in said
