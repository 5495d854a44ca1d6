"""What has happened in Orthanc, and what automatic sharing looks at in a study."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..domain.automatic import StudyFacts
from ..domain.dicom_tag import DicomTag
from ..ports import StudyChanges
from .rest import Rest

_AT_ONCE = 100
# Files begin with the first; more than a few creators in one group are not seen.
_BLOCKS = range(0x10, 0x20)
_LONGEST_VALUE = 4096


@dataclass(frozen=True)
class OrthancChanges:
    """StudyFeed on Orthanc's REST API (`/changes`, Orthanc Book, "Using the changes API")."""

    rest: Rest
    # What rules look at besides.
    tags: Sequence[DicomTag] = ()

    def last(self) -> int:
        """Number of the newest change."""
        return int(self._json("/changes?last")["Last"])

    def since(self, number: int) -> StudyChanges:
        """Studies that were new or complete after this change, once each, with the number to go on from.

        New ones too: in a crash Orthanc forgets that it had to tell when they are complete.
        """
        page = self._json(f"/changes?since={number}&limit={_AT_ONCE}")
        found = [change["ID"] for change in page["Changes"] if change["ChangeType"] in ("NewStudy", "StableStudy")]
        return StudyChanges(tuple(dict.fromkeys(found)), int(page["Last"]), bool(page["Done"]))

    def facts(self, study_id: str) -> StudyFacts | None:
        """What rules look at; None where Orthanc has the study no more."""
        study = self._found(f"/studies/{study_id}")
        series = self._found(f"/studies/{study_id}/series")
        if study is None or series is None:
            return None
        tags = study.get("MainDicomTags", {})
        return StudyFacts(
            modalities=_values(entry["MainDicomTags"].get("Modality") for entry in series),
            ae_titles=_values(self._sender(entry) for entry in series),
            stations=_values(entry["MainDicomTags"].get("StationName") for entry in series),
            institutions=_values([tags.get("InstitutionName")]),
            labels=frozenset(map(str, study.get("Labels", ()))),
            has_referring_physician=bool(str(tags.get("ReferringPhysicianName", "")).strip(" ^")),
            is_stable=study.get("IsStable") is True,
            tags=self._tags(series),
        )

    def _sender(self, series: dict[str, Any]) -> str:
        instances = series.get("Instances") or [""]
        found = self.rest.get(f"/instances/{instances[0]}/metadata/RemoteAET") if instances[0] else None
        return (found or b"").decode("utf-8", "replace")

    def _tags(self, series: Sequence[Mapping[str, Any]]) -> Mapping[DicomTag, str]:
        instance = next((found for entry in series for found in entry.get("Instances", ())), None)
        if instance is None or not self.tags:
            return {}
        texts = {tag: self._text(f"/instances/{instance}/content", tag) for tag in self.tags}
        return {tag: text for tag, text in texts.items() if text}

    def _text(self, content: str, tag: DicomTag) -> str:
        for block in _BLOCKS if tag.creator else (None,):
            if block is not None and self._value(content, tag.group, block) != tag.creator:
                continue
            return self._value(content, tag.group, tag.element + ((block or 0) << 8))
        return ""

    def _value(self, content: str, group: int, element: int) -> str:
        found = self.rest.get(f"{content}/{group:04x}-{element:04x}")
        return "" if found is None or len(found) > _LONGEST_VALUE else found.decode("utf-8", "replace").strip(" \0")

    def _json(self, path: str) -> Any:
        found = self._found(path)
        if found is None:
            raise OSError("Orthanc does not tell its changes")
        return found

    def _found(self, path: str) -> Any:
        answer = self.rest.get(path)
        return None if answer is None else json.loads(answer)


def _values(texts: Any) -> frozenset[str]:
    return frozenset(str(text).strip() for text in texts if text and str(text).strip())
