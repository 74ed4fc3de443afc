"""The sets, made of toys: that their labels are true, and that they come out the same."""

import itertools
import json
from importlib.util import find_spec

import numpy as np
import pytest
from toys import TOYS, Toy

from calotype.data.boxes import RELATIONS, inverse, relation
from calotype.data.sets import (
    SETS,
    avatars,
    bullet,
    digits,
    faces,
    landscapes,
    people,
    photos,
    portraits,
    rooms,
    scenes,
    shapes,
    solids,
    sprites,
    views,
)
from calotype.data.sets.furniture import Furniture
from calotype.data.sets.noise import cloudy
from calotype.errors import InputError

DRAWS = {"emoji", "openmoji", "people", "faces", "face_masks", "face_edges", "face_styles"}
CAN_DRAW = find_spec("resvg_py") is not None
needs_drawing = pytest.mark.skipif(not CAN_DRAW, reason="resvg-py is not installed: pip install 'calotype[svg]'")
CAN_RENDER = find_spec("pybullet") is not None
needs_rendering = pytest.mark.skipif(not CAN_RENDER, reason="pybullet is not installed: pip install 'calotype[views]'")
NEEDS = {**dict.fromkeys(DRAWS, needs_drawing), "rooms": needs_rendering}
MADE = [pytest.param(name, marks=NEEDS.get(name, ())) for name in TOYS]
SIZES = {"scenes": 64, "avatars": 64, "sprites": 72}


def compose(name, count, seed=0, size=None):
    module, packages = TOYS[name]
    return list(module.compose(packages(), size or SIZES.get(name, 32), count, seed))


@pytest.fixture(scope="module")
def scene_samples():
    return compose("scenes", 12)


@pytest.mark.parametrize("name", MADE)
def test_the_same_again_and_another_with_another_seed(name):
    count = {"emoji": 10, "openmoji": 2}.get(name, 5)
    first, again = compose(name, count), compose(name, count)
    assert len(first) == count
    for one, two in zip(first, again):
        assert np.array_equal(np.asarray(one.image), np.asarray(two.image))
        assert (one.map is None) or np.array_equal(one.map, two.map)
        assert (one.label, one.boxes, one.info) == (two.label, two.boxes, two.info)
    told = [[(made.info, np.asarray(made.image).sum()) for made in compose(name, count, seed)] for seed in range(6)]
    said = [str(one) for one in told]
    assert len(set(said)) > 1


@pytest.mark.parametrize("name", [p for p in MADE if p.values[0] not in DRAWS])
def test_fewer_are_the_first_of_more(name):
    few, many = compose(name, 3), compose(name, 5)
    for one, two in zip(few, many):
        assert np.array_equal(np.asarray(one.image), np.asarray(two.image))


@pytest.mark.parametrize("name", [name for name in TOYS if name != "scenes"])
def test_a_package_without_what_is_looked_for(name):
    module, packages = TOYS[name]
    if name == "openmoji":
        assert list(module.compose([Toy({})], 32, 3, 0)) == []
        return
    with pytest.raises(InputError, match="fetch it again"):
        list(module.compose([Toy({}) for _ in packages()], 32, 3, 0))


def test_every_set_is_told():
    for name in SETS:
        module = {
            "views": views,
            "landscapes": landscapes,
            "solids": solids,
            "shapes": shapes,
            **{key: value[0] for key, value in TOYS.items()},
        }[name]
        about = module.ABOUT
        assert about.name == name
        assert about.licence
        assert about.sizes[0] <= about.size <= about.sizes[1]
        assert about.most is None or about.count <= about.most
        assert all(len(package.sha256) == 64 and package.version for package in about.packages)


def test_boxes_are_those_of_the_instances(scene_samples):
    for made in scene_samples:
        assert made.map.shape == made.instances.shape == (64, 64)
        assert made.instances.max() == len(made.boxes) == len(made.classes) >= 3
        for number, (box, kind) in enumerate(zip(made.boxes, made.classes), 1):
            seen = made.instances == number
            rows, columns = np.nonzero(seen)
            wanted = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            assert np.allclose(np.array(box) * 64, wanted)
            assert (made.map[seen] == scenes.MAP_CLASSES.index(scenes.THINGS[kind])).all()
        assert set(np.unique(made.map)) <= set(range(len(scenes.MAP_CLASSES)))


