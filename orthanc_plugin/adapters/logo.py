"""The practice's logo, read once at the start and carried inside letters."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from PIL import Image

from ..settings import SettingsError

_MOST_BYTES = 1 << 20
_MOST_PIXELS = 4000 * 4000
# 70 by 16 mm at 300 dpi.
_WIDTH, _HEIGHT = 830, 190
_FORMATS = ("PNG", "JPEG")


def read_logo(path: str) -> str:
    """The picture as a `data:` URI (RFC 2397), "" where none is set; raises SettingsError.

    It is drawn anew: what else the file holds goes no further.
    """
    if not path:
        return ""
    try:
        data = Path(path).read_bytes()
        if len(data) > _MOST_BYTES:
            raise SettingsError(f"{path} of Practice.LogoFile is larger than 1 MB.")
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise SettingsError(f"{path} of Practice.LogoFile has more than 16 million pixels.")
            drawn = picture.convert("RGBA")
            drawn.thumbnail((_WIDTH, _HEIGHT))
    except OSError as fault:
        why = fault.strerror or "it is no PNG or JPEG file"
        raise SettingsError(f"{path} of Practice.LogoFile cannot be used: {why}.") from None
    except (ValueError, SyntaxError, Image.DecompressionBombError):
        raise SettingsError(f"{path} of Practice.LogoFile cannot be used: it is damaged.") from None
    out = io.BytesIO()
    drawn.save(out, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode('ascii')}"
