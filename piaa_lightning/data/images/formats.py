"""The kinds of image files that are read, and the one place where Pillow opens one."""

from __future__ import annotations

import errno
import stat
from pathlib import Path
from typing import BinaryIO

from PIL import Image

# What photographs come in. Pillow knows fifty kinds more, and hands some of them to other programs (PostScript, which
# only has to begin with %!PS whatever the file is called, to Ghostscript): these are refused.
FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "TIFF", "GIF", "BMP", "HEIF", "AVIF")

MAX_PIXELS = 180_000_000
# Pillow warns from 89 million pixels on; here an image is either read in silence or refused.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


def open_image(source: Path | BinaryIO) -> Image.Image:
    """Open an image of a kind in `FORMATS`; its pixels are read later.

    HEIF is among them where pillow-heif is installed and registered, see `photos.images.opening`.

    Args:
        source: a file, or its bytes.

    Raises:
        UnidentifiedImageError: it is of none of these kinds.
        OSError: the file cannot be read.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> file = io.BytesIO()
        >>> Image.new("RGB", (4, 3)).save(file, "png")
        >>> open_image(file).size
        (4, 3)
    """
    if isinstance(source, Path) and not stat.S_ISREG(source.stat().st_mode):
        raise OSError(errno.EINVAL, "this is no plain file")  # of a pipe or a device the end would never come
    Image.init()  # registers the plug-ins; the second time it does nothing
    return Image.open(source, formats=[name for name in FORMATS if name in Image.OPEN])
