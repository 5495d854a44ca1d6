"""`make bench-login`: whether the time of a failing login tells an unknown code from a known one, or from a closed one.

Logins of all kinds take turns in random order, one after the other, each from an address of its own; each share gets
few enough wrong passwords that nobody has to wait. A known code that is answered in another time would be an oracle.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
from pathlib import Path

from harness import image
from harness.server import OrthancServer

from .rank_test import p_value
from .site import BELIEVED, SHARES, WRONG_PASSWORD, Share, address, log_in, new_share, store, unknown_code

EACH = 1000
# Fewer than the 20 failures a day after which new devices have to wait.
PER_SHARE = 18
MEDIANS_MS, SIGNIFICANT = 5.0, 0.05
REPORT = Path(__file__).parent.parent / "build" / "bench-login.json"


def main(suite: str, each: int = EACH) -> int:
    """Run and print; the report is also left in build/bench-login.json. Answers 1 where a goal is missed."""
    # The grid's shortest step would hide less: the default is what is measured.
    with OrthancServer(image.ensure(suite), BELIEVED) as server:
        store(server)
        open_shares = [new_share(server) for _ in range(-(-each // PER_SHARE))]
        closed = [new_share(server) for _ in range(-(-each // PER_SHARE))]
        for share in closed:
            server.staff_request("POST", f"{SHARES}/{share.id}/revoke").raise_for_status()
        milliseconds = measure(server.http_port, open_shares, closed, each)
    unknown = milliseconds["unknown code"]
    report: dict[str, dict[str, float]] = {}
    for kind, times in milliseconds.items():
        row = {"median": statistics.median(times), "p95": statistics.quantiles(times, n=20)[18]}
        row["difference"] = abs(row["median"] - statistics.median(unknown))
        row["p"] = p_value(unknown, times) if kind != "unknown code" else 1.0
        report[kind] = row
        print(
            f"{kind:32} median {row['median']:7.2f} ms  p95 {row['p95']:7.2f} ms"
            f"  to unknown {row['difference']:5.2f} ms  p {row['p']:.3f}"
        )
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps({"each": each, "kinds": report}, indent=2) + "\n")
    missed = [k for k, row in report.items() if row["difference"] >= MEDIANS_MS or row["p"] <= SIGNIFICANT]
    if missed:
        print(f"told apart from an unknown code: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


def measure(port: int, open_shares: list[Share], closed: list[Share], each: int) -> dict[str, list[float]]:
    """Milliseconds of each kind of login."""
    kinds = ["unknown code", "known code, wrong password", "closed share, wrong password"]
    order = kinds * each
    random.shuffle(order)
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number, kind in enumerate(order):
        place = len(times[kind]) // PER_SHARE
        known = {kinds[1]: open_shares, kinds[2]: closed}.get(kind)
        code = known[place].code if known else unknown_code()
        status, took, _ = log_in(port, code, WRONG_PASSWORD, address(number))
        if status != 401:
            raise RuntimeError(f"a login ({kind}) was answered {status}, not 401")
        times[kind].append(took * 1000)
    return times


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "trixie", int(sys.argv[2]) if len(sys.argv) > 2 else EACH))
