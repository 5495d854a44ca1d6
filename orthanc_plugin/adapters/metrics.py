"""Numbers for monitoring, which Orthanc shows to staff at /tools/metrics-prometheus. No name, no share, no address."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping

from ..domain.audit_terms import Action

_PREFIX = "patient_share_"
# Orthanc's metrics have no labels, so that what is counted is a part of the name.
_COUNTED = {
    Action.SHARE_CREATED: "shares_created_total",
    Action.SHARE_REVOKED: "shares_revoked_total",
    Action.LOGIN: "logins_total",
    Action.LOGIN_FAILED: "logins_failed_total",
    Action.UNKNOWN_CODE_FAILURES: "logins_unknown_code_total",
    Action.SESSION_ENDED: "sessions_ended_total",
    Action.LOGOUT: "logouts_total",
}


class Metrics:
    """Counts since the start, and gauges that are read when they are published."""

    def __init__(self, set_value: Callable[[str, float], None], gauges: Mapping[str, Callable[[], float]]) -> None:
        self._set_value = set_value
        self._gauges = gauges
        self._counts: Counter[str] = Counter(dict.fromkeys((*_COUNTED.values(), "refused_busy_total"), 0))
        self._decisions, self._decision_seconds = 0, 0.0
        self._lock = threading.Lock()

    def happened(self, action: Action, count: int = 1) -> None:
        """Count an event of the audit log, if it is one that monitoring looks at."""
        if action in _COUNTED:
            self._add(_COUNTED[action], count)

    def busy(self) -> None:
        """Somebody was asked to try again, since all threads were at work."""
        self._add("refused_busy_total", 1)

    def decided(self, seconds: float) -> None:
        """The request filter has taken so long over one request."""
        with self._lock:
            self._decisions += 1
            self._decision_seconds += seconds

    def publish(self, maintained_ago: float | None) -> None:
        """Hand all values to Orthanc; `maintained_ago` is seconds since the last round that succeeded, None before."""
        with self._lock:
            counts: dict[str, float] = dict(self._counts)
            counts |= {"decisions_total": self._decisions, "decision_seconds_total": self._decision_seconds}
        for name, count in counts.items():
            self._set_value(_PREFIX + name, count)
        for name, gauge in self._gauges.items():
            self._set_value(_PREFIX + name, gauge())
        self._set_value(_PREFIX + "maintenance_age_seconds", -1 if maintained_ago is None else maintained_ago)

    def _add(self, name: str, count: int) -> None:
        with self._lock:
            self._counts[name] += count
