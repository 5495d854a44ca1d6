from __future__ import annotations

import pytest

from orthanc_plugin.web.request import Request
from orthanc_plugin.web.same_origin import is_forged

HOST = "orthanc.practice.example:8042"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def judged(method: str, **headers: str) -> bool:
    sent = {"host": HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return is_forged(Request(method, "/studies/x", headers=sent))


CHANGING = ["POST", "PUT", "DELETE"]


@pytest.mark.parametrize("method", CHANGING)
def test_scripts_of_our_own_pages_pass(method: str) -> None:
    assert not judged(method, sec_fetch_site="same-origin", sec_fetch_dest="empty", origin=f"http://{HOST}")


def test_forms_of_our_own_pages_pass() -> None:
    own = {"sec_fetch_site": "same-origin", "origin": f"http://{HOST}", "user_agent": BROWSER}
    assert not judged("POST", sec_fetch_dest="document", **own)
    assert not judged("POST", sec_fetch_dest="iframe", **own)


@pytest.mark.parametrize("method", CHANGING)
@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
@pytest.mark.parametrize("destination", ["empty", "document", "image", ""])
def test_pages_of_other_sites_do_not_pass(method: str, site: str, destination: str) -> None:
    for origin in ("", f"http://{HOST}"):
        assert judged(method, sec_fetch_site=site, sec_fetch_dest=destination, origin=origin, user_agent=BROWSER)


@pytest.mark.parametrize("method", CHANGING)
@pytest.mark.parametrize("site", ["same-origin", "none"])
@pytest.mark.parametrize("destination", ["image", "script", "style", "object", "video"])
def test_a_picture_whose_method_was_overridden_does_not_pass_even_on_our_own_pages(
    method: str, site: str, destination: str
) -> None:
    assert judged(method, sec_fetch_site=site, sec_fetch_dest=destination, user_agent=BROWSER)


@pytest.mark.parametrize(("method", "site"), [("PUT", "same-origin"), ("DELETE", "same-origin"), ("DELETE", "none")])
def test_a_link_whose_method_was_overridden_does_not_pass(method: str, site: str) -> None:
    assert judged(method, sec_fetch_site=site, sec_fetch_dest="document", user_agent=BROWSER)


def test_an_address_that_staff_were_talked_into_typing_does_not_pass() -> None:
    assert judged("POST", sec_fetch_site="none", sec_fetch_dest="document", user_agent=BROWSER)


@pytest.mark.parametrize("method", CHANGING)
@pytest.mark.parametrize("origin", [f"http://{HOST}", f"https://{HOST}", f"http://{HOST.upper()}"])
def test_without_fetch_metadata_the_origin_decides_for(method: str, origin: str) -> None:
    assert not judged(method, origin=origin, user_agent=BROWSER)


@pytest.mark.parametrize("method", CHANGING)
@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://evil.example",
        "http://orthanc.practice.example",
        f"http://{HOST}.evil.example",
        f"http://evil.example/{HOST}",
        f"http://evil@{HOST}",
        "http://[",
        "http://[::1",
        "nonsense",
        "\ud800",
    ],
)
def test_without_fetch_metadata_the_origin_decides_against(method: str, origin: str) -> None:
    assert judged(method, origin=origin, user_agent=BROWSER)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_is_open_to_links_from_anywhere(method: str) -> None:
    assert not judged(method, sec_fetch_site="cross-site", origin="http://evil.example")


@pytest.mark.parametrize("method", CHANGING)
@pytest.mark.parametrize(
    "program", [{}, {"user_agent": "curl/8.14"}, {"user_agent": "Mozilla/4.0 (compatible; modality)"}]
)
def test_programs_send_neither_header_and_pass(method: str, program: dict[str, str]) -> None:
    assert not judged(method, **program)


@pytest.mark.parametrize("method", CHANGING)
def test_an_image_link_whose_method_was_overridden_does_not_pass(method: str) -> None:
    """Orthanc turns `<img src=".../studies/x?_method=DELETE">` into a DELETE and hides the query from the filter.

    Over plain HTTP a browser sends neither Origin nor Fetch Metadata with it; a genuine request of a browser that
    changes something carries Origin.
    """
    assert judged(method, user_agent=BROWSER, accept="image/avif,image/webp,*/*", accept_language="de")