def test_what_the_map_says_is_in_the_picture(scene_samples):
    """The toys have one flat colour each: where the map shows one thing all around, the picture has that colour."""
    made = max(scene_samples, key=lambda sample: max((sample.instances == n).sum() for n in range(1, 3)))
    picture = np.asarray(made.image).astype(int)
    for number in range(1, len(made.boxes) + 1):
        seen = made.instances == number
        inner = seen.copy()
        for axis in (0, 1):
            for step in (-2, -1, 1, 2):
                inner &= np.roll(seen, step, axis)
        if inner.sum() > 12:
            assert picture[inner].std(0).max() < 4


def test_relations_follow_from_the_boxes(scene_samples):
    touching = 0
    for made in scene_samples:
        told = {(i, j): set() for i in range(len(made.boxes)) for j in range(len(made.boxes)) if i != j}
        for one, number, other in made.relations:
            told[one, other].add(number)
        for (i, j), numbers in told.items():
            assert {inverse(n) for n in told[j, i]} == numbers
            plain = {n for n in numbers if n < 6}
            assert len(plain) == 1
            if i < j:
                assert plain == {relation(made.boxes[i], made.boxes[j])}
            a, b = made.boxes[i], made.boxes[j]
            overlap = a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
            depth = numbers - plain
            assert len(depth) == int(overlap)
            touching += int(overlap)
            if RELATIONS.index("in front of") in depth and overlap:
                assert RELATIONS.index("behind") in told[j, i]
    assert touching


def test_scenes_have_their_places(scene_samples):
    ground = {"grass", "sand", "snow"}
    for made in scene_samples:
        place = list(scenes.PLACES.values())[made.label]
        there = {scenes.MAP_CLASSES[n] for n in np.unique(made.map)}
        assert "sky" in there or "cloud" in there
        assert there & ground <= {place.ground}
        assert {scenes.THINGS[kind] for kind in made.classes} <= set(place.things)


def test_noise_fills_its_range_and_is_smooth():
    field = cloudy(np.random.default_rng(0), (40, 60), 3)
    assert (field.shape, field.min(), field.max()) == ((40, 60), 0, 1)
    assert np.abs(np.diff(field, axis=0)).mean() < 0.1


@needs_drawing
def test_emoji_have_one_content_in_all_styles():
    made = compose("emoji", 10)
    assert [sample.label for sample in made] == list(range(5)) * 2
    assert {sample.info["name"] for sample in made} == {"cake", "cat"}  # not what is turned, or in one style only
    assert len({sample.info["name"] for sample in made[:5]}) == 1
    for sample in made:
        picture = np.asarray(sample.image)
        assert picture[16, 16].tolist() == [sample.label, 2 * sample.label, 128]
        assert picture[0, 0].tolist() == [255, 255, 255]


@needs_drawing
def test_people_come_in_all_their_tones_with_true_labels():
    made = compose("people", 6)
    found = {name: [one for one in made if one.info["base"] == name] for name in ("girl", "man-pilot")}
    assert [one.info["base"] for one in made] in (["girl"] * 3 + ["man-pilot"] * 3, ["man-pilot"] * 3 + ["girl"] * 3)
    assert [one.info["tone"] for one in found["girl"]] == ["none", "medium-light", "dark"]
    assert [one.label for one in found["girl"]] == [0, 2, 5]
    assert [one.info["name"] for one in found["man-pilot"]] == [
        "man-pilot",
        "man-light-skin-tone-pilot",
        "man-dark-skin-tone-pilot",
    ]
    for sample in made:
        picture = np.asarray(sample.image)
        assert picture.shape == (32, 32, 3)
        assert people.TONES[sample.label] == sample.info["tone"]
        assert picture[16, 16].tolist() == [10 * sample.label] * 3
        assert picture[0, 0].tolist() == [255] * 3


