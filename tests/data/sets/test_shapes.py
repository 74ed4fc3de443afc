"""The set of drawn shapes: its annotations are true."""

import numpy as np

from calotype.data.boxes import inverse, relation
from calotype.data.sets import shapes


def made(count=8, seed=0, size=64):
    return list(shapes.compose((), size, count, seed))


def test_the_same_again_the_first_of_more_and_another_with_another_seed():
    first, more, other = made(3), made(5), made(3, seed=1)
    for one, two in zip(first, more):
        assert np.array_equal(np.asarray(one.image), np.asarray(two.image))
        assert one.info == two.info
    assert any(one.boxes != two.boxes for one, two in zip(first, other))


def test_boxes_classes_and_maps_are_those_of_the_instances():
    for sample in made():
        assert sample.instances.max() == len(sample.boxes) == len(sample.classes) >= 2
        for number, (box, kind) in enumerate(zip(sample.boxes, sample.classes), 1):
            seen = sample.instances == number
            assert (sample.map[seen] == kind).all()
            rows, columns = np.nonzero(seen)
            assert np.allclose(np.array(box) * 64, (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
        for one, number, two in sample.relations:
            wanted = relation(sample.boxes[one], sample.boxes[two])
            assert number in (wanted, inverse(relation(sample.boxes[two], sample.boxes[one])))


def test_flat_things_have_their_hue():
    import colorsys

    checked = 0
    for sample in made(20):
        picture = np.asarray(sample.image).astype(float) / 255
        for number, (hue, texture) in enumerate(zip(sample.info["hues"], sample.info["textures"]), 1):
            seen = sample.instances == number
            if hue < 0 or texture != "flat" or seen.sum() < 150:
                continue
            found = colorsys.rgb_to_hsv(*np.median(picture[seen], axis=0))[0]
            assert abs((found - hue / shapes.HUES + 0.5) % 1 - 0.5) < 0.02
            checked += 1
    assert checked >= 5


def test_every_kind_of_scene_has_its_own_areas():
    for sample in made(12):
        areas = {shapes.AREAS[number] for number in np.unique(sample.map) if number < len(shapes.AREAS)}
        wanted = list(shapes._SCENES.values())[sample.label].areas
        assert areas <= set(wanted)
