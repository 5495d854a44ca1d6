"""The practice's colour and size of text on the pages.

The colour is made lighter in the dark, and is never too pale to read (WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

import re

# The least contrast of text of ordinary size.
LEAST_CONTRAST = 4.5
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
# Grounds of viewer_theme/static/portal.css, light and dark.
_LIGHT, _DARK, _INK = "#f6f4ef", "#1b2529", "#07282d"
_STEP = 0.06
# Of the browser's own size, as viewer_theme/static/portal.css has it.
_BASE_PERCENT = 112.5


def look_css(colour: str) -> str:
    """Style that puts the colour in place of the theme's own; raises ValueError where nobody could read it."""
    if not _HEX.fullmatch(colour):
        raise ValueError("must be a colour as in #0d5c66")
    on_light = min(contrast(colour, _LIGHT), contrast(colour, "#ffffff"))
    if on_light < LEAST_CONTRAST:
        raise ValueError(
            f"is too pale to be read: its contrast is {on_light:.1f}, and must be {LEAST_CONTRAST} or more"
        )
    stronger, bright = _mixed(colour, "#000000", 0.25), colour
    while min(contrast(bright, _DARK), contrast(bright, _INK)) < LEAST_CONTRAST:
        bright = _mixed(bright, "#ffffff", _STEP)
    brighter, tint, dark_tint = (
        _mixed(bright, "#ffffff", 0.3),
        _mixed(colour, "#ffffff", 0.88),
        _mixed(colour, _DARK, 0.75),
    )
    return (
        f":root{{--brand:{colour};--brand-strong:{stronger};--on-brand:#fff;--tint:{tint}}}\n"
        "@media (prefers-color-scheme: dark){"
        f":root{{--brand:{bright};--brand-strong:{brighter};--on-brand:{_INK};--tint:{dark_tint}}}}}\n"
    )


def text_css(percent: int) -> str:
    """Style that makes all text, and everything measured by it, larger; 100 is the theme's own size."""
    return f"html{{font-size:{_BASE_PERCENT * percent / 100:g}%}}\n" if percent != 100 else ""


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [value / 255 for value in _channels(colour)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mixed(colour: str, other: str, part: float) -> str:
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * part):02x}" for one, two in pairs)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
