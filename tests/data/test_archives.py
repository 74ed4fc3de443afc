"""Archives written here by hand, and read."""

import pytest
from packed import deb_of, rcc_of, tar_of, zip_of

from calotype.data.archives import members, resources
from calotype.errors import InputError

FILES = {"a/one.txt": b"first", "a/two.bin": bytes(range(256)) * 40, "b.txt": b""}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("p.deb", deb_of(FILES)),
        ("p_plain.deb", deb_of(FILES, "w")),
        ("p.tgz", tar_of(FILES, "w:gz")),
        ("p.tar", tar_of(FILES)),
        ("p.whl", zip_of(FILES)),
        ("p.rcc", rcc_of(FILES)),
    ],
)
def test_what_is_inside(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    assert dict(members(path, lambda _: True)) == FILES
    assert dict(members(path, lambda name: name.endswith("two.bin"))) == {"a/two.bin": FILES["a/two.bin"]}


@pytest.mark.parametrize("version", [1, 2, 3])
def test_resources_of_all_versions_packed_or_not(version):
    data = rcc_of(FILES, version, packed={"a/two.bin"})
    assert dict(resources(data, lambda _: True)) == FILES


@pytest.mark.parametrize("cut", [9, 70, 300])
@pytest.mark.parametrize("data", [deb_of(FILES), tar_of(FILES, "w:gz"), zip_of(FILES), rcc_of(FILES)])
def test_damaged_ones_are_told(tmp_path, data, cut):
    path = tmp_path / "broken"
    path.write_bytes(data[:cut])
    with pytest.raises(InputError, match="damaged"):
        dict(members(path, lambda _: True))


def test_missing_ones_are_told(tmp_path):
    with pytest.raises(InputError, match="damaged"):
        dict(members(tmp_path / "nowhere", lambda _: True))
