"""Plays the modality: sends images over DICOM C-STORE, byte for byte as they are."""

import socket
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from harness.engine import HarnessError

MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"
CONTEXTS_PER_ASSOCIATION = 120  # the standard allows 128
WARNINGS = range(0xB000, 0xC000)


@dataclass
class Sent:
    """What became of a delivery."""

    stored: int = 0
    skipped: list[Path] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    studies: dict[str, int] = field(default_factory=dict)


def echo(port: int, host: str = "127.0.0.1") -> bool:
    """C-ECHO: does a DICOM node answer?"""
    entity = AE(ae_title="DEMO_CT")
    association = entity.associate(host, port, contexts=[build_context(Verification)])
    if not association.is_established:
        return False
    try:
        return getattr(association.send_c_echo(), "Status", None) == 0
    finally:
        association.release()


def send(
    what: Path | Iterable[Dataset],
    port: int,
    host: str = "127.0.0.1",
    progress: Callable[[int], None] = lambda _count: None,
) -> Sent:
    """C-STORE every DICOM file below a folder, or the datasets given. Other files are skipped and counted."""
    result = Sent()
    groups: dict[tuple[str, str], list[Path | Dataset]] = defaultdict(list)
    for context, item in _from_folder(what, result) if isinstance(what, Path) else _from_memory(what, result):
        groups[context].append(item)
    contexts = sorted(groups)
    for start in range(0, len(contexts), CONTEXTS_PER_ASSOCIATION):
        chunk = contexts[start : start + CONTEXTS_PER_ASSOCIATION]
        _deliver(chunk, groups, host, port, result, progress)
    return result


def studies_below(folder: Path) -> dict[str, int]:
    """Study Instance UIDs of the DICOM files below a folder, with the number of files of each."""
    found = Sent()
    for _ in _from_folder(folder, found):
        pass
    return found.studies


def _from_folder(folder: Path, result: Sent) -> Iterator[tuple[tuple[str, str], Path]]:
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        try:
            head = dcmread(path, specific_tags=["StudyInstanceUID", "SOPClassUID"], stop_before_pixels=True)
            context = (str(head.file_meta.MediaStorageSOPClassUID), str(head.file_meta.TransferSyntaxUID))
            study = str(head.StudyInstanceUID) if context[0] != MEDIA_DIRECTORY else ""
        except (InvalidDicomError, AttributeError, EOFError):
            study = ""
        if not study:
            result.skipped.append(path)
            continue
        result.studies[study] = result.studies.get(study, 0) + 1
        yield context, path


def _from_memory(datasets: Iterable[Dataset], result: Sent) -> Iterator[tuple[tuple[str, str], Dataset]]:
    for dataset in datasets:
        study = str(dataset.StudyInstanceUID)
        result.studies[study] = result.studies.get(study, 0) + 1
        yield (str(dataset.SOPClassUID), str(dataset.file_meta.TransferSyntaxUID)), dataset


def _deliver(
    contexts: list[tuple[str, str]],
    groups: dict[tuple[str, str], list[Path | Dataset]],
    host: str,
    port: int,
    result: Sent,
    progress: Callable[[int], None],
) -> None:
    entity = AE(ae_title="DEMO_CT")
    association = entity.associate(
        host,
        port,
        contexts=[build_context(*context) for context in contexts],
        evt_handlers=[(evt.EVT_CONN_OPEN, _without_delay)],
    )
    if not association.is_established:
        raise HarnessError(f"No DICOM association with {host}:{port}: is Orthanc running, and is that its DICOM port?")
    try:
        for context in contexts:
            for item in groups[context]:
                _wait_until_awake(association)
                try:
                    status = getattr(association.send_c_store(item), "Status", None)
                except (ValueError, RuntimeError) as error:  # no accepted context; connection lost
                    result.failed.append(f"{_name(item)}: {error}")
                    continue
                if status == 0 or status in WARNINGS:
                    result.stored += 1
                    progress(result.stored)
                else:
                    result.failed.append(
                        f"{_name(item)}: {'no answer' if status is None else f'status 0x{status:04X}'}"
                    )
    finally:
        association.release()


def _wait_until_awake(association: Association) -> None:
    """Let pynetdicom's own thread go on after the last answer.

    If it only wakes when the next answer has come already, it takes that for a message that nobody has asked for.
    """
    until = time.monotonic() + 1
    while association._is_paused and time.monotonic() < until:
        time.sleep(0.0005)


def _without_delay(event: evt.Event) -> None:
    """Let each small message go at once (RFC 896 and delayed acknowledgements cost 40 ms an image otherwise)."""
    connection = getattr(event.assoc.dul.socket, "socket", None)
    if connection is not None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _name(item: Path | Dataset) -> str:
    return item.name if isinstance(item, Path) else str(item.SOPInstanceUID)
