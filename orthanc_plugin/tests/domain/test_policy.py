"""The policy as a table: who, what, and in which state; each line with its reason."""

from __future__ import annotations

from typing import Any

import pytest

from orthanc_plugin.domain.policy import Decision, Reason, decide
from orthanc_plugin.domain.principal import Anonymous, Recipient, Staff
from orthanc_plugin.domain.study import Place
from orthanc_plugin.domain.target import NativeRoute, OwnRoute, RouteAudience, StudyData, ViewerFile

from ..support.studies import orthanc_id, share

NOW = 1_000_000.0
MINE = orthanc_id("study")
SERIES, LEFT_OUT = orthanc_id("series"), orthanc_id("left out")
SHARES = {
    "live": share(expires_at=1_000_001),
    "live without one series": share(expires_at=1_000_001, excluded_series=frozenset({LEFT_OUT})),
    "expired": share(expires_at=1_000_000),
    "revoked": share(expires_at=1_000_001, revoked_at=999_999),
    "revoked and expired": share(expires_at=999_000, revoked_at=999_999),
    "paused": share(expires_at=1_000_001, paused_at=999_999),
    "paused and expired": share(expires_at=1_000_000, paused_at=999_999),
}


class Unknown:
    """A kind of principal or target that nobody has decided on."""


WHO: dict[str, Any] = {
    "anonymous": Anonymous(),
    "staff": Staff("reception"),
    "unknown": Unknown(),
    "nobody": None,
    **{name: Recipient(entry, "hash") for name, entry in SHARES.items()},
}
WHAT: dict[str, Any] = {
    "for everybody": OwnRoute(RouteAudience.EVERYBODY),
    "for recipients": OwnRoute(RouteAudience.RECIPIENT),
    "for staff": OwnRoute(RouteAudience.STAFF),
    "viewer file": ViewerFile(),
    "own study": StudyData((Place(MINE),)),
    "own series": StudyData((Place(MINE, SERIES),)),
    "own series and study": StudyData((Place(MINE, SERIES), Place(MINE))),
    "series left out": StudyData((Place(MINE, LEFT_OUT),)),
    "own series and one left out": StudyData((Place(MINE, SERIES), Place(MINE, LEFT_OUT))),
    "other study": StudyData((Place(orthanc_id("other"), SERIES),)),
    "own and other study": StudyData((Place(MINE, SERIES), Place(orthanc_id("other"), SERIES))),
    "unknown resource": StudyData((None,)),
    "own and unknown": StudyData((Place(MINE), None)),
    "nothing named": StudyData(()),
    "native": NativeRoute(),
    "unknown": Unknown(),
}
YES = {Reason.FOR_EVERYBODY, Reason.STAFF_EVERYWHERE, Reason.SHARE_OPEN}
_LIVE = {
    "for recipients": Reason.SHARE_OPEN,
    "for staff": Reason.NOT_FOR_RECIPIENTS,
    "viewer file": Reason.SHARE_OPEN,
    "own study": Reason.SHARE_OPEN,
    "own series": Reason.SHARE_OPEN,
    "own series and study": Reason.SHARE_OPEN,
    "series left out": Reason.SHARE_OPEN,  # by another share than this one
    "own series and one left out": Reason.SHARE_OPEN,
    "other study": Reason.OUTSIDE_SHARE,
    "own and other study": Reason.OUTSIDE_SHARE,
    "unknown resource": Reason.OUTSIDE_SHARE,
    "own and unknown": Reason.OUTSIDE_SHARE,
    "nothing named": Reason.OUTSIDE_SHARE,
    "native": Reason.NOT_FOR_RECIPIENTS,
    "unknown": Reason.NOT_FOR_RECIPIENTS,
}
_WITHOUT_ONE_SERIES = _LIVE | {
    "own study": Reason.OUTSIDE_SHARE,  # it would hold the series that is left out
    "own series and study": Reason.OUTSIDE_SHARE,
    "series left out": Reason.OUTSIDE_SHARE,
    "own series and one left out": Reason.OUTSIDE_SHARE,
}
_STAFF = dict.fromkeys(_LIVE, Reason.STAFF_EVERYWHERE) | {
    "for recipients": Reason.NOT_FOR_STAFF,
    "unknown": Reason.NOT_SIGNED_IN,
}
EXPECTED = {
    "anonymous": dict.fromkeys(_LIVE, Reason.NOT_SIGNED_IN),
    "unknown": dict.fromkeys(_LIVE, Reason.NOT_SIGNED_IN),
    "nobody": dict.fromkeys(_LIVE, Reason.NOT_SIGNED_IN),
    "staff": _STAFF,
    "live": _LIVE,
    "live without one series": _WITHOUT_ONE_SERIES,
    "expired": dict.fromkeys(_LIVE, Reason.SHARE_EXPIRED),
    "revoked": dict.fromkeys(_LIVE, Reason.SHARE_REVOKED),
    "revoked and expired": dict.fromkeys(_LIVE, Reason.SHARE_REVOKED),
    "paused": dict.fromkeys(_LIVE, Reason.SHARE_PAUSED),
    "paused and expired": dict.fromkeys(_LIVE, Reason.SHARE_EXPIRED),
}
TABLE = [
    (who, what, Reason.FOR_EVERYBODY if what == "for everybody" else EXPECTED[who][what])
    for who in WHO
    for what in WHAT
]


@pytest.mark.parametrize(("who", "what", "reason"), TABLE)
def test_who_may_reach_what(who: str, what: str, reason: Reason) -> None:
    assert decide(WHO[who], WHAT[what], NOW) == Decision(reason in YES, reason)


def test_the_table_is_complete() -> None:
    assert len(TABLE) == len(WHO) * len(WHAT) == 11 * 16


def test_a_study_that_orthanc_does_not_know_matches_no_share_even_one_without_a_study() -> None:
    nameless = Recipient(share(studies=(), expires_at=2_000_000), "hash")
    assert not decide(nameless, StudyData((None,)), NOW).allowed


def test_a_share_ends_in_the_very_second_that_it_names() -> None:
    recipient = Recipient(share(expires_at=1000), "hash")
    assert decide(recipient, StudyData((Place(MINE),)), 999.999).allowed
    assert not decide(recipient, StudyData((Place(MINE),)), 1000.0).allowed


def test_reasons_name_nobody() -> None:
    for who, what, _ in TABLE:
        reason = decide(WHO[who], WHAT[what], NOW).reason
        assert MINE not in reason
        assert "reception" not in reason
