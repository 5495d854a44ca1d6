"""A letter as a page that prints itself: its styles stand inside it, and nothing else may."""

from __future__ import annotations

import base64
import hashlib
import re

import flask

from .context import static_files
from .own_paths import STAFF
from .security_headers import policy_of_letter

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def letter_page(html: str, prints: bool = True) -> flask.Response:
    """The page with the letter (HTML); `prints` whether the browser's printing is opened at once."""
    if prints:
        script = static_files().url("print.js", STAFF)
        html = html.replace("</head>", f'<script src="{script}" defer></script></head>', 1)
    answer = flask.Response(html, content_type="text/html; charset=utf-8")
    styles = [hashlib.sha256(style.encode()).digest() for style in _STYLE.findall(html)]
    policy_of_letter(answer, [base64.b64encode(digest).decode() for digest in styles])
    return answer
