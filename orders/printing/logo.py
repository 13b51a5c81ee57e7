"""The logo of a letterhead: a picture that somebody chose becomes a small PNG of our own making."""

from io import BytesIO
from typing import IO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image

MAX_BYTES = 1_000_000
MAX_SIDE = 6_000
"""Of the chosen picture, in pixels: what is larger is refused before it is unpacked."""
PRINTED = (900, 300)
"""At most so many pixels wide and high: 300 dots per inch on the paper."""
FORMATS = ["PNG", "JPEG"]


def png_of(file: IO[bytes], size: int) -> bytes:
    """The picture as a PNG without anything else that its file held.

    Raises ValidationError, which says what may be chosen.
    """
    if size > MAX_BYTES:
        raise ValidationError(
            _("The picture is larger than 1 MB. Choose a smaller one.")
        )
    try:
        chosen = Image.open(file, formats=FORMATS)
        if max(chosen.size) > MAX_SIDE:
            raise ValidationError(
                _(
                    "The picture has more than 6,000 pixels on a side. Choose a smaller one."
                )
            )
        picture = chosen.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValidationError(
            _("This is not a picture that can be read. Choose a PNG or JPEG file.")
        ) from error
    picture.thumbnail(PRINTED)
    written = BytesIO()
    picture.save(written, "PNG", optimize=True)
    return written.getvalue()
