"""Weights of published networks: what there is, and fetching them from packages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from calotype.errors import ArgumentError, unknown


@dataclass(frozen=True)
class KnownWeights:
    """Weights that a package contains.

    Attributes:
        name: their name.
        network: what they are.
        uses: what needs them.
        package: the package, its version and its tool.
        megabytes: to be fetched.
        licence: of the weights.
        there: whether they are in the cache, or where ``CALOTYPE_WEIGHTS`` says.
    """

    name: str
    network: str
    uses: str
    package: str
    megabytes: int
    licence: str
    there: bool


def weights() -> list[KnownWeights]:
    """All weights that packages contain."""
    from calotype.data.weights import ALL

    return [
        KnownWeights(
            one.name,
            one.network,
            one.uses,
            str(one.package),
            one.package.megabytes,
            one.package.licence,
            one.there,
        )
        for one in ALL.values()
    ]


def brought_along() -> dict[str, str]:
    """Files of weights that no package contains, each with what needs it."""
    from calotype.data.weights import OWN

    return dict(OWN)


def fetch(names: Sequence[str], packages: str | Path | None = None) -> list[Path]:
    """Fetch weights into the cache, where metrics and losses find them; those that are there are not fetched again.

    Args:
        names: names of weights; ``["all"]`` for all of them.
        packages: a folder with packages that were fetched by hand.

    Returns:
        Paths of the files.

    Raises:
        InputError: there are no such weights, or a package cannot be fetched or has other content.
        OutputError: the weights cannot be written.
    """
    from calotype.data.weights import ALL
    from calotype.data.weights import fetch as fetch_one

    for name in names:
        if name not in ALL and list(names) != ["all"]:
            raise ArgumentError(unknown("set of weights", name, [*ALL, "all"]))
    wanted = list(ALL) if list(names) == ["all"] else list(dict.fromkeys(names))
    folder = None if packages is None else Path(packages)
    return [path for name in wanted for path in fetch_one(ALL[name], folder)]
