"""What `make run` does: a demo server with a study in it, and a share of that study in your hands."""

import argparse
import hashlib
import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qrcode
import requests
from docker.errors import DockerException, NotFound
from docker.models.containers import Container

from harness import image, modality
from harness.configuration import new_key, new_password
from harness.demo_study import demo_study
from harness.dicom import Study
from harness.engine import CLONE, LABEL, ROOT, HarnessError, client, say
from harness.server import OrthancServer

NAME = f"patient-share-demo-{CLONE}"
STATE = ROOT / ".demo"
CONFIGURATION_LABEL = "org.orthanc-patient-share.demo-configuration"
PRACTICE = {
    "Name": "Radiologie am Musterplatz",
    "Address": ["Musterplatz 1", "12345 Musterstadt"],
    "Telephone": "030 23125 000",
    "Email": "praxis@example.org",
}


def private_file(name: str, content: Callable[[], bytes]) -> bytes:
    """A file of the demo that only its owner may read; made on first use."""
    path = STATE / name
    if not path.exists():
        write_private(path, content())
    return path.read_bytes()


def write_private(path: Path, content: bytes) -> None:
    """Write a file that was never readable for others, not even for a moment."""
    STATE.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def demo_server(suite: str, port: int, dicom_port: int) -> OrthancServer:
    """The demo server, started; its container is used again while nothing about it has changed."""
    tag = image.ensure(suite)
    server = OrthancServer(
        tag,
        configuration={"PatientShare": {"PublicUrl": f"http://127.0.0.1:{port}", "Practice": PRACTICE}},
        staff={"staff": private_file("staff-password", lambda: new_password().encode()).decode()},
        key=private_file("patient-share.key", new_key),
        name=NAME,
        volume=NAME,
        http_port=port,
        dicom_port=dicom_port,
    )
    wanted = _fingerprint(server, str(client().images.get(tag).id))
    server.labels = {CONFIGURATION_LABEL: wanted}
    existing = _container()
    ours = _published(existing)
    for number, option in ((port, "PORT"), (dicom_port, "DICOM_PORT")):
        if number not in ours:
            _require_free(number, option)
    if existing is not None and existing.labels.get(CONFIGURATION_LABEL) != wanted:
        say("The demo server has changed: starting it anew on the data it has.")
        existing.stop(timeout=20)
        existing.remove()
        existing = None
    if existing is not None and existing.status == "running":
        return server.adopt(existing)
    say("Starting Orthanc ...")
    if existing is None:
        _require_volume()
        return server.start()
    existing.start()
    return server.adopt(existing)


def _fingerprint(server: OrthancServer, image_id: str) -> str:
    parts: list[Any] = [image_id, server.effective_configuration(), dict(server.staff), (server.key or b"").hex()]
    parts += [server.http_port, server.dicom_port]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _container() -> Container | None:
    try:
        return client().containers.get(NAME)
    except NotFound:
        return None


def _published(container: Container | None) -> set[int]:
    """Ports of this machine that a running container holds."""
    if container is None or container.status != "running":
        return set()
    bindings = [binding for bindings in container.ports.values() for binding in bindings or []]
    return {int(binding["HostPort"]) for binding in bindings}


def _require_volume() -> None:
    try:
        client().volumes.get(NAME)
    except NotFound:
        client().volumes.create(NAME, labels={LABEL: CLONE})


