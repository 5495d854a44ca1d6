"""E-mail addresses: one plain address in ASCII, as SMTP carries it (RFC 5321)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import InvalidInput

_LONGEST_LOCAL = 64
_LONGEST_DOMAIN = 253
_LONGEST = 254
# dot-atom of RFC 5322 section 3.2.3; quoted local parts exist on paper only and invite smuggling.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class EmailAddress:
    """An address; `domain` is in lower case, names with umlauts as punycode (RFC 3490)."""

    local: str
    domain: str

    @classmethod
    def parse(cls, text: str, field: str = "address") -> EmailAddress:
        """Read exactly one address without a display name; raises InvalidInput for `field`."""
        local, at, domain = text.strip(" ").rpartition("@")
        if not at or len(text) > 4 * _LONGEST:
            raise InvalidInput(field, "must be one e-mail address such as name@example.org")
        if len(local) > _LONGEST_LOCAL or not _LOCAL.fullmatch(local):
            raise InvalidInput(field, "has a part before the @ that mail servers do not carry")
        found = cls(local, _domain(domain, field))
        if len(found.text) > _LONGEST:
            raise InvalidInput(field, f"must not be longer than {_LONGEST} characters")
        return found

    @property
    def text(self) -> str:
        """The address as it stands in an envelope or a header: ASCII without spaces or line breaks."""
        return f"{self.local}@{self.domain}"


def _domain(text: str, field: str) -> str:
    try:
        domain = text.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise InvalidInput(field, "has a domain that does not exist") from None
    labels = domain.split(".")
    if len(domain) > _LONGEST_DOMAIN or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidInput(field, "has a domain that does not exist")
    if labels[-1].isdigit():
        raise InvalidInput(field, "must name a domain, not a number")
    return domain
