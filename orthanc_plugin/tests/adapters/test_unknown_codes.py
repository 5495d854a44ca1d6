from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.adapters.unknown_codes import MOST_BUCKETS, UnknownCodes
from orthanc_plugin.domain.throttle import Attempt, Client

from ..support.memory_store import MemoryAttempts, MemoryStore

T = 1_700_000_000.25
HERE = Client("here")


def waits(codes: UnknownCodes, times: int, now: float = T, key: str = "code", client: Client = HERE) -> list[int]:
    return [codes.reserve(key, client, now).wait for _ in range(times)]


STEPS = st.lists(
    st.tuples(st.floats(0, 1000), st.integers(0, 5), st.sampled_from(["", "", "device"]), st.booleans()),
    max_size=120,
)


@given(STEPS)
def test_an_unknown_code_is_counted_exactly_as_a_share_is(steps: list[tuple[float, int, str, bool]]) -> None:
    unknown, shares = UnknownCodes(), MemoryAttempts(MemoryStore())
    now = T
    for pause, address, device, busy in steps:
        now += pause
        client = Client(f"address {address}", device)
        one, other = unknown.reserve("key", client, now), shares.reserve("key", client, now)
        assert one == other
        if busy and not one.wait:
            unknown.cancel("key", one)
            shares.cancel("key", other)


def test_codes_are_counted_apart() -> None:
    codes = UnknownCodes()
    assert waits(codes, 6) == [0, 0, 0, 0, 0, 31]
    assert waits(codes, 1, key="other") == [0]


def test_beyond_the_limit_what_was_used_longest_ago_is_forgotten() -> None:
    codes = UnknownCodes(limit=6)
    waits(codes, 5, key="old")
    waits(codes, 5, key="used")
    waits(codes, 1, key="third")
    assert len(codes) == 6
    assert waits(codes, 1, key="old") == [31]
    waits(codes, 1, key="fourth")
    assert len(codes) == 6
    assert waits(codes, 1, key="old") == [31]
    assert waits(codes, 1, key="used") == [0]


def test_memory_is_bounded_however_many_codes_are_tried() -> None:
    codes = UnknownCodes()
    for number in range(MOST_BUCKETS):
        waits(codes, 1, key=f"code {number}")
    assert len(codes) == MOST_BUCKETS == 20_000


def test_what_waits_takes_no_place() -> None:
    codes = UnknownCodes()
    for number in range(20):
        waits(codes, 1, client=Client(f"address {number}"))
    before = len(codes)
    waits(codes, 1, client=Client("one more"))
    assert len(codes) == before == 21


def test_taking_back_what_is_forgotten_is_harmless() -> None:
    codes = UnknownCodes()
    codes.cancel("code", Attempt(0, ("here", "*")))
    assert len(codes) == 0


def test_no_count_is_lost_between_threads() -> None:
    codes = UnknownCodes()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: codes.reserve("code", HERE, T).wait, range(200)))
    assert found.count(0) == 5
