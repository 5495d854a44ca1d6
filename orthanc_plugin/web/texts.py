"""Pages of text: help, legal pages. The theme brings some along; a practice replaces or adds others in a folder.

A text is a Markdown file (CommonMark, without HTML) in a folder per language. Its first line, `# …`, is its title; its
name without number and ending is its address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markupsafe import Markup

from ..i18n.catalogue import plain_code

LEGAL = ("imprint", "privacy", "cookies", "accessibility")
STAFF_HELP = "staff"
_NAME = re.compile(r"(?:(?P<order>[0-9a-z][0-9])-)?(?P<slug>[a-z][a-z-]{0,39})\.md")
_LONGEST = 200_000
# What a template leaves to be filled in begins with it.
_BLANK = "[["


class UnusableTexts(Exception):
    """A folder or a file of texts cannot be used; the text says why, for the administrator."""


@dataclass(frozen=True)
class Text:
    """A page. `order` decides its place among the others; `body` is safe HTML, its title left out.

    `language` is the code of the language that it is written in, which may be another than was asked for.
    """

    language: str
    slug: str
    order: str
    title: str
    body: Markup


class Texts:
    """All texts of all languages, read once at the start."""

    def __init__(self, folders: Sequence[Path], languages: Sequence[str], fallback: str) -> None:
        self._fallback = fallback
        self._texts: dict[str, dict[str, Text]] = {language: {} for language in languages}
        for folder in folders:
            for language, texts in self._texts.items():
                for path in sorted((folder / language).glob("*.md")):
                    text = _read(path, language)
                    texts[text.slug] = text

    def get(self, language: str, slug: str) -> Text | None:
        """The text in this language, else in the one that it simplifies, the practice's own, or any."""
        known: Sequence[Mapping[str, Text]] = [
            self._texts.get(language, {}),
            self._texts.get(plain_code(language), {}),
            self._texts.get(self._fallback, {}),
            *self._texts.values(),
        ]
        return next((texts[slug] for texts in known if slug in texts), None)

    def help(self, language: str) -> list[Text]:
        """The help for recipients, in its order."""
        slugs = {slug for texts in self._texts.values() for slug in texts} - {*LEGAL, STAFF_HELP}
        found = [text for slug in slugs if (text := self.get(language, slug))]
        return sorted(found, key=lambda text: (text.order or "~", text.slug))

    def legal(self, language: str) -> list[Text]:
        """The legal pages that exist."""
        return [text for slug in LEGAL if (text := self.get(language, slug))]

    @property
    def unfinished(self) -> list[str]:
        """Texts of the practice that still have blanks of the template in them."""
        return sorted({f"{language}/{one.slug}.md" for language, texts in self._texts.items()
                       for one in texts.values() if _BLANK in one.body or _BLANK in one.title})  # fmt: skip

    @property
    def missing(self) -> list[str]:
        """Legal pages that exist in no language: the law asks the practice for them."""
        return [slug for slug in LEGAL if self.get(self._fallback, slug) is None]


def _read(path: Path, language: str) -> Text:
    found = _NAME.fullmatch(path.name)
    if not found:
        raise UnusableTexts(f"The name {path.name} in {path.parent} is not of the form 10-name.md or name.md.")
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise UnusableTexts(f"The file {path} cannot be read as UTF-8.") from fault
    title, _, rest = source.lstrip("\ufeff\n").partition("\n")
    if not title.startswith("# ") or len(source) > _LONGEST:
        raise UnusableTexts(f"The file {path} does not begin with a title as in '# Title', or is too long.")
    # No HTML, no pictures: nothing is loaded from elsewhere, and nothing acts.
    render = MarkdownIt("commonmark", {"html": False}).disable("image")
    return Text(language, found["slug"], found["order"] or "", title[2:].strip(), Markup(render.render(rest)))  # noqa: S704