@needs_drawing
def test_fewer_people_are_the_first_of_more():
    for one, two in zip(compose("people", 4), compose("people", 6)):
        assert one.info == two.info
        assert np.array_equal(np.asarray(one.image), np.asarray(two.image))


@needs_drawing
def test_openmoji_pairs_fit_and_leave_out_skins_and_flags():
    made = compose("openmoji", 5)
    assert {sample.info["name"] for sample in made} == {"cake", "cat"}
    for sample in made:
        colour, lines = np.asarray(sample.image), np.asarray(sample.other)
        assert colour[16, 16].tolist() == [255, 0, 0]
        assert lines[16, 16].tolist() == [255, 255, 255]
        dark = (lines.max(2) < 60) & (colour.max(2) < 60)
        assert dark.sum() == (lines.max(2) < 60).sum() > 20


def test_without_what_draws(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "resvg_py", None)
    with pytest.raises(InputError, match=r"calotype\[svg\]"):
        compose("openmoji", 1)


def test_digits_have_their_labels():
    made = compose("digits", 60)
    assert len({sample.label for sample in made}) == 10
    for sample in made:
        picture = np.asarray(sample.image)
        assert abs(int(picture[16, 16, 0]) - (20 + 20 * sample.label)) <= 1
        assert picture[0].max() == 0
    with pytest.raises(InputError, match="no digits"):
        list(digits.compose([Toy({"a/digits.png": b""})], 32, 3, 0)) if False else list(
            digits.compose([Toy({})], 32, 3, 0)
        )


def test_photos_are_cut_as_wholes_first():
    made = compose("photos", 9)
    names = [sample.info["photo"] for sample in made]
    assert set(names[:3]) == {"erase/horse", "erase/crab", "categorization/fish1"}  # not what is cut out on nothing
    assert names[:3] == names[3:6] == names[6:9]
    assert {photos.LABELS[sample.label] for sample in made} == {"animals", "fish"}
    assert not np.array_equal(np.asarray(made[0].image), np.asarray(made[3].image))


def test_avatars_show_their_parts():
    made = compose("avatars", 20)
    parts = [part for part in avatars.PARTS if part != "ground"]
    for sample in made:
        worn = dict(sample.info["worn"])
        there = {avatars.PARTS[n] for n in np.unique(sample.map)} - {"ground"}
        assert there == set(worn)
        picture = np.asarray(sample.image)
        for part in there:
            seen = sample.map == avatars.PARTS.index(part)
            assert (picture[seen][:, 0] == 30 * parts.index(part)).mean() > 0.6  # less the shadows of what is above
        assert sample.info["action"] in ("stance", "run")
        assert 0 <= sample.label < 8
    assert made[0].info["identity"] == made[15].info["identity"] != made[16].info["identity"]
    assert np.array_equal(np.asarray(made[0].other), np.asarray(made[1].other))


def test_avatars_can_be_drawn_in_any_pose():
    module, packages = TOYS["avatars"]
    figures = module.Figures(packages()[0])
    sample = compose("avatars", 1)[0]
    identity, poses = figures.identity(0, 0)
    assert np.array_equal(np.asarray(figures.picture(identity, poses[0], 64)[0]), np.asarray(sample.image))
    assert set(poses) <= set(figures.poses)
    assert dict(identity.worn) == dict(sample.info["worn"])


def test_sprites_are_frames_of_one_unit_after_another():
    made = compose("sprites", 18)
    whose = [sample.info["identity"] for sample in made]
    assert sorted(set(whose)) == ["drakes/burner", "elves/archer", "elves/archer+female"]
    assert all(len(set(whose[k : k + 6])) == 1 for k in (0, 6, 12))
    assert sorted(sample.info["action"] for sample in made[:6]) == [
        "defend",
        "melee",
        "melee",
        "run",
        "run",
        "standing",
    ]
    with pytest.raises(InputError, match="18 frames only"):
        compose("sprites", 19)


