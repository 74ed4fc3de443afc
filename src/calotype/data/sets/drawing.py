"""Rasterization of SVG drawings."""

from __future__ import annotations

import io

from PIL import Image

from calotype.errors import InputError

NEEDS = ("resvg_py", "svg")


def drawn(svg: str, size: int) -> Image.Image:
    """Rasterize a drawing on a white background: RGB, ``size`` x ``size`` pixels.

    Raises:
        InputError: the SVG renderer is not installed.
    """
    try:
        import resvg_py
    except ImportError:
        raise InputError("no SVG renderer is installed: pip install 'calotype[svg]'") from None
    data = resvg_py.svg_to_bytes(svg_string=svg, width=size, height=size, skip_system_fonts=True)
    with Image.open(io.BytesIO(bytes(data))) as picture:
        rgba = picture.convert("RGBA")
    square = Image.new("RGBA", (size, size), "white")
    square.alpha_composite(rgba, ((size - rgba.width) // 2, (size - rgba.height) // 2))
    return square.convert("RGB")
