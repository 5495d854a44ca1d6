"""Fetch a shared study with its code and password, and send it on to a PACS or keep it in a folder.

CODE=ABCDE-FGHJK-MNPQ PASSWORD=12345-67890 python fetch_share.py https://portal.praxis.example TARGET

TARGET is  pacs.example:104,THEIR_AET   C-STORE (needs pynetdicom, which brings pydicom)
       or  https://pacs.example/dicom-web   STOW-RS (DICOM PS3.18 section 10.5; user and password in STOW=user:password)
       or  a folder, which is then filled with the files and their DICOMDIR.
Needs requests. A download that breaks off is continued. The exit status is 0 only when every image has been taken.
"""

import os
import sys
import tempfile
import time
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

import requests

TRIES = 5
CHUNK = 1 << 20
MOST_PER_REQUEST = 20


def fetch(portal: str, code: str, password: str, target: Path) -> None:
    """The whole archive, in as many pieces as the line needs."""
    http = requests.Session()
    login = http.post(
        f"{portal}/portal/login", data={"code": code, "password": password}, allow_redirects=False, timeout=30
    )
    if login.status_code != 303:
        raise SystemExit("Code or password is wrong, the access has ended, or it is too early to try again.")
    url, tag = f"{portal}/portal/download/images.zip", ""
    for _ in range(TRIES):
        have = target.stat().st_size if target.exists() else 0
        headers = {"Range": f"bytes={have}-", "If-Range": tag} if have and tag else {}
        try:
            with http.get(url, headers=headers, stream=True, timeout=60) as answer:
                answer.raise_for_status()
                tag = answer.headers["ETag"]
                # 200 is the whole: another archive by now, or a server that sends only whole ones.
                with target.open("ab" if answer.status_code == 206 else "wb") as file:
                    for piece in answer.iter_content(CHUNK):
                        file.write(piece)
            return
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            continue
    raise SystemExit("The download broke off again and again.")


def images(archive: zipfile.ZipFile) -> Iterator[bytes]:
    """The DICOM files; reading each proves its checksum."""
    for name in archive.namelist():
        if name.startswith("DICOM/"):
            yield archive.read(name)


def keep(archive: zipfile.ZipFile, folder: Path) -> int:
    """Unpack into a folder; names in the archive are the server's, so none may lead out of it."""
    for name in archive.namelist():
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise SystemExit("The archive holds a name that leads out of the folder.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(archive.read(name))
    return sum(name.startswith("DICOM/") for name in archive.namelist())


def stow(archive: zipfile.ZipFile, url: str) -> int:
    """Send by STOW-RS, some at a time; raises where one is refused."""
    user, _, password = os.environ.get("STOW", "").partition(":")
    sent, batch = 0, []

    def send(files: list[bytes]) -> None:
        border = uuid.uuid4().hex
        head = f"--{border}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        body = b"".join(head + file + b"\r\n" for file in files) + f"--{border}--\r\n".encode()
        answer = requests.post(
            f"{url}/studies",
            data=body,
            headers={
                "Content-Type": f'multipart/related; type="application/dicom"; boundary={border}',
                "Accept": "application/dicom+json",
            },
            auth=(user, password) if user else None,
            timeout=300,
        )
        # 202: some were refused.
        if answer.status_code != 200:
            raise SystemExit(f"The PACS has not taken all images: status {answer.status_code}.")

    for file in images(archive):
        batch.append(file)
        if len(batch) == MOST_PER_REQUEST:
            send(batch)
            sent, batch = sent + len(batch), []
    if batch:
        send(batch)
    return sent + len(batch)


def store(archive: zipfile.ZipFile, target: str) -> int:
    """Send by C-STORE, each image in the transfer syntax that it has."""
    import io  # noqa: PLC0415 - only this way needs them

    from pydicom import dcmread  # noqa: PLC0415
    from pynetdicom import AE  # noqa: PLC0415
    from pynetdicom.presentation import build_context  # noqa: PLC0415

    address, _, title = target.partition(",")
    host, _, port = address.rpartition(":")
    kinds = set()
    for file in images(archive):
        meta = dcmread(io.BytesIO(file), stop_before_pixels=True).file_meta
        kinds.add((str(meta.MediaStorageSOPClassUID), str(meta.TransferSyntaxUID)))
    sent = 0
    # An association has room for 128 presentation contexts.
    for kind in sorted(kinds):
        entity = AE(ae_title="PATIENTSHARE")
        association = entity.associate(host, int(port), [build_context(*kind)], ae_title=title or "ANY-SCP")
        if not association.is_established:
            raise SystemExit(f"{address} does not take part.")
        for file in images(archive):
            dataset = dcmread(io.BytesIO(file))
            meta = dataset.file_meta
            if (str(meta.MediaStorageSOPClassUID), str(meta.TransferSyntaxUID)) != kind:
                continue
            if getattr(association.send_c_store(dataset), "Status", None) != 0:
                raise SystemExit("The PACS has refused an image.")
            sent += 1
            # pynetdicom's own thread has to wake up before the next answer comes, or takes it for a stray message.
            time.sleep(0.005)
        association.release()
    return sent


def main() -> None:
    """Fetch, send on, and say how many images have arrived."""
    portal, target = sys.argv[1].rstrip("/"), sys.argv[2]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.zip"
        fetch(portal, os.environ["CODE"], os.environ["PASSWORD"], path)
        with zipfile.ZipFile(path) as archive:
            if target.startswith(("http://", "https://")):
                count = stow(archive, target.rstrip("/"))
            elif "," in target:
                count = store(archive, target)
            else:
                count = keep(archive, Path(target))
    print(f"{count} images")


if __name__ == "__main__":
    main()
