"""Contact sheets: several images in one, for comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from calotype.errors import counted

_GAP = 8  # pixels between cells and around the sheet
_TEXT = 14  # height of the captions, pixels
_MARK = (214, 96, 36)  # frame around the input


def contact_sheet(
    images: Sequence[Image.Image],
    labels: Sequence[str] | None = None,
    *,
    columns: int | None = None,
    cell: int = 256,
    background: tuple[int, int, int] = (255, 255, 255),
    mark_first: bool = False,
) -> Image.Image:
    """Arrange images in rows, each with its caption below.

    Aspect ratios are kept. Large images are downsampled to the cell; small ones are upsampled by whole factors without
    interpolation, so that single pixels stay visible.

    Args:
        images: any sizes and modes; transparent parts show the background.
        labels: one caption per image, truncated to the width of the cell; ``None`` for no captions.
        columns: images per row; ``None`` makes the sheet about square.
        cell: side of the square that each image is fitted into, pixels.
        background: RGB, 0..255.
        mark_first: draw a coloured frame around the first image, to mark the input among its results.

    Returns:
        An RGB image.

    Raises:
        ValueError: no images, not one label per image, or a cell or a number of columns below 1.
    """
    if not images or cell < 1 or (columns is not None and columns < 1):
        raise ValueError("a contact sheet needs an image, a cell and a column at least")
    if labels is not None and len(labels) != len(images):
        raise ValueError(
            f"{counted(len(images), 'image')} and {counted(len(labels), 'label')}: give one label an image"
        )
    columns = min(columns or math.ceil(math.sqrt(len(images))), len(images))
    caption = _TEXT + _GAP if labels is not None else 0
    small = [_fit(image, cell) for image in images]
    # A row is as high as its highest image: square cells would leave gaps between rows of landscape images.
    heights = [max(x.height for x in small[i : i + columns]) for i in range(0, len(small), columns)]
    tops = [_GAP + sum(heights[:row]) + row * (caption + _GAP) for row in range(len(heights) + 1)]
    sheet = Image.new("RGB", (columns * (cell + _GAP) + _GAP, tops[-1]), background)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(_TEXT)
    ink = (0, 0, 0) if sum(background) > 384 else (255, 255, 255)
    for i, picture in enumerate(small):
        row, left = i // columns, _GAP + i % columns * (cell + _GAP)
        at = left + (cell - picture.width) // 2, tops[row] + (heights[row] - picture.height) // 2
        sheet.paste(picture, at, picture if picture.mode == "RGBA" else None)
        if mark_first and i == 0:
            draw.rectangle(
                (at[0] - 4, at[1] - 4, at[0] + picture.width + 3, at[1] + picture.height + 3), None, _MARK, 3
            )
        if labels is not None:
            text = _cut(labels[i], font, cell)
            draw.text((left + cell // 2, tops[row] + heights[row] + _GAP // 2), text, ink, font, anchor="ma")
    return sheet


def _fit(image: Image.Image, cell: int) -> Image.Image:
    image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    side = max(image.size)
    if side > cell:
        width, height = (max(1, round(length * cell / side)) for length in image.size)
        return image.resize((width, height), Image.Resampling.LANCZOS)
    factor = cell // side
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)


def _cut(text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, width: int) -> str:
    text = " ".join(text.split())
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "...") > width:
        text = text[:-1]
    return text + "..."
