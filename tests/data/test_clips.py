"""Clips: films, folders of frames and made sets as pictures by identity; and frames of one pose in other clips."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from calotype.data import retrieval
from calotype.data.clips import ClipPairs, clip_files, frames_in, tensor_of
from calotype.data.retrieval import layout_features, neighbours_of
from calotype.errors import InputError


def frame(colour, place, size=(24, 24)):
    """A square of a colour at a place, on grey."""
    picture = np.full((*size, 3), 128, np.uint8)
    picture[4:12, place : place + 6] = colour
    return picture


COLOURS = ((250, 20, 20), (20, 250, 20), (20, 20, 250))
PLACES = (0, 6, 12, 17)


def clips(folder, counts=(4, 4, 4), size=(24, 24)):
    for i, (count, colour) in enumerate(zip(counts, COLOURS)):
        (folder / f"c{i}").mkdir(parents=True)
        for k in range(count):
            Image.fromarray(frame(colour, PLACES[k % 4], size)).save(folder / f"c{i}" / f"{k}.png")
    return folder


def test_frames_of_folders_are_grouped_by_clip(tmp_path):
    found = frames_in(clips(tmp_path / "set", (3, 1, 2)), 16, keep=False)
    assert found.clips.tolist() == [0, 0, 0, 1, 1]
    assert found.names == ("c0", "c2")
    assert "c1" in found.report()
    assert "two pictures" in found.report()
    assert tensor_of(found, [0, 4]).shape == (2, 3, 16, 16)
    files, note = clip_files(tmp_path / "set")
    assert len(files) == 6
    assert note == found.report()


def test_a_film_is_a_clip(tmp_path):
    clips(tmp_path, (2,))
    frames = [Image.fromarray(frame((0, 0, 0), place)) for place in PLACES]
    frames[0].save(tmp_path / "film.gif", save_all=True, append_images=frames[1:])
    found = frames_in(tmp_path, 16, keep=False)
    assert sorted(found.names) == ["c0", "film.gif"]
    assert np.bincount(found.clips).tolist() == [2, 4]
    assert found.files[-1] == (tmp_path / "film.gif", 3)


def made_set(folder, lines, about=None):
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for i, line in enumerate(lines):
        Image.fromarray(frame(COLOURS[i % 3], PLACES[i % 4])).save(folder / "images" / f"{i}.png")
        line |= {"image": f"images/{i}.png"}
        if line.get("other"):
            line["other"] = f"images/{(i + 1) % len(lines)}.png"
    (folder / "samples.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "about.json").write_text(json.dumps({"format": 1, **(about or {})}))
    return folder


def test_samples_of_a_set_are_grouped_by_what_it_says_of_their_identity(tmp_path):
    found = frames_in(made_set(tmp_path / "a", [{"identity": k % 2, "label": k} for k in range(4)]), 16, keep=False)
    assert found.clips.tolist() == [0, 0, 1, 1]
    assert [line["label"] for line in found.labels] == [0, 2, 1, 3]
    named = made_set(tmp_path / "b", [{"who": k // 2} for k in range(4)], {"identity": "who"})
    assert frames_in(named, 16, keep=False).clips.tolist() == [0, 0, 1, 1]


def test_both_pictures_of_a_sample_may_show_one_identity(tmp_path):
    both = made_set(tmp_path / "c", [{"other": True, "label": k} for k in range(3)], {"identity": "other"})
    found = frames_in(both, 16, keep=False)
    assert found.clips.tolist() == [0, 0, 1, 1, 2, 2]
    assert [line["_picture"] for line in found.labels] == ["image", "other"] * 3


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: clips(folder, (4,)), "one clip"),
        (lambda folder: clips(folder, (1, 1, 1)), "no identity .* has two pictures"),
        (lambda folder: clips(folder, (4, 1)), "one clip"),
        (lambda folder: made_set(folder, [{"label": 1}]), "do not say their identity"),
        (lambda folder: Image.new("RGB", (24, 24)).save(folder / "a.png"), "no identity .* has two pictures"),
    ],
)
def test_what_has_no_pairs_is_refused_in_one_line(tmp_path, make, said):
    folder = tmp_path / "set"
    if "identity" in said:
        folder.mkdir()
    make(folder)
    with pytest.raises(InputError, match=said) as error:
        frames_in(folder, 16, keep=False)
    assert "\n" not in str(error.value)
    with pytest.raises(InputError, match=said):
        clip_files(folder)


def test_frames_of_two_sizes_in_a_clip_are_refused(tmp_path):
    clips(tmp_path)
    Image.new("RGB", (30, 20)).save(tmp_path / "c1" / "9.png")
    with pytest.raises(InputError, match="24x24 and of 30x20 pixels: bring"):
        frames_in(tmp_path, 16, keep=False)


def test_a_sample_is_a_pair_of_two_frames_of_a_clip(tmp_path):
    found = frames_in(clips(tmp_path, (4, 3, 2)), 16, keep=False)
    pairs = ClipPairs.of(found)
    assert len(pairs) == 4 * 3 + 3 * 2 + 2
    assert len({tuple(pair) for pair in pairs.pairs.tolist()}) == len(pairs)
    assert (found.clips[pairs.pairs[:, 0]] == found.clips[pairs.pairs[:, 1]]).all()
    assert (pairs.pairs[:, 0] != pairs.pairs[:, 1]).all()
    sample = pairs[5]
    assert set(sample) == {"image", "partner"}
    assert sample["image"].shape == (3, 16, 16)


def test_partners_of_long_clips_are_spread_over_them(tmp_path):
    found = frames_in(clips(tmp_path, (200, 2)), 16, keep=False)
    pairs = ClipPairs.of(found).pairs
    of_first = pairs[pairs[:, 0] == 0][:, 1]
    assert len(of_first) == 64
    assert len(set(of_first.tolist())) == 64
    assert of_first.max() > 190


@pytest.mark.parametrize("kind", ["edges", "pixels"])
def test_the_nearest_frames_show_the_same_layout_in_other_clips(tmp_path, kind):
    found = frames_in(clips(tmp_path), 24, keep=False)
    near = neighbours_of(found.rows, found.clips, kind=kind, count=2, rejected=0.0)
    place = np.arange(12) % 4
    assert (place[near.numbers] == place[:, None]).all()
    assert (found.clips[near.numbers] != found.clips[:, None]).all()
    sample = ClipPairs.of(found, near)[0]
    assert set(sample) == {"image", "partner", "pose", "pose_partner"}
    pairs = ClipPairs.of(found, near)
    rows = [tensor_of(found, [i])[0] for i in range(len(found))]

    def number(picture):
        return next(i for i, row in enumerate(rows) if row.equal(picture))

    for i in range(len(pairs)):
        pose, other = (number(pairs[i][name]) for name in ("pose", "pose_partner"))
        assert found.clips[pose] == found.clips[other]
        assert pose != other


def test_frames_without_a_near_neighbour_and_pairs_of_one_pose_are_left_out(tmp_path):
    clips(tmp_path)
    Image.fromarray(frame(COLOURS[0], 0)).save(tmp_path / "c0" / "again.png")
    odd = np.full((24, 24, 3), 128, np.uint8)
    odd[::2] = 0
    Image.fromarray(odd).save(tmp_path / "c2" / "odd.png")
    found = frames_in(tmp_path, 24, keep=False)
    near = neighbours_of(found.rows, found.clips, kind="edges", rejected=0.1, most=0.99)
    pairs = ClipPairs.of(found, near).pairs.tolist()
    names = [file.name for file, _ in found.files]
    assert {"again.png", "0.png"} not in [{names[a], names[b]} for a, b in pairs if found.clips[a] == 0]
    assert "odd.png" not in [names[a] for a, _ in pairs]


def test_with_features_of_neighbours_added_more_neighbours_show_the_pose(monkeypatch):
    clips_, poses = np.repeat(np.arange(60), 4), np.tile(np.arange(4), 60)
    generator = torch.Generator().manual_seed(0)
    looks = torch.randn(240, 24, generator=generator) * 0.45
    features = F.normalize(torch.cat([F.one_hot(torch.from_numpy(poses), 4), looks], 1), dim=1).half()
    monkeypatch.setattr(retrieval, "layout_features", lambda rows, kind: features)
    rows = np.zeros((240, 8, 8, 3), np.uint8)
    right = []
    for expanded in (0, 10):
        found = neighbours_of(rows, clips_, count=20, expanded=expanded)
        assert found.numbers.shape == (240, 20)
        right.append(float((poses[found.numbers] == poses[:, None]).mean()))
    assert right[0] < 0.8
    assert right[1] > right[0] + 0.1


def test_clips_without_movement_are_refused(tmp_path):
    for i in range(2):
        (tmp_path / f"c{i}").mkdir()
        for k in range(2):
            Image.fromarray(frame(COLOURS[i], 4)).save(tmp_path / f"c{i}" / f"{k}.png")
    found = frames_in(tmp_path, 24, keep=False)
    with pytest.raises(InputError, match="more movement"):
        ClipPairs.of(found, neighbours_of(found.rows, found.clips, kind="edges"))


def test_without_the_weights_of_the_network_it_is_said_what_needs_none(monkeypatch):
    monkeypatch.setattr(retrieval, "is_installed", lambda: False)
    with pytest.raises(InputError, match="--set retrieval=edges"):
        layout_features(np.stack([frame((250, 30, 30), 5)]), "efficientnet")


def test_features_do_not_depend_on_colour():
    rows = np.stack([frame((250, 30, 30), 5), frame((30, 250, 30), 5)])
    for kind in ("edges", "pixels"):
        first, second = layout_features(rows, kind).float()
        assert float(first @ second) > 0.99
