from dataclasses import dataclass

import pytest

from calotype.errors import ArgumentError
from calotype.setting_checks import at_least, not_negative, odd_sides, one_of, within


@dataclass(frozen=True)
class Settings:
    steps: int = 3
    patch: int = 7
    rate: float = 0.5
    judge: str = "critics"


def test_values_within_their_ranges_pass():
    settings = Settings()
    at_least(settings, {"steps": 3, "patch": 0})
    odd_sides(settings, ("patch", "steps"), 7)
    one_of(settings, {"judge": ("critics", "sliced")})
    within(settings, {"rate": (0.5, 0.5)})
    not_negative(settings, ("rate",))


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (lambda: at_least(Settings(), {"steps": 4}), "--set steps=3 cannot be used: give a whole number from 4 up"),
        (lambda: at_least(Settings(), {"rate": 1}), "--set rate=0.5 cannot be used: give a number from 1 up"),
        (lambda: at_least(Settings(rate=float("nan")), {"rate": 0}), "--set rate=nan cannot be used"),
        (
            lambda: odd_sides(Settings(patch=6), ("patch",)),
            "--set patch=6 .* an odd number of pixels from 3 up",
        ),
        (lambda: odd_sides(Settings(patch=1), ("patch",)), "--set patch=1 "),
        (lambda: odd_sides(Settings(patch=11), ("patch",), 9), "--set patch=11 .* from 3 to 9"),
        (
            lambda: one_of(Settings(judge="me"), {"judge": ("a", "b")}),
            "=me .* give --set judge=a or --set judge=b",
        ),
        (lambda: within(Settings(), {"rate": (0.6, 1)}), "--set rate=0.5 cannot be used: give a number from 0.6 to 1"),
        (lambda: within(Settings(rate=float("nan")), {"rate": (0, 1)}), "--set rate=nan cannot be used"),
        (
            lambda: not_negative(Settings(rate=-0.25), ("rate",)),
            "rate=-0.25 cannot be used: give a number from 0",
        ),
    ],
)
def test_others_are_refused_with_what_to_give(check, words):
    with pytest.raises(ArgumentError, match=words):
        check()
