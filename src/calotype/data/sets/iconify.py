"""Icons in the packages of Iconify: one JSON file of SVG drawings by name, and one of metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from calotype.data.packages import Fetched, Package
from calotype.errors import InputError

NOTO = Package(
    "npm",
    "@iconify-json/noto",
    "1.2.9",
    "3e918d88fc945c0bb3d468dbace6f88caef67f01c9f0e7bcae0915a042e8f1ad",
    3,
    "Apache-2.0 (Noto Emoji)",
)


def icons(package: Fetched) -> dict[str, Any]:
    """The contents of a package: ``icons``, ``aliases``, and ``categories`` with the names in each.

    Raises:
        InputError: the package contains no icons.
    """
    wanted = ("package/icons.json", "package/metadata.json")
    found = {name: json.loads(data) for name, data in package.files(lambda name: name in wanted)}
    if len(found) != len(wanted):
        raise InputError(f"{package.package} has no icons in it: fetch it again")
    held: dict[str, Any] = found[wanted[0]]
    return held | {"categories": found[wanted[1]].get("categories", {})}


def icon(held: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """An icon by its name or through an alias; ``None`` if there is none."""
    for _ in range(4):  # an alias may point to another alias
        if name in held["icons"]:
            found: Mapping[str, Any] = held["icons"][name]
            return found
        alias = held.get("aliases", {}).get(name)
        # Rotated or mirrored aliases are not supported.
        if alias is None or set(alias) != {"parent"}:
            return None
        name = alias["parent"]
    return None


def svg(held: Mapping[str, Any], name: str) -> str:
    """The SVG drawing of an existing icon."""
    found = icon(held, name)
    assert found is not None
    width, height = (found.get(side, held.get(side, 16)) for side in ("width", "height"))
    box = f"{found.get('left', 0)} {found.get('top', 0)} {width} {height}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{box}">'
        f"{found['body']}</svg>"
    )