@needs_rendering
def test_views_show_a_solid_from_all_around(capfd):
    made = list(views.compose((), 32, 14, 0))
    assert len({sample.info["solid"] for sample in made}) == 2
    assert len({sample.info["azimuth"] for sample in made}) == 14
    for sample in made:
        picture, depth = np.asarray(sample.image), np.asarray(sample.other)[..., 0]
        inside = sample.map == 1
        assert 0.01 < inside.mean() < 0.7
        assert (depth[inside] > 0).all()
        assert (depth[~inside] == 0).all()
        assert (picture[~inside] > 250).mean() > 0.8
    assert capfd.readouterr() == ("", "")


def test_without_what_renders(monkeypatch):
    def missing(name):
        raise bullet.PackageNotFoundError

    monkeypatch.setattr(bullet, "version", missing)
    with pytest.raises(InputError, match=r"calotype\[views\]"):
        list(views.compose((), 32, 1, 0))
    monkeypatch.setattr(bullet, "version", lambda name: "1.0")
    with pytest.raises(InputError, match=r"pybullet 3\.2\.7, not 1\.0"):
        list(views.compose((), 32, 1, 0))


@needs_rendering
def test_rooms_are_told_as_they_are_rendered():
    made = list(rooms.compose([TOYS["rooms"][1]()[0]], 64, 12, 1))
    assert [one.label for one in made] == [0, 1, 1] * 4
    names, seen = rooms.ABOUT.names["map_classes"], 0
    for one in made:
        told, picture = one.info["pieces"], np.asarray(one.image).astype(int)
        assert len(one.boxes) == len(one.classes) == len(told) == (0 if one.label == 0 else one.instances.max())
        assert set(np.unique(one.map[one.instances == 0])) <= {0, 1}
        for number, piece in enumerate(told, 1):
            there = one.instances == number
            assert (one.map[there] == names.index(piece["kind"])).all()
            assert np.allclose(np.array(one.boxes[number - 1]) * 64, boxed(there))
            rows = [np.nonzero(there & (picture[..., a] > picture[..., b] + 80))[0] for a, b in ((0, 2), (2, 0))]
            assert sum(map(len, rows)) > 0.5 * there.sum()
            if min(map(len, rows)) > 40:
                assert rows[0].mean() > rows[1].mean()  # the red half is below
            u, v = projected(piece["place"], one.info["azimuth"], one.info["polar"], 64)
            if len(told) == 2 and 16 < u < 48 and 16 < v < 48 and there.sum() > 150:
                rows, columns = np.nonzero(there)
                assert abs((columns.min() + columns.max() + 1) / 2 - u) < 6
                assert abs((rows.min() + rows.max() + 1) / 2 - v) < 6
                seen += 1
        triples = {(a, RELATIONS[r], b) for a, r, b in one.relations}
        eye = np.sin(np.radians(one.info["azimuth"])), np.cos(np.radians(one.info["azimuth"]))
        near = [piece["place"][0] * eye[0] + piece["place"][2] * eye[1] for piece in told]
        assert all(near[a] > near[b] for a, word, b in triples if word == "in front of")
    assert seen > 1
    assert any("in front of" in {RELATIONS[r] for _, r, _ in one.relations} for one in made)


def boxed(there):
    rows, columns = np.nonzero(there)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def test_furniture_has_the_size_that_its_catalogue_tells():
    model = Furniture(TOYS["rooms"][1]()[0]).model("plasticChair")
    assert (model.half, model.creator) == ((0.2, 0.25, 0.15), "hand")  # a unit is 2 m
    assert [(part.colour, part.texture) for part in model.parts] == [((1, 0, 0), None), ((0, 0, 1), None)]  # no glass
    points = [line.split()[1:] for part in model.parts for line in part.obj.splitlines() if line.startswith("v ")]
    points = np.array(points, float)
    assert np.allclose(points.min(0), (-0.2, -0.5, -0.15))  # y points down, and it stands on 0
    assert np.allclose(points.max(0), (0.2, 0, 0.15))


