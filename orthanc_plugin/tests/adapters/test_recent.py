from __future__ import annotations

import pytest

from orthanc_plugin.adapters.recent import Recent

from ..support.clock import MovableClock


def test_a_value_is_loaded_once_while_it_is_fresh() -> None:
    clock, loads = MovableClock(), []
    recent: Recent[int] = Recent(10, 3.0, clock.now)

    def load() -> int:
        loads.append(1)
        return len(loads)

    assert [recent.get("a", load) for _ in range(3)] == [1, 1, 1]
    clock.advance(2.9)
    assert recent.get("a", load) == 1
    clock.advance(0.2)
    assert recent.get("a", load) == 2


def test_nothing_is_never_remembered_and_drops_what_was() -> None:
    clock = MovableClock()
    recent: Recent[str] = Recent(10, 3.0, clock.now)
    assert recent.get("a", lambda: None) is None
    assert recent.get("a", lambda: "now") == "now"
    clock.advance(4)
    assert recent.get("a", lambda: None) is None
    assert recent.get("a", lambda: "again") == "again"


def test_empty_values_are_values() -> None:
    recent: Recent[tuple[int, ...]] = Recent(10, 3.0, MovableClock().now)
    assert recent.get("a", lambda: ()) == ()
    assert recent.get("a", lambda: (1,)) == ()


def test_the_least_used_value_goes_when_the_limit_is_reached() -> None:
    recent: Recent[str] = Recent(2, 3.0, MovableClock().now)
    for key in ("a", "b", "a", "c"):
        recent.get(key, lambda key=key: key)  # type: ignore[misc]
    assert recent.get("a", lambda: "loaded") == "a"
    assert recent.get("b", lambda: "loaded") == "loaded"


def test_a_failed_load_leaves_nothing_behind() -> None:
    recent: Recent[int] = Recent(2, 3.0, MovableClock().now)
    with pytest.raises(ZeroDivisionError):
        recent.get("a", lambda: 1 // 0)
    assert recent.get("a", lambda: 7) == 7
