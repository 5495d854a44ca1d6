"""The directory of a DICOM file set (DICOM PS3.3 annex F, PS3.10 section 8)."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import dcmwrite, write_dataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MediaStorageDirectoryStorage

from ..domain.download import StoredInstance

_IMPLEMENTATION = "PATIENT_SHARE"
# Item (FFFE,E000) with its length: PS3.5 section 7.5.
_ITEM_HEAD = 8


@dataclass
class Record:
    """A directory record, and the records one level below it."""

    keys: Dataset
    children: list[Record] = field(default_factory=list)
    place: int = 0

    def walk(self) -> Iterable[Record]:
        """This record and all below it, in the order in which they are written."""
        yield self
        for child in self.children:
            yield from child.walk()


def record(kind: str, **keys: object) -> Record:
    """A record of this Directory Record Type (0004,1430); texts are Unicode."""
    data = Dataset()
    data.OffsetOfTheNextDirectoryRecord = 0
    data.RecordInUseFlag = 0xFFFF
    data.OffsetOfReferencedLowerLevelDirectoryEntity = 0
    data.DirectoryRecordType = kind
    data.SpecificCharacterSet = "ISO_IR 192"
    for name, value in keys.items():
        setattr(data, name, value)
    return Record(data)


def leaf(instance: StoredInstance, file_id: Sequence[str], kind: str, keys: Dataset | None = None) -> Record:
    """The record of one file; `keys` are what its type needs beside the Instance Number."""
    found = record(
        kind,
        ReferencedFileID=list(file_id),
        ReferencedSOPClassUIDInFile=instance.sop_class_uid,
        ReferencedSOPInstanceUIDInFile=instance.sop_instance_uid,
        ReferencedTransferSyntaxUIDInFile=instance.transfer_syntax_uid,
        InstanceNumber=str(instance.number) if instance.number is not None else "0",
    )
    for element in keys or ():
        found.keys[element.tag] = element
    return found


def encode(patients: Sequence[Record]) -> bytes:
    """The DICOMDIR file; sets the places of all records."""
    written = [one for patient in patients for one in patient.walk()]
    base = _whole(patients, [])
    # Of the head only the sequence's content is missing, which comes last.
    place = len(base)
    for one in written:
        one.place = place
        place += _ITEM_HEAD + len(_bytes(one.keys))
    _link(patients)
    return _whole(patients, [one.keys for one in written])


def _link(siblings: Sequence[Record]) -> None:
    for number, one in enumerate(siblings, start=1):
        one.keys.OffsetOfTheNextDirectoryRecord = siblings[number].place if number < len(siblings) else 0
        one.keys.OffsetOfReferencedLowerLevelDirectoryEntity = one.children[0].place if one.children else 0
        _link(one.children)


def _whole(patients: Sequence[Record], records: Sequence[Dataset]) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    # The same content has the same identifier, so that a download can be continued.
    names = [str(one.keys.get("ReferencedSOPInstanceUIDInFile", "")) for p in patients for one in p.walk()]
    # PS3.5 section B.2: a UID made of a UUID.
    meta.MediaStorageSOPInstanceUID = UID(f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, ' '.join(names)).int}")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationVersionName = _IMPLEMENTATION
    data = Dataset()
    data.FileSetID = "IMAGES"
    data.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = patients[0].place if patients else 0
    data.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = patients[-1].place if patients else 0
    data.FileSetConsistencyFlag = 0
    data.DirectoryRecordSequence = list(records)
    data.file_meta = meta
    target = io.BytesIO()
    dcmwrite(target, data, enforce_file_format=True, implicit_vr=False, little_endian=True)
    return target.getvalue()


def _bytes(keys: Dataset) -> bytes:
    target = DicomBytesIO()
    target.is_little_endian, target.is_implicit_VR = True, False
    write_dataset(target, keys)
    return bytes(target.getvalue())
