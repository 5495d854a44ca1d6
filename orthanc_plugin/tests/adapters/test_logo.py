from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from orthanc_plugin.adapters.logo import read_logo
from orthanc_plugin.settings import SettingsError


def drawn(uri: str) -> Image.Image:
    assert uri.startswith("data:image/png;base64,")
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("PNG", "L"), ("JPEG", "RGB"), ("JPEG", "CMYK")]
)
def test_a_picture_becomes_a_small_one_without_what_else_the_file_held(tmp_path: Path, kind: str, mode: str) -> None:
    hidden = PngInfo()
    hidden.add_text("Author", "Somebody")
    more = {"pnginfo": hidden} if kind == "PNG" else {}
    Image.new(mode, (2000, 300), 200 if mode in ("L", "P") else None).save(tmp_path / "logo", kind, **more)
    picture = drawn(read_logo(str(tmp_path / "logo")))
    assert (picture.width, picture.height) == (830, 125)
    assert "Author" not in picture.info


def test_without_a_file_there_is_no_logo() -> None:
    assert read_logo("") == ""


def test_what_is_no_picture_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "logo"
    with pytest.raises(SettingsError, match="No such file"):
        read_logo(str(path))
    path.write_bytes(b"<svg onload=alert(1)>")
    with pytest.raises(SettingsError, match="no PNG or JPEG"):
        read_logo(str(path))
    Image.new("RGB", (50, 50)).save(path, "PNG")
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(SettingsError, match="cannot be used"):
        read_logo(str(path))
    path.write_bytes(b"x" * (1 << 20) + b"x")
    with pytest.raises(SettingsError, match="larger than 1 MB"):
        read_logo(str(path))
    Image.new("1", (4001, 4000)).save(path, "PNG")
    with pytest.raises(SettingsError, match="16 million"):
        read_logo(str(path))
