"""Orthanc stops cleanly, whatever it was doing, and comes back with its shares."""

from __future__ import annotations

from harness.server import OrthancServer

from .support.ends import in_order
from .support.practice import Practice, Recipient
from .support.studies import make_studies


def test_orthanc_stops_cleanly_and_keeps_shares_and_sessions(orthanc_image: str) -> None:
    with OrthancServer(orthanc_image) as server:
        server.wait_ready()
        ended = server.stop()
        assert in_order(ended), ended
    with OrthancServer(orthanc_image) as server:
        server.wait_ready()
        practice, studies = Practice(server), make_studies(server)
        share = practice.share(studies.a.id)
        recipient = practice.login(share)
        gone = practice.share(studies.a.id)
        practice.revoke(gone)
        assert recipient.get("/portal/series/1/images/1").status_code == 200
        ended = server.stop()
        assert in_order(ended), ended
        server.container.start()
        server.wait_ready()
        assert recipient.get("/portal/study").status_code == 200
        assert practice.login(share).get("/portal/study").status_code == 200
        late = Recipient(server.url).post("/portal/login", data={"code": gone.code, "password": gone.password})
        assert late.status_code == 403


def test_the_image_is_healthy_only_while_strangers_are_refused(orthanc_image: str) -> None:
    with OrthancServer(orthanc_image) as guarded:
        guarded.wait_ready()
        assert guarded.health().code == 0
    with OrthancServer(orthanc_image, plugin=False) as open_to_all:
        open_to_all.wait_ready()
        unhealthy = open_to_all.health()
        assert unhealthy.code != 0 and "not refused" in unhealthy.log
