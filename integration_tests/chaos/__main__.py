"""`make chaos`: CHAOS kills (200 unless told otherwise)."""

from __future__ import annotations

import random
import sys

from harness import image
from harness.server import OrthancServer

from ..support.studies import make_studies
from .rounds import Chaos


def main(suite: str, kills: int, seed: int) -> int:
    """Play all rounds; 1 if a promise was broken."""
    with OrthancServer(image.ensure(suite)) as server:
        server.wait_ready()
        chaos = Chaos(server, make_studies(server).a.id, random.Random(seed))
        for number in range(1, kills + 1):
            chaos.play()
            if number % 10 == 0 or chaos.tally.broken:
                print(chaos.tally, flush=True)
            if chaos.tally.broken:
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
