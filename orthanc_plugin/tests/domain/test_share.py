from __future__ import annotations

import pytest

from orthanc_plugin.domain.share import ShareState

from ..support.studies import share


@pytest.mark.parametrize(
    ("expires_at", "revoked_at", "now", "state"),
    [
        (1000, None, 0, ShareState.ACTIVE),
        (1000, None, 999.9, ShareState.ACTIVE),
        (1000, None, 1000, ShareState.EXPIRED),
        (1000, None, 5000, ShareState.EXPIRED),
        (1000, 500, 600, ShareState.REVOKED),
        (1000, 500, 2000, ShareState.REVOKED),
        (1000, 0, 10, ShareState.REVOKED),
    ],
)
def test_the_state_follows_from_times_and_revoked_wins(
    expires_at: int, revoked_at: int | None, now: float, state: ShareState
) -> None:
    assert share(expires_at=expires_at, revoked_at=revoked_at).state(now) is state


def test_a_note_does_not_appear_in_a_traceback() -> None:
    assert "Mrs Muster" not in repr(share(note="Mrs Muster calls back"))