def _require_free(port: int, option: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise HarnessError(
                f"Port {port} of 127.0.0.1 cannot be used ({error}). Choose another: make run {option}=..."
            ) from error


def stored_study(server: OrthancServer, uid: str) -> tuple[str, int] | None:
    """Orthanc's identifier of a study, and the number of its images; None if Orthanc does not have it."""
    found = server.staff_request("POST", "/tools/lookup", data=uid)
    found.raise_for_status()
    studies = [entry["ID"] for entry in found.json() if entry["Type"] == "Study"]
    if not studies:
        return None
    statistics = server.staff_request("GET", f"/studies/{studies[0]}/statistics")
    statistics.raise_for_status()
    return studies[0], int(statistics.json()["CountInstances"])


def store_demo_study(server: OrthancServer) -> str:
    """Store the synthetic study unless it is there in full; answers Orthanc's identifier."""
    marker = STATE / "demo-study.json"
    if marker.exists():
        known = json.loads(marker.read_text())
        there = stored_study(server, known["uid"])
        if there is not None and there[1] >= known["images"]:
            return there[0]
    say("Computing a synthetic study ...")
    images = demo_study(Study())
    _send(server, images, len(images))
    uid = str(images[0].StudyInstanceUID)
    write_private(marker, json.dumps({"uid": uid, "images": len(images)}).encode())
    return _require_stored(server, uid)


def store_folder(server: OrthancServer, folder: Path) -> str:
    """Store the DICOM files below a folder; answers Orthanc's identifier of the study with most images."""
    if not folder.is_dir():
        raise HarnessError(f"DICOM={folder}: there is no such folder.")
    studies = modality.studies_below(folder)
    if not studies:
        raise HarnessError(f"DICOM={folder}: there are no DICOM files in this folder or below it.")
    there = {uid: stored_study(server, uid) for uid in studies}
    if any(found is None or found[1] < studies[uid] for uid, found in there.items()):
        _send(server, folder, sum(studies.values()))
    largest = max(studies, key=lambda uid: studies[uid])
    if len(studies) > 1:
        say(f"The folder holds {len(studies)} studies. All are stored; the one with most images is shared.")
    return _require_stored(server, largest)


def _send(server: OrthancServer, what: Any, total: int) -> None:
    def progress(count: int) -> None:
        if count % 50 == 0 or count == total:
            say(f"  {count} of {total}")

    say(f"Sending {total} images over DICOM (C-STORE) to 127.0.0.1:{server.dicom_port} ...")
    sent = modality.send(what, server.dicom_port, progress=progress)
    for fault in sent.failed[:5]:
        say(f"  not stored: {fault}")
    if sent.failed:
        say(f"  {len(sent.failed)} of {total} images were not stored.")
    if not sent.stored:
        raise HarnessError("Orthanc has stored none of the images.")


def _require_stored(server: OrthancServer, uid: str) -> str:
    there = stored_study(server, uid)
    if there is None:
        raise HarnessError(f"Orthanc does not know the study {uid}, although its images were sent.")
    return there[0]


def create_share(server: OrthancServer, study: str) -> dict[str, Any]:
    """Create a share through the REST API, as a practice's own software would."""
    answer = server.staff_request("POST", "/patient-share/api/v1/shares", json={"orthanc_id": study})
    if answer.status_code != 201:
        raise HarnessError(f"The share was not created: status {answer.status_code}, {answer.text[:500]}")
    created: dict[str, Any] = answer.json()
    return created


def show(share: dict[str, Any], server: OrthancServer) -> None:
    """Print what the practice would hand over."""
    handout = STATE / f"handout-{share['id']}.html"
    write_private(handout, share["handout_html"].encode())
    code = qrcode.QRCode(border=2)
    code.add_data(share["link"])
    print()
    code.print_ascii(tty=sys.stdout.isatty(), invert=True)
    print(f"""
  Link         {share["link"]}
  Access code  {share["access_code"]}
  Password     {share["password"]}
  Valid until  {share["last_valid_day"]}
  Handout      {handout}  (print it from a browser)

  Staff        {server.url}/patient-share  user "staff", password in {STATE / "staff-password"}
  DICOM        127.0.0.1:{server.dicom_port}, AE title ORTHANC
  Stop         make stop  (keeps the data; make clean removes them)
""")


def run(suite: str, port: int, dicom_port: int, folder: str) -> None:
    """The whole way once."""
    server = demo_server(suite, port, dicom_port).wait_ready()
    study = store_folder(server, Path(folder).expanduser()) if folder else store_demo_study(server)
    show(create_share(server, study), server)


def stop() -> None:
    """Stop the demo server; its data stay."""
    container = _container()
    if container is None or container.status != "running":
        say("The demo server is not running.")
        return
    container.stop(timeout=20)
    say("The demo server is stopped; `make run` starts it again with its data.")


def main() -> None:
    """Run one command; faults end it with a sentence."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("command", choices=["run", "stop"])
    parser.add_argument("--suite", default="trixie")
    parser.add_argument("--port", type=int, default=8042)
    parser.add_argument("--dicom-port", type=int, default=4242)
    parser.add_argument("--dicom", default="", metavar="FOLDER")
    options = parser.parse_args()
    try:
        if options.command == "stop":
            stop()
        else:
            run(options.suite, options.port, options.dicom_port, options.dicom)
    except HarnessError as problem:
        sys.exit(f"\n{problem}")
    except requests.RequestException as problem:
        sys.exit(f"\nOrthanc did not answer as expected: {problem}")
    except DockerException as problem:
        sys.exit(f"\nThe container engine reports: {problem}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. `make run` takes it up again.")


if __name__ == "__main__":
    main()
