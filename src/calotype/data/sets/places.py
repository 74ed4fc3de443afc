"""The contents of synthetic landscapes: object classes, kinds of places, and lighting."""

from __future__ import annotations

from dataclasses import dataclass

Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class Kind:
    """An object class.

    Attributes:
        files: its cut-out images, relative to the folder of stamps, without suffix.
        height: height of the object in the foreground, as a share of the image's height.
        where: ``ground``, ``sky`` or ``water``.
    """

    files: tuple[str, ...]
    height: float
    where: str = "ground"


def _in(folder: str, names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in names.split())


KINDS: dict[str, Kind] = {
    "tree": Kind(_in("plants/trees", "birch holm_oak liberia-palm tree336"), 1.05),
    "bush": Kind(_in("plants", "thyme lavender lettuce_bolted eggplant"), 0.22),
    "house": Kind(
        _in(
            "town/houses/cartoon",
            "swisshome wooden_cottage stables windmill inn townhall warehouse tower_round tower_square cityhouse "
            "blacksmith tavern hunter tower_flag_red",
        ),
        0.62,
    ),
    "cow": Kind(_in("animals/mammals/bovines", "bison bull cow cow_white yak zebu"), 0.42),
    "sheep": Kind(_in("animals/mammals/bovines", "goat mountaingoat ram sheep sheep_lamb"), 0.3),
    "horse": Kind(_in("animals/mammals/equines", "donkey donkey_eating horse"), 0.46),
    "zebra": Kind(_in("animals/mammals/equines", "zebra"), 0.44),
    "deer": Kind(
        (
            *_in("animals/mammals/deer", "caribou deer doe wapiti"),
            *_in("animals/mammals/bovines", "gnu-baby gnu-baby-stand gnu-stand indian_blackbuck"),
        ),
        0.44,
    ),
    "pig": Kind(_in("animals/mammals", "pig pig_golden wildboar"), 0.27),
    "dog": Kind(_in("animals/mammals/dogs", "dingo dog fox"), 0.26),
    "big cat": Kind(_in("animals/mammals/cats", "lion-2 lion tiger tiger_sumatran"), 0.3),
    "bear": Kind(_in("animals/mammals/bears", "bear european-bear"), 0.4),
    "elephant": Kind(_in("animals/mammals", "elephant"), 0.62),
    "rhinoceros": Kind(_in("animals/mammals", "rhino_black hippopotamus"), 0.38),
    "giraffe": Kind(_in("animals/mammals", "giraffe"), 0.8),
    "camel": Kind(_in("animals/mammals/camel", "camel dromedary"), 0.52),
    "rabbit": Kind(_in("animals/mammals/rodents", "rabbit-2 rabbit squirrel marmot"), 0.15),
    "kangaroo": Kind(_in("animals/marsupials", "kangaroo wombat"), 0.32),
    "bird": Kind(
        _in(
            "animals/birds",
            "chicken_profile crow crowned_crane drake duck gander guineafowl helmeted_guineafowl hen magpie nandou "
            "ostrich pigeon pink_flamingo rooster turkey silver-gull vulture",
        ),
        0.2,
    ),
    "penguin": Kind(_in("animals/birds", "little-penguin magellanic_penguin penguin"), 0.24),
    "flying bird": Kind(_in("animals/birds", "heron_greatblue_flying seagull pelican cuckoo"), 0.14, "sky"),
    "mushroom": Kind(_in("plants/mushrooms", "cep-1 cep-2 cep"), 0.12),
    "vehicle": Kind(
        (
            *_in("vehicles/auto", "beetle sedan sportscar2 truck"),
            *_in("vehicles", "garbagetruck emergency/firetruck construction/dumper masstransit/green_korean_bus"),
        ),
        0.26,
    ),
    "boat": Kind(_in("vehicles/ship", "chineseJunk walnutBoat"), 0.34, "water"),
    "aircraft": Kind(_in("vehicles/flight", "balloon360 planes/747"), 0.2, "sky"),
}
THINGS = tuple(KINDS)
STUFF = ("sky", "cloud", "hill", "grass", "sand", "snow", "water", "road")
MAP_CLASSES = (*STUFF, *THINGS)


