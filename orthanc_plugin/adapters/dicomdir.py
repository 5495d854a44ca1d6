"""The directory of a DICOM file set (DICOM PS3.3 annex F, PS3.10 section 8)."""

from __future__ import annotations

import io
import struct
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
_ITEM = struct.Struct("<HHL")
_ITEM_TAG = (0xFFFE, 0xE000)
_ELEMENT = struct.Struct("<HH2sH")
_OFFSET = struct.Struct("<L")
# Where the two offsets stand in every record: (0004,1400) comes first, then (0004,1410), then (0004,1420).
_NEXT, _LOWER = 8, 12 + 10 + 8


@dataclass
class Record:
    """A directory record as it is written, and the records one level below it."""

    data: bytearray
    children: list[Record] = field(default_factory=list)
    # SOP Instance UID of the file that it names, if it names one.
    uid: str = ""
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
    return Record(_bytes(data))


def leaf(instance: StoredInstance, file_id: Sequence[str], kind: str, keys: Dataset | None = None) -> Record:
    """The record of one file; `keys` are what its type needs beside the Instance Number."""
    number = str(instance.number) if instance.number is not None else "0"
    if keys is None:
        return Record(_image(instance, file_id, kind, number), uid=instance.sop_instance_uid)
    found = {
        "ReferencedFileID": list(file_id),
        "ReferencedSOPClassUIDInFile": instance.sop_class_uid,
        "ReferencedSOPInstanceUIDInFile": instance.sop_instance_uid,
        "ReferencedTransferSyntaxUIDInFile": instance.transfer_syntax_uid,
        "InstanceNumber": number,
        **{element.keyword: element.value for element in keys},
    }
    return Record(record(kind, **found).data, uid=instance.sop_instance_uid)


def _image(instance: StoredInstance, file_id: Sequence[str], kind: str, number: str) -> bytearray:
    """What record() makes of it, without a data set: a study has thousands, and those who look at images wait."""
    return bytearray(
        b"".join(
            (
                _element(0x0004, 0x1400, b"UL", bytes(4)),
                _element(0x0004, 0x1410, b"US", b"\xff\xff"),
                _element(0x0004, 0x1420, b"UL", bytes(4)),
                _element(0x0004, 0x1430, b"CS", _even(kind)),
                _element(0x0004, 0x1500, b"CS", _even("\\".join(file_id))),
                _element(0x0004, 0x1510, b"UI", _even(instance.sop_class_uid, "\0")),
                _element(0x0004, 0x1511, b"UI", _even(instance.sop_instance_uid, "\0")),
                _element(0x0004, 0x1512, b"UI", _even(instance.transfer_syntax_uid, "\0")),
                _element(0x0008, 0x0005, b"CS", b"ISO_IR 192"),
                _element(0x0020, 0x0013, b"IS", _even(number)),
            )
        )
    )


def _element(group: int, element: int, vr: bytes, value: bytes) -> bytes:
    """Explicit VR Little Endian with a length of two bytes (PS3.5 section 7.1.2)."""
    return _ELEMENT.pack(group, element, vr, len(value)) + value


def _even(text: str, padding: str = " ") -> bytes:
    """PS3.5 section 6.2: values have even lengths."""
    return (text if len(text) % 2 == 0 else text + padding).encode("ascii")


def encode(patients: Sequence[Record]) -> bytes:
    """The DICOMDIR file; sets the places of all records."""
    written = [one for patient in patients for one in patient.walk()]
    # The same content has the same identifier, so that a download can be continued.
    # PS3.5 section B.2: a UID made of a UUID.
    uid = UID(f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, ' '.join(one.uid for one in written)).int}")
    # The head ends with the length of the sequence, whose content comes last.
    place = len(_head(patients, uid))
    for one in written:
        one.place = place
        place += _ITEM.size + len(one.data)
    _link(patients)
    content = b"".join(part for one in written for part in (_ITEM.pack(*_ITEM_TAG, len(one.data)), one.data))
    return _head(patients, uid)[: -_OFFSET.size] + _OFFSET.pack(len(content)) + content


def _link(siblings: Sequence[Record]) -> None:
    for number, one in enumerate(siblings, start=1):
        _OFFSET.pack_into(one.data, _NEXT, siblings[number].place if number < len(siblings) else 0)
        _OFFSET.pack_into(one.data, _LOWER, one.children[0].place if one.children else 0)
        _link(one.children)


def _head(patients: Sequence[Record], uid: UID) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    meta.MediaStorageSOPInstanceUID = uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationVersionName = _IMPLEMENTATION
    data = Dataset()
    data.FileSetID = "IMAGES"
    data.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = patients[0].place if patients else 0
    data.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = patients[-1].place if patients else 0
    data.FileSetConsistencyFlag = 0
    data.DirectoryRecordSequence = []
    data.file_meta = meta
    target = io.BytesIO()
    dcmwrite(target, data, enforce_file_format=True, implicit_vr=False, little_endian=True)
    return target.getvalue()


def _bytes(keys: Dataset) -> bytearray:
    target = DicomBytesIO()
    target.is_little_endian, target.is_implicit_VR = True, False
    write_dataset(target, keys)
    return bytearray(target.getvalue())
