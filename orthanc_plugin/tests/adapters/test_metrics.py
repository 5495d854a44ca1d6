from __future__ import annotations

import re
from pathlib import Path

from orthanc_plugin.adapters.metrics import Metrics
from orthanc_plugin.domain.audit_terms import Action

ROOT = Path(__file__).parents[3]


def test_what_is_counted_and_what_is_read() -> None:
    values: dict[str, float] = {}
    metrics = Metrics(values.__setitem__, {"shares_open": lambda: 7.0})
    metrics.happened(Action.LOGIN)
    metrics.happened(Action.UNKNOWN_CODE_FAILURES, 40)
    metrics.happened(Action.AUDIT_READ)
    metrics.busy()
    metrics.decided(0.5)
    metrics.decided(0.25)
    metrics.publish(None)
    assert values == {
        "patient_share_shares_created_total": 0,
        "patient_share_shares_revoked_total": 0,
        "patient_share_logins_total": 1,
        "patient_share_logins_failed_total": 0,
        "patient_share_logins_unknown_code_total": 40,
        "patient_share_sessions_ended_total": 0,
        "patient_share_logouts_total": 0,
        "patient_share_refused_busy_total": 1,
        "patient_share_decisions_total": 2,
        "patient_share_decision_seconds_total": 0.75,
        "patient_share_shares_open": 7.0,
        "patient_share_maintenance_age_seconds": -1,
    }
    metrics.publish(12.5)
    assert values["patient_share_maintenance_age_seconds"] == 12.5


def test_the_dashboard_asks_for_what_there_is() -> None:
    asked = set(re.findall(r"patient_share_[a-z_]+", (ROOT / "docs" / "grafana.json").read_text()))
    set_to: dict[str, float] = {}
    gauges = dict.fromkeys(("shares_open", "sessions_open", "pool_work", "mail_waiting", "mail_failed"), lambda: 0.0)
    Metrics(set_to.__setitem__, gauges).publish(None)
    assert asked and asked <= set(set_to)
