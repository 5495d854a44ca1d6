"""Access codes and passwords as people type them.

Alphabet: Crockford's base32 (https://www.crockford.com/base32.html), which leaves out I, L, O and U and reads
O as 0 and I and L as 1. The check character is Damm's algorithm carried over to 32 symbols (H. M. Damm, "Totally
anti-symmetric quasigroups", 2004: for orders that are powers of two, `x * y = 2 (x + y)` in the finite field), so
that it stays inside the alphabet; it finds every single wrong character and every swap of two neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from .errors import MistypedCode, MistypedPassword

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_BITS = 65
PASSWORD_BITS = 50
CODE_LENGTH = CODE_BITS // 5 + 1
PASSWORD_LENGTH = PASSWORD_BITS // 5

# Longer input cannot be a code with separators; refusing it early keeps the work per request bounded.
LONGEST_INPUT = 100

_VALUE = {symbol: number for number, symbol in enumerate(ALPHABET)}
_FORGIVEN = {"O": "0", "I": "1", "L": "1"}
# Letters that look the same, from a keyboard that writes Cyrillic or Greek.
_FORGIVEN |= dict(zip("АВЕКМНОРСТХУІЅЈ", "ABEKMH0PCTXY1SJ", strict=True))  # noqa: RUF001
_FORGIVEN |= dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZH1KMN0PTYX", strict=True))  # noqa: RUF001
_SEPARATORS = " -\t\r\n\u00a0\u2009\u202f\u2010\u2011\u2012\u2013\u2014\u2212_."
# x^5 + x^2 + 1, a primitive polynomial of GF(2^5).
_POLYNOMIAL = 0b100101


def code_in(typed: str) -> str:
    """What stands behind the "#" of a personal link, for people who paste the whole of it; anything else as it is."""
    return typed.rpartition("#")[2]


def _double(element: int) -> int:
    shifted = element << 1
    return shifted ^ _POLYNOMIAL if shifted & 0b100000 else shifted


def check_character(body: str) -> str:
    """The character that makes `body` verify; `body` holds characters of ALPHABET only."""
    return ALPHABET[reduce(lambda interim, symbol: _double(interim ^ _VALUE[symbol]), body, 0)]


def _normalise(text: str) -> str | None:
    """Capital letters without separators; None where a character is left that no code or password can hold."""
    if len(text) > LONGEST_INPUT:
        return None
    bare = "".join(_FORGIVEN.get(c, c) for c in text.upper() if c not in _SEPARATORS)
    return bare if all(c in _VALUE for c in bare) else None


def _encode(number: int, length: int) -> str:
    return "".join(ALPHABET[(number >> 5 * place) & 31] for place in reversed(range(length)))


def _grouped(text: str) -> str:
    return "-".join(text[start : start + 5] for start in range(0, len(text), 5))


@dataclass(frozen=True)
class AccessCode:
    """13 random characters (65 bits) and a check character; `text` is the bare form."""

    text: str

    @classmethod
    def from_number(cls, number: int) -> AccessCode:
        """Build a code from 65 random bits."""
        if not 0 <= number < 1 << CODE_BITS:
            raise ValueError("an access code holds exactly 65 bits")
        body = _encode(number, CODE_LENGTH - 1)
        return cls(body + check_character(body))

    @classmethod
    def parse(cls, typed: str) -> AccessCode:
        """Read what a person typed; raises MistypedCode where it cannot have been minted."""
        bare = _normalise(typed)
        if bare is None or len(bare) != CODE_LENGTH or check_character(bare[:-1]) != bare[-1]:
            raise MistypedCode
        return cls(bare)

    @property
    def grouped(self) -> str:
        """The code in groups of five, as it stands on the letter."""
        return _grouped(self.text)

    def __repr__(self) -> str:
        return "AccessCode(***)"


@dataclass(frozen=True)
class Password:
    """10 random characters (50 bits); `text` is the bare form that is hashed."""

    text: str

    @classmethod
    def from_number(cls, number: int) -> Password:
        """Build a password from 50 random bits."""
        if not 0 <= number < 1 << PASSWORD_BITS:
            raise ValueError("a password holds exactly 50 bits")
        return cls(_encode(number, PASSWORD_LENGTH))

    @classmethod
    def parse(cls, typed: str) -> Password:
        """Read what a person typed; raises MistypedPassword where it cannot have been minted."""
        bare = _normalise(typed)
        if bare is None or len(bare) != PASSWORD_LENGTH:
            raise MistypedPassword
        return cls(bare)

    @property
    def grouped(self) -> str:
        """The password in two groups of five, as it stands on its own sheet."""
        return _grouped(self.text)

    def __repr__(self) -> str:
        return "Password(***)"
