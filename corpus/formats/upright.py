"""A picture of a page made ready for text recognition: turned upright, and no larger than reading it takes.

Both are told by a first, quick detection of lines in a small copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from corpus.formats.printed import Box

if TYPE_CHECKING:
    from PIL.Image import Image

LETTER = 36.0  # pixels; body text as high as this is recognised as well as larger one, in less time and memory
LONGEST = 4000  # pixels of the longer side that recognition sees at most: it takes 2 GB of memory
_QUICK = 1600  # pixels of the longer side of the small copy: an A3 page at 100 dpi, where letters are 12 pixels high
_MARGIN = 0.8  # of the height of a line detected in the small copy is the em square
_VOTES = 24  # lines that are asked which side is up
_SURE = 0.7  # share of their votes that turns a page


@dataclass(frozen=True, slots=True)
class Turned:
    """An upright picture, and how it lies in the given one.

    `quarters`: by how many quarters counter-clockwise the given picture was turned. `shrink`: by what the upright
    picture should be multiplied for recognition, at most 1.
    """

    image: Image
    quarters: int
    shrink: float

    def given(self, box: Box) -> Box:
        """Where a box of the upright picture is in the given one.

        A picture 100 wide and 50 high was turned by a quarter, and is 50 wide and 100 high: what is at its left edge,
        20 below its top, was at the top edge, 20 from the right one.

        >>> from PIL import Image
        >>> Turned(Image.new("L", (50, 100)), 1, 1.0).given((0, 20, 5, 30))
        (70, 0, 80, 5)
        """
        left, top, right, bottom = box
        width, height = self.image.size
        if self.quarters == 1:
            return height - bottom, left, height - top, right
        if self.quarters == 2:
            return width - right, height - bottom, width - left, height - top
        if self.quarters == 3:
            return top, width - right, bottom, width - left
        return box


def upright(image: Image, engine: Any) -> Turned:
    """The picture turned so that its lines can be read, and how much smaller recognition may see it.

    :param image: RGB. :param engine: a RapidOCR, whose detection and whose classifier of upside-down lines are used.
    """
    import numpy as np
    from PIL import Image as Pictures

    most = min(1.0, LONGEST / max(image.size))
    ratio = min(1.0, _QUICK / max(image.size))
    small = image.resize((max(1, round(image.width * ratio)), max(1, round(image.height * ratio))))
    pixels = np.asarray(small)[:, :, ::-1]
    found = engine(pixels, use_det=True, use_cls=False, use_rec=False)
    if found.boxes is None or not len(found.boxes):
        return Turned(image, 0, most)
    boxes = np.asarray(found.boxes, dtype=np.float32)
    across = np.linalg.norm(boxes[:, 1] - boxes[:, 0], axis=1)
    down = np.linalg.norm(boxes[:, 3] - boxes[:, 0], axis=1)
    sideways = float(across[across > 1.5 * down].sum()) < float(down[down >= 1.5 * across].sum()) / 2
    thick = down if not sideways else across
    long = across if not sideways else down
    # The line in the middle of all that is printed: half of the text is in lines as thick or thicker.
    letters = median([high for high, wide in zip(thick, long, strict=True) for _ in range(1 + int(wide / high))])
    shrink = min(most, LETTER / (_MARGIN * float(letters) / ratio))
    quarters = (1 if sideways else 0) + (2 if _upside_down(engine, pixels, boxes[np.argsort(-long)[:_VOTES]]) else 0)
    if quarters:
        turn = (Pictures.Transpose.ROTATE_90, Pictures.Transpose.ROTATE_180, Pictures.Transpose.ROTATE_270)
        image = image.transpose(turn[quarters - 1])
    return Turned(image, quarters, shrink if shrink < 0.9 else 1.0)


def _upside_down(engine: Any, pixels: Any, boxes: Any) -> bool:
    """Whether most lines stand on their heads; those that run down the page are turned counter-clockwise first."""
    import numpy as np

    # The classifier squeezes a line into four squares: the beginning of a long one is shown to it instead.
    crops = [np.ascontiguousarray(crop[:, : 4 * crop.shape[0]]) for crop in engine.crop_text_regions(pixels, boxes)]
    _, votes = engine.cls_and_rotate(crops)
    scores = [(score if label == "180" else 1 - score) for label, score in votes.cls_res]
    return bool(sum(scores) > _SURE * len(scores))