def test_outlines_are_apart():
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)
    turned = np.array([(0, -1), (1, 0), (0, 1), (-1, 0)], float)
    across, slanted, beside = np.array([(1.5, 0), (0.9, 0.9), (2.2, 0.5)])
    assert rooms.apart(square, square + across) == pytest.approx(0.5)
    assert rooms.apart(square, square + slanted) < 0
    assert rooms.apart(square, turned + beside) == pytest.approx(0.2)


def test_landscapes_are_drawn_by_this_program_alone():
    made = list(landscapes.compose([], 32, 6, 3))
    again = list(landscapes.compose([], 32, 6, 3))
    assert landscapes.ABOUT.packages == ()
    names = landscapes.ABOUT.names["map_classes"]
    for one, other in zip(made, again):
        assert one.image.tobytes() == other.image.tobytes()
        assert one.image.size == (32, 32)
        assert one.map.max() < len(names)
        assert one.instances.max() == len(one.boxes) == len(one.classes)
        for number, kind in enumerate(one.classes, 1):
            assert (one.map[one.instances == number] == names.index(landscapes.ABOUT.names["classes"][kind])).all()
    assert len({one.image.tobytes() for one in made}) == 6


def test_solids_are_told_as_they_are_drawn():
    made = list(solids.compose([], 48, 9, 2))
    assert [one.image.tobytes() for one in made] == [one.image.tobytes() for one in solids.compose([], 48, 9, 2)]
    assert [one.label for one in made] == [0, 1, 1] * 3
    for one in made:
        told, kinds = one.info["solids"], solids.ABOUT.names["map_classes"]
        assert bool(told) == bool(one.label)
        assert one.instances.max() <= len(told)
        for number, solid in enumerate(told, 1):
            there = one.instances == number
            assert (one.map[there] == kinds.index(solid["kind"])).all()
            # Where nothing hides or cuts it, its middle is seen where the camera projects it.
            u, v = projected(solid["place"], one.info["azimuth"], one.info["polar"], 48)
            if there.sum() > 60 and len(told) == 1 and 12 < u < 36 and 12 < v < 36:
                y, x = np.nonzero(there)
                assert abs(x.mean() + 0.5 - u) < 3
                assert abs(y.mean() + 0.5 - v) < 3
    empty = np.asarray(made[0].other)[..., 0]
    assert empty.min() < empty.max()  # depth of the room itself
    assert made[0].instances.max() == 0


def projected(place, azimuth, polar, side):
    """Column and row of a point, by the camera that the samples tell."""
    a, p = np.radians([azimuth, polar])
    out = np.array([np.sin(p) * np.sin(a), -np.cos(p), np.sin(p) * np.cos(a)])
    right = np.cross([0.0, 1.0, 0.0], -out)
    right /= np.linalg.norm(right)
    at = np.array(place) - 2 * out
    z = at @ -out
    return side * (at @ right) / z + side / 2, side * (at @ np.cross(-out, right)) / z + side / 2


@needs_drawing
def test_faces_have_exact_parts_and_the_other_expression():
    made = compose("faces", 12, size=32)
    held = json.loads(next(iter(TOYS["faces"][1]()[0].contents.values())))
    for sample in made:
        variants, colours = sample.info["variants"], sample.info["colours"]
        assert faces.EXPRESSIONS[sample.label] == variants["mouth"][:-2]
        assert (sample.info["other_mouth"][:-2] == "sad") == (sample.label == 0)
        picture, other = np.asarray(sample.image), np.asarray(sample.other)
        for part, rows in (("hair", slice(0, 6)), ("mouth", slice(20, 28))):
            seen = sample.map == faces.PARTS.index(part)
            assert seen[rows].any()
            colour = np.array(list(bytes.fromhex(colours[part][1:])))
            assert np.abs(picture[seen].astype(int) - colour).max() <= 1
        assert ((sample.map == faces.PARTS.index("glasses")).any()) == ("glasses" in variants)
        assert (sample.map[:, 28:] == 0).all()
        changed = (picture != other).any(2)
        assert changed.any()
        assert changed[:20].sum() == changed[28:].sum() == 0
    assert 0 < sum("glasses" in sample.info["variants"] for sample in made) < 12
    assert set(held["components"]) == {"hair", "glasses", "mouth"}


