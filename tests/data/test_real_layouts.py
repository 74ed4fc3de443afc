"""The layouts that known sets come in, each with a few made pictures."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from calotype.data.boxes import RELATIONS
from calotype.data.celeba import CelebA
from calotype.data.folder import Folder
from calotype.data.labelled import Labelled
from calotype.data.layouts import CITYSCAPES, ade20k, cityscapes, coco_stuff, deepfashion, folders
from calotype.data.maps import map_set
from calotype.data.pairs import Pairs
from calotype.data.scenes import Scenes
from calotype.data.stream import Stream
from calotype.errors import InputError
from calotype.image.io import open_photo, to_tensor


def picture(path, seed=0, width=32, height=32):
    rng = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(path)
    return path


def halves(path, left, right, width=32, height=32):
    """A map whose halves have two numbers."""
    index = np.full((height, width), left, np.uint8)
    index[:, width // 2 :] = right
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(index).save(path)
    return path


def tensor(path):
    return to_tensor(open_photo(path))[0]


# ---------------------------------------------------------------------------------------------------------------
# Classes


def test_sub_folders_are_classes(tmp_path):
    """ImageNet, and LSUN exported: what is deeper belongs to its class."""
    for i, name in enumerate(["bedroom10/a/b/1.png", "bedroom2/2.png", "church/3.webp", "church/4.png"]):
        picture(tmp_path / name, i)
    (tmp_path / "church" / "5.jpg").write_bytes(b"broken")
    found = Labelled(tmp_path, 32)
    assert found.names == ["bedroom2", "bedroom10", "church"]
    assert sorted(found.labels) == [0, 1, 2, 2]
    for i, path in enumerate(found.paths):
        assert found.names[found[i]["label"]] in path.parts
        assert torch.equal(found[i]["image"], tensor(path))
    assert list(found.skipped) == [4]
    assert "5.jpg" in found.report()
    assert len(Folder(tmp_path, 32)) == 4
    assert Stream(found, 4, seed=0)(0)["label"].sort().values.tolist() == [0, 1, 2, 2]


def test_pictures_without_sub_folders_have_no_classes(tmp_path):
    picture(tmp_path / "1.png")
    picture(tmp_path / "one/1.png")
    with pytest.raises(InputError, match="no subfolders"):
        Labelled(tmp_path, 32)


@pytest.fixture
def celeba(tmp_path):
    names = [f"{i:06d}.png" for i in range(1, 5)]
    for i, name in enumerate(names):
        picture(tmp_path / "img_align_celeba" / name, i, 178, 218)
    (tmp_path / "Anno").mkdir()
    (tmp_path / "Eval").mkdir()
    rows = "\n".join(f"{name}  {1 if i % 2 else -1}  1 -1" for i, name in enumerate(names))
    (tmp_path / "Anno/list_attr_celeba.txt").write_text(f"4\nBald Smiling Young\n{rows}\n")
    (tmp_path / "Eval/list_eval_partition.txt").write_text("\n".join(f"{n} {i // 2}" for i, n in enumerate(names)))
    return tmp_path


def test_celeba(celeba):
    train = CelebA(celeba, 128)
    assert (len(train), train.names) == (2, ["Bald", "Smiling", "Young"])
    assert train[1]["attributes"].tolist() == [1, 1, 0]
    assert torch.equal(train[1]["image"], tensor(train.paths[1])[:, 50:178, 25:153])
    assert [path.stem for path in CelebA(celeba, 32, split="valid").paths] == ["000003", "000004"]
    plain = CelebA(celeba, 32, split="all", attributes=False)
    assert len(plain) == 4
    assert set(plain[0]) == {"image"}
    assert not torch.equal(CelebA(celeba, 32, window=None)[0]["image"], train[0]["image"][:, :32, :32])


def test_celeba_incomplete_or_damaged(celeba, tmp_path):
    with pytest.raises(InputError, match="no pictures of the split 'test'"):
        CelebA(celeba, 32, split="test")
    with pytest.raises(InputError, match="did you mean 'train'"):
        CelebA(celeba, 32, split="trian")
    (celeba / "Anno/list_attr_celeba.txt").write_text("1\nBald\n000001.png 0\n")
    with pytest.raises(InputError, match="damaged at 000001"):
        CelebA(celeba, 32)
    (celeba / "Anno/list_attr_celeba.txt").write_text("1\nBald\n000001.png 1\n")
    with pytest.raises(InputError, match="says nothing of 000002"):
        CelebA(celeba, 32)
    (celeba / "Anno/list_attr_celeba.txt").unlink()
    with pytest.raises(InputError, match=r"no list_attr_celeba\.txt"):
        CelebA(celeba, 32)
    with pytest.raises(InputError, match="no folder img_align_celeba"):
        CelebA(tmp_path / "nowhere", 32, attributes=False)


def test_celeba_of_another_size_is_told(celeba):
    picture(celeba / "img_align_celeba/000001.png", 0, 100, 100)
    found = CelebA(celeba, 32)
    assert len(found) == 1
    assert "reaches beyond" in found.skipped[0]


# ---------------------------------------------------------------------------------------------------------------
# Maps


def test_cityscapes(tmp_path):
    name = "aachen_000000_000019"
    photo = picture(tmp_path / f"leftImg8bit/train/aachen/{name}_leftImg8bit.png", 0, 64, 32)
    halves(tmp_path / f"gtFine/train/aachen/{name}_gtFine_labelIds.png", 7, 3, 64, 32)
    found = cityscapes(tmp_path, (32, 64))
    assert torch.equal(found[0]["image"], tensor(photo))
    assert found[0]["map"][0].tolist() == [0] * 32 + [-1] * 32  # road, and what is not scored
    assert (found.classes, found.names[13]) == (19, "car")
    assert next(iter(CITYSCAPES)) == "road"
    small = cityscapes(tmp_path, 16)[0]
    assert (small["image"].shape, small["map"].shape) == ((3, 16, 16), (16, 16))
    assert small["map"][0].tolist() == [0] * 8 + [-1] * 8
    with pytest.raises(InputError, match="part of Cityscapes"):
        cityscapes(tmp_path, 16, split="test")
    (tmp_path / f"gtFine/train/aachen/{name}_gtFine_labelIds.png").unlink()
    with pytest.raises(InputError, match="has no map"):
        cityscapes(tmp_path, 16)


def test_ade20k(tmp_path):
    picture(tmp_path / "images/validation/ADE_val_1.jpg")
    halves(tmp_path / "annotations/validation/ADE_val_1.png", 0, 150)
    found = ade20k(tmp_path, 32, split="validation")
    assert found[0]["map"][0].tolist() == [-1] * 16 + [149] * 16
    assert found.classes == 150


@pytest.mark.parametrize("folder", ["images/train2017", "train2017"])
def test_coco_stuff(tmp_path, folder):
    picture(tmp_path / folder / "000000000009.jpg")
    halves(tmp_path / "stuffthingmaps/train2017/000000000009.png", 181, 255)
    found = coco_stuff(tmp_path, 32)
    assert found[0]["map"][0].tolist() == [181] * 16 + [-1] * 16
    halves(tmp_path / "stuffthingmaps/train2017/000000000009.png", 200, 255)
    with pytest.raises(InputError, match="has class 200: there are 182"):
        coco_stuff(tmp_path, 32)


def test_deepfashion(tmp_path):
    for split in ("train", "test"):
        picture(tmp_path / split / "dress.jpg")
        halves(tmp_path / f"cihp_{split}_mask/dress.png", 7, 255)
        found = deepfashion(tmp_path, 32, split=split)
        assert found[0]["map"][0].tolist() == [7] * 16 + [-1] * 16
    found = map_set(tmp_path)
    assert (found.classes, [one.name for one, _ in found.pairs]) == (8, ["dress.jpg"])
    with pytest.raises(InputError, match="part of DeepFashion 'val'"):
        deepfashion(tmp_path, 32, split="val")
    halves(tmp_path / "cihp_train_mask/dress.png", 8, 0)
    with pytest.raises(InputError, match="has class 8: there are 8"):
        deepfashion(tmp_path, 32)
    (tmp_path / "cihp_train_mask/dress.png").unlink()
    with pytest.raises(InputError, match="dress"):
        deepfashion(tmp_path, 32)


def test_folders_of_ones_own(tmp_path):
    for i in range(3):
        picture(tmp_path / f"p/{i}.jpg", i)
        halves(tmp_path / f"m/{i}.png", i, 1)
    picture(tmp_path / "p/alone.jpg")
    halves(tmp_path / "m/2.png", 0, 1, 16, 16)  # not of the size of its picture
    found = folders(tmp_path / "p", tmp_path / "m", 32, classes=3)
    assert len(found) == 2
    assert "not a pair" in found.report()
    assert found[1]["map"].unique().tolist() == [1]
    with pytest.raises(InputError, match="name each map like its picture"):
        folders(tmp_path / "p", picture(tmp_path / "q/other.png").parent, 32, classes=3)


def test_a_shrunk_map_has_what_most_of_an_area_had(tmp_path):
    index = np.zeros((32, 32), np.uint8)
    index[::2, ::2] = 9  # a quarter of every area
    picture(tmp_path / "p/0.png")
    (tmp_path / "m").mkdir()
    Image.fromarray(index).save(tmp_path / "m/0.png")
    assert folders(tmp_path / "p", tmp_path / "m", 16, classes=10)[0]["map"].unique().tolist() == [0]


# ---------------------------------------------------------------------------------------------------------------
# Boxes


@pytest.fixture
def coco(tmp_path):
    images = []
    for i, (width, height) in enumerate([(64, 32), (32, 32), (32, 32)]):
        picture(tmp_path / f"p/{i}.png", i, width, height)
        images.append({"id": 10 + i, "file_name": f"{i}.png", "width": width, "height": height})
    boxes = [
        (10, 7, [0, 0, 8, 8]),  # cut away with the left quarter
        (10, 7, [16, 0, 16, 32]),
        (10, 3, [32, 8, 32, 16]),  # half of it is cut away
        (10, 3, [40, 0, 2, 2]),  # too small
        (11, 3, [0, 0, 32, 32]),
        (11, 7, [8, 8, 8, 8]),
        (12, 3, [0, 0, 32, 32]),
    ]
    annotations = [{"image_id": i, "category_id": c, "bbox": b, "id": n} for n, (i, c, b) in enumerate(boxes)]
    annotations.append({"image_id": 12, "category_id": 3, "bbox": [0, 0, 30, 30], "iscrowd": 1})
    categories = [{"id": 7, "name": "dog"}, {"id": 3, "name": "cat"}]
    said = {"images": images, "annotations": annotations, "categories": categories}
    (tmp_path / "instances.json").write_text(json.dumps(said))
    return tmp_path


def test_coco_boxes(coco):
    found = Scenes(coco / "p", coco / "instances.json", 32, things=(2, 8))
    assert found.names == ["cat", "dog"]
    assert [path.name for path in found.paths] == ["0.png", "1.png"]
    assert found[0]["boxes"].tolist() == [[0, 0, 0.5, 1], [0.5, 0.25, 1, 0.75]]
    assert found[0]["classes"].tolist() == [1, 0]
    assert [RELATIONS[n] for _, n, _ in found[0]["relations"].tolist()] == ["left of", "right of"]
    assert [RELATIONS[n] for _, n, _ in found[1]["relations"].tolist()] == ["surrounding", "inside"]
    batch = Stream(found, 2, seed=0)(0)
    assert batch["boxes"].shape == (2, 2, 4)
    both = Scenes(coco / "p", [coco / "instances.json"] * 2, 32, things=(4, 8))
    assert len(both) == 2


def test_coco_that_cannot_be_used(coco):
    with pytest.raises(InputError, match="no picture has 3 to 8 things"):
        Scenes(coco / "p", coco / "instances.json", 32)
    (coco / "x.json").write_text('{"images": [{"id": 1}], "annotations": [], "categories": []}')
    with pytest.raises(InputError, match="images without file_name, height, width"):
        Scenes(coco / "p", coco / "x.json", 32)
    said = json.loads((coco / "instances.json").read_text())
    for entry in said["annotations"]:
        entry["bbox"] = [value / 64 for value in entry["bbox"]]
    (coco / "x.json").write_text(json.dumps(said))
    with pytest.raises(InputError, match="are no pixels"):
        Scenes(coco / "p", coco / "x.json", 32)
    said["annotations"][0]["bbox"] = [1, "a", 2, 3]
    (coco / "x.json").write_text(json.dumps(said))
    with pytest.raises(InputError, match="no list of four numbers"):
        Scenes(coco / "p", coco / "x.json", 32)
    (coco / "x.json").write_text("[]")
    for wrong in ("x.json", "nowhere.json"):
        with pytest.raises(InputError, match="missing, or no annotation"):
            Scenes(coco / "p", coco / wrong, 32)


# ---------------------------------------------------------------------------------------------------------------
# Pairs


def test_pairs_of_two_folders(tmp_path):
    for i in range(2):
        picture(tmp_path / f"a/{i}.png", i)
        picture(tmp_path / f"b/{i}.jpg", 5 + i)
    alone = picture(tmp_path / "b/alone.png")
    found = Pairs(tmp_path / "a", tmp_path / "b", 32)
    assert len(found) == 2
    assert found.unpaired == [alone]
    assert torch.equal(found[1]["image"], tensor(tmp_path / "a/1.png"))
    assert torch.equal(found[1]["other"], tensor(tmp_path / "b/1.jpg"))
    with pytest.raises(InputError, match="name both of a pair alike"):
        Pairs(tmp_path / "a", picture(tmp_path / "c/x.png").parent, 32)


def test_pairs_side_by_side(tmp_path):
    path = picture(tmp_path / "p.png", 0, 64, 32)
    found = Pairs(tmp_path, None, 32)[0]
    assert torch.equal(found["other"], tensor(path)[:, :, :32])
    assert torch.equal(found["image"], tensor(path)[:, :, 32:])
