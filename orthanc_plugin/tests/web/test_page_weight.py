"""How much a phone has to fetch before the first picture: every byte of it is somebody's waiting."""

from __future__ import annotations

import gzip
import re

import pytest

from orthanc_plugin.web.theme import StaticFiles, theme_folder

from ..support.browser import recipient, stranger
from ..support.world import World

MOST_SCRIPT, MOST_STYLE, MOST_FIRST_PAGE = 60_000, 15_000, 50_000
STATIC = re.compile(r"/portal/static/[0-9a-f]+/[a-z/-]+\.(?:js|css)")


def compressed(world: World, url: str) -> int:
    answer = stranger(world).get(url, accept_encoding="gzip, br")
    assert answer.status == 200, url
    # What compression does not make smaller is sent as it is.
    assert answer.header("content-encoding") == "gzip" or len(answer.body) < 200, url
    return len(answer.body)


@pytest.mark.parametrize(("kind", "most"), [(".js", MOST_SCRIPT), (".css", MOST_STYLE)])
def test_all_scripts_and_all_styles_stay_small(world: World, kind: str, most: int) -> None:
    static = StaticFiles(theme_folder() / "static")
    names = [path.relative_to(theme_folder() / "static") for path in (theme_folder() / "static").rglob(f"*{kind}")]
    assert names
    assert sum(compressed(world, static.url(name.as_posix())) for name in names) <= most


def test_the_viewer_needs_little_before_its_first_picture(world: World) -> None:
    page = recipient(world).get("/portal/series/2").body
    urls = set(STATIC.findall(page.decode()))
    # The stylesheets, the modules and who watches over the session.
    assert len(urls) > 10
    assert len(page) + sum(compressed(world, url) for url in urls) <= MOST_FIRST_PAGE


def test_the_first_picture_is_asked_for_before_the_scripts(world: World) -> None:
    page = recipient(world).get("/portal/series/2").body.decode()
    wanted = re.search(
        r'<link rel="preload" as="image" href="([^"]+)" imagesrcset="([^"]+)" imagesizes="([^"]+)"', page
    )
    assert wanted is not None
    assert wanted.start() < page.index("modulepreload")
    # A browser takes the preloaded picture only where the element asks for exactly the same.
    first = page[page.index('<img id="first"') :].partition(">")[0]
    href, sizes, width = wanted.groups()
    assert f'src="{href}"' in first and f'srcset="{sizes}"' in first and f'sizes="{width}"' in first


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0"])
def test_whoever_cannot_unpack_is_sent_the_plain_file(world: World, accepted: str) -> None:
    url = StaticFiles(theme_folder() / "static").url("viewer/main.js")
    answer = stranger(world).get(url, accept_encoding=accepted)
    assert (answer.header("content-encoding"), answer.header("vary")) == ("", "Accept-Encoding")
    packed = stranger(world).get(url, accept_encoding="gzip").body
    assert gzip.decompress(packed) == answer.body == (theme_folder() / "static/viewer/main.js").read_bytes()


def test_styles_are_sent_without_what_was_written_for_us() -> None:
    css = StaticFiles(theme_folder() / "static").get("portal.css")
    assert css is not None and b"/*" not in css.content and b":root" in css.content
