"""The share that staff have before them, known by the code that its page has shown."""

from __future__ import annotations

from ..domain.credential import AccessCode
from ..domain.errors import ShareNotFound
from ..domain.share import Share
from ..ports import CodeIndex, ShareRepository


def share_in_force(shares: ShareRepository, codes: CodeIndex, share_id: str, code: AccessCode) -> Share:
    """Raises ShareNotFound where the code is not, or no longer, that of the share."""
    found = shares.find_by_code(codes.candidates(code))
    if found is None or found[0].id != share_id:
        raise ShareNotFound
    return found[0]
