from pathlib import Path

import pytest

from calotype.image.io import open_photo, to_tensor

PHOTO = Path(__file__).parents[3] / "examples" / "photos" / "stream.jpg"


@pytest.fixture(scope="package")
def photo():
    return to_tensor(open_photo(PHOTO, max_side=60))
