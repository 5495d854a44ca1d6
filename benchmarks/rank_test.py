"""The Mann-Whitney U test (Mann and Whitney 1947), by its normal approximation with ties and continuity correction."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence


def p_value(one: Sequence[float], other: Sequence[float]) -> float:
    """Two-sided: how likely so large a difference is where both come from one distribution. For samples above 20."""
    merged = sorted([*one, *other])
    counts = Counter(merged)
    ranks: dict[float, float] = {}
    place = 0
    for value in sorted(counts):
        ranks[value] = place + (counts[value] + 1) / 2
        place += counts[value]
    n, m = len(one), len(other)
    u = sum(ranks[value] for value in one) - n * (n + 1) / 2
    ties = sum(count**3 - count for count in counts.values()) / ((n + m) * (n + m - 1))
    deviation = math.sqrt(n * m / 12 * (n + m + 1 - ties))
    if deviation == 0:
        return 1.0
    z = max(abs(u - n * m / 2) - 0.5, 0) / deviation
    return math.erfc(z / math.sqrt(2))
