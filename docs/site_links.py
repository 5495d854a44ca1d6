"""Hook of MkDocs: links to files outside docs/ are links in a clone, and names of files on the site."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parent.parent
_OUTSIDE = re.compile(r"\[([^\]]*)\]\((\.\./[^)#\s]*)(#[^)\s]*)?\)")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Called by MkDocs for each page; raises ValueError for a link to a file that does not exist."""
    folder = (_ROOT / "docs" / page.file.src_uri).parent

    def named(link: re.Match[str]) -> str:
        target = (folder / link[2]).resolve()
        if not target.exists():
            raise ValueError(f"{page.file.src_uri} links to {link[2]}, which does not exist.")
        if target.is_relative_to(_ROOT / "docs"):
            return link[0]
        return f"{link[1]} (`{target.relative_to(_ROOT)}`)"

    return _OUTSIDE.sub(named, markdown)