@dataclass(frozen=True)
class Place:
    """A kind of place.

    Attributes:
        ground: class of the ground.
        low: first colour of the ground, RGB 0..1.
        high: second colour of the ground, RGB 0..1; the ground varies between the two.
        hills: colour of the hills.
        things: object classes that occur there, each with its probability.
        water: probability of a strip of water.
        road: probability of a road.
    """

    ground: str
    low: Rgb
    high: Rgb
    hills: Rgb
    things: dict[str, float]
    water: float = 0.0
    road: float = 0.0


PLACES: dict[str, Place] = {
    "meadow": Place(
        "grass",
        (0.22, 0.38, 0.12),
        (0.5, 0.62, 0.24),
        (0.28, 0.42, 0.3),
        {"tree": 3, "bush": 1, "house": 1, "cow": 2, "sheep": 2, "horse": 2, "pig": 1, "dog": 1, "bird": 2, "rabbit": 1}
        | {"flying bird": 1, "aircraft": 0.5},
        water=0.3,
    ),
    "forest": Place(
        "grass",
        (0.16, 0.26, 0.1),
        (0.36, 0.42, 0.18),
        (0.16, 0.3, 0.2),
        {"tree": 6, "bush": 2, "deer": 2, "bear": 1, "dog": 1, "pig": 1, "rabbit": 1, "mushroom": 2, "flying bird": 1},
        water=0.15,
    ),
    "savanna": Place(
        "sand",
        (0.6, 0.46, 0.24),
        (0.86, 0.72, 0.42),
        (0.55, 0.46, 0.38),
        {"tree": 1.5, "bush": 1, "zebra": 2, "giraffe": 1.5, "elephant": 1.5, "rhinoceros": 1.5, "big cat": 2}
        | {"deer": 1, "camel": 1.5, "kangaroo": 1, "bird": 1, "flying bird": 0.7},
        water=0.25,
    ),
    "snow": Place(
        "snow",
        (0.78, 0.83, 0.9),
        (0.97, 0.98, 1.0),
        (0.62, 0.7, 0.82),
        {"tree": 1, "house": 1, "penguin": 3, "bear": 1, "deer": 2, "dog": 1.5, "rabbit": 1, "flying bird": 0.7},
        water=0.3,
    ),
    "shore": Place(
        "sand",
        (0.78, 0.68, 0.48),
        (0.94, 0.86, 0.66),
        (0.34, 0.46, 0.5),
        {"boat": 4, "bird": 2, "penguin": 1, "flying bird": 2, "tree": 1, "dog": 1, "horse": 0.7, "house": 0.5}
        | {"aircraft": 0.7},
        water=1.0,
    ),
    "town": Place(
        "grass",
        (0.34, 0.42, 0.22),
        (0.54, 0.6, 0.34),
        (0.46, 0.5, 0.56),
        {"house": 4, "vehicle": 4, "tree": 2, "dog": 1, "bird": 1, "horse": 0.7, "aircraft": 1, "flying bird": 0.7},
        road=0.85,
    ),
}


@dataclass(frozen=True)
class Light:
    """The lighting of a time of day.

    Attributes:
        above: colour of the sky at the top.
        horizon: colour of the sky at the horizon, and of the haze.
        clouds: colour of the clouds.
        things: colour of the light on all objects.
        share: probability of this lighting.
    """

    above: Rgb
    horizon: Rgb
    clouds: Rgb
    things: Rgb
    share: float


LIGHTS = (
    Light((0.24, 0.5, 0.86), (0.76, 0.87, 0.97), (1.0, 1.0, 1.0), (1.0, 1.0, 1.0), 0.3),
    Light((0.36, 0.6, 0.9), (0.86, 0.92, 0.97), (0.98, 0.98, 1.0), (1.0, 1.0, 0.98), 0.28),
    Light((0.5, 0.56, 0.64), (0.8, 0.82, 0.85), (0.9, 0.9, 0.92), (0.86, 0.88, 0.92), 0.16),
    Light((0.28, 0.36, 0.62), (0.98, 0.72, 0.46), (1.0, 0.78, 0.66), (1.0, 0.87, 0.74), 0.16),
    Light((0.16, 0.22, 0.46), (0.62, 0.5, 0.6), (0.56, 0.48, 0.6), (0.7, 0.7, 0.86), 0.1),
)