@needs_drawing
def test_pairs_of_faces_agree():
    faces_made = compose("faces", 6)
    for name in ("face_masks", "face_edges"):
        for face, made in zip(faces_made, compose(name, 6)):
            assert np.array_equal(np.asarray(made.image), np.asarray(face.image))
            assert made.label == int("glasses" in made.info["variants"])
    edges = np.asarray(compose("face_edges", 1)[0].other)
    assert set(np.unique(edges)) == {0, 255}
    masks = np.asarray(compose("face_masks", 1)[0].other).reshape(-1, 3)
    assert len(np.unique(masks, axis=0)) <= len(faces.PARTS)
    for face, made in zip(faces_made, compose("face_styles", 6)):
        assert np.array_equal(np.asarray(made.other), np.asarray(face.image))
        assert made.label == face.label
        assert np.asarray(made.image).shape == np.asarray(made.other).shape


def test_edges_of_digits_surround_them():
    for made in compose("digit_colours", 4):
        ink, edges = np.asarray(made.image, int), np.asarray(made.other)
        assert set(np.unique(edges)) <= {0, 255}
        ground = np.array([26, 20, 44])
        assert (ink[0, 0] == ground).all()
        inside = np.abs(ink - ground).max(2) > 0
        assert inside.any()
        added = (ink - ground)[inside].mean(0)
    assert added[0] > added[2]  # warm


def test_silhouettes_and_stripes_agree():
    for made in compose("animal_stripes", 4):
        dark = np.asarray(made.other).max(2) < 60
        stripes = np.asarray(made.image, int)
        assert dark.sum() > 20
        assert stripes[dark][:, 0].mean() < stripes[dark][:, 1:].mean()  # cold
        assert stripes[0, 0].tolist() == [244, 240, 226]


def test_paintings_take_turns_with_photos_and_are_put_together():
    made = compose("paintings", 8)
    assert [sample.label for sample in made] == [0, 1, 0, 7, 0, 1, 0, 7]
    assert all(sample.info["category"] in photos.LABELS for sample in made[::2])
    assert made[1].info["painting"] == "Katsushika Hokusai, A wave"
    wave, field = (np.asarray(made[i].image, int) for i in (1, 3))
    assert wave[:, 2].mean(0)[0] > 200 > 60 > wave[:, -3].mean(0)[0]  # red on the left
    assert wave[:, -3].mean(0)[2] > 200
    assert field.mean((0, 1))[1] > 200


def test_portraits_take_turns_with_photos_and_lie_on_a_ground():
    made = compose("portraits", 400)
    peoples = portraits.LABELS
    assert [peoples[sample.label] for sample in made[:8:2]] == ["photo"] * 4
    assert [peoples[sample.label] for sample in made[1:8:2]] == ["humans", "elves", "others", "humans"]
    assert all(sample.info["category"] in photos.LABELS for sample in made[::2])
    named = [sample.info["portrait"] for sample in made[1:13:2]]
    assert named[:4] == ["humans/lord+female", "elves/archer", "wolves/young/wolf", "humans/mage"]
    elves = [np.asarray(sample.image, int) for sample in made if sample.label == peoples.index("elves")]
    assert elves[0][4, 4].tolist() in [list(turf) for turf in sprites.TURF]  # the clear corner of the whole portrait
    painted = [float((pixels[..., 0] > 200).mean()) for pixels in elves]
    assert min(painted[1:]) > 0.6
    assert len(set(painted)) > 4


def test_a_package_without_portraits_is_refused():
    with pytest.raises(InputError, match="has no portraits in it: fetch it again"):
        next(itertools.islice(portraits.compose([TOYS["photos"][1]()[0], Toy({})], 32, 2, 0), 1, None))
