"""What the staff API takes, and its problems (pydantic); the OpenAPI document is made from these models."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ..domain.report import ReportRule
from ..domain.share import Audience
from ..domain.study import StudyKey, StudyKeyKind
from ..handout.letter import Part
from ..use_cases.choose_studies import MOST_STUDIES

_LONGEST_NOTE = 1000
# In one request: five seconds of work. More letters are asked for in several.
MOST_LETTERS = 50


def printable(value: str) -> str:
    """Refuse control characters but line breaks."""
    if any(not c.isprintable() and c != "\n" for c in value):
        raise ValueError("must hold printable characters and line breaks only")
    return value


def report_rule(value: str) -> str:
    """A rule as ReportRule.parse() reads it; a moment may be written as ISO 8601."""
    if value[:1].isdigit() and not value.endswith("h"):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("is no date and time") from None
        if moment.tzinfo is None:
            raise ValueError("needs the offset of its time zone")
        value = f"from:{int(moment.timestamp())}"
    return ReportRule.parse(value).text


class ApiModel(BaseModel):
    """Base of all: unknown fields are refused, and no input is quoted in an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class StudyName(ApiModel):
    """A study, by exactly one of its three identifiers."""

    orthanc_id: str | None = Field(default=None, description="Orthanc's identifier of the study.")
    study_instance_uid: str | None = Field(default=None, description="DICOM Study Instance UID (0020,000D).")
    accession_number: str | None = Field(
        default=None, description="DICOM Accession Number (0008,0050); 409 where several studies bear it."
    )

    @model_validator(mode="after")
    def _one_identifier(self) -> Self:
        if len(self._given()) > 1 or not (self._given() or self._named_otherwise()):
            raise ValueError("exactly one of orthanc_id, study_instance_uid and accession_number is needed")
        return self

    def _named_otherwise(self) -> bool:
        return False

    def _given(self) -> list[StudyKey]:
        pairs = ((kind, getattr(self, kind.value)) for kind in StudyKeyKind)
        return [StudyKey(kind, value) for kind, value in pairs if value is not None]

    @property
    def study_key(self) -> StudyKey:
        """The identifier that was given."""
        return self._given()[0]


class EmailRequest(ApiModel):
    """Whom the link is sent to."""

    address: str = Field(
        max_length=1000,
        description="One e-mail address. The message holds the link, never the password: hand that over otherwise.",
    )


class ShareRequest(StudyName):
    """A share to be created. One study is named by one of the three identifiers, several are named in `studies`."""

    studies: Annotated[tuple[StudyName, ...], Field(min_length=1, max_length=MOST_STUDIES)] | None = Field(
        default=None, description="Several studies of one patient, in place of a single identifier."
    )
    may_arrive_later: bool = Field(
        default=False,
        strict=True,
        description="Accept an accession number or Study Instance UID that Orthanc does not hold yet: the portal says "
        "that the images are not ready, and shows them once they have arrived.",
    )
    patient_id: Annotated[str, AfterValidator(printable)] = Field(
        default="",
        max_length=64,
        description="DICOM Patient ID (0010,0020) that the studies must bear; guards against a mistyped accession "
        "number. Stored as a keyed hash.",
    )
    consent: bool = Field(
        default=False, strict=True, description="The patient's consent is on file; needed with RequireConsent."
    )
    validity_days: int | None = Field(
        default=None,
        strict=True,
        description="Days after today on which the share still opens: from 1 to MaxValidityDays; "
        "default DefaultValidityDays.",
    )
    audience: Audience = Field(default=Audience.PATIENT, description="Whom the share is made for.")
    language: str | None = Field(
        default=None, description="Language of the letter, for example `de` or `en`; default DefaultLanguage."
    )
    note: Annotated[str, AfterValidator(printable)] = Field(
        default="", max_length=_LONGEST_NOTE, description="For staff only; stored encrypted."
    )
    exclude_series: Annotated[tuple[str, ...], Field(max_length=1000)] = Field(
        default=(), description="Series to leave out, by Orthanc's identifier or Series Instance UID."
    )
    report: Annotated[str, AfterValidator(report_rule)] | None = Field(
        default=None,
        description="When the recipient may read the report: `never`, `hold`, `at-once`, hours after its arrival as in "
        "`24h`, or a date and time (ISO 8601 with its offset); default ReportForPatients or ReportForReferrers.",
    )
    handout: bool = Field(
        default=True,
        strict=True,
        description="Whether the answer carries the printable letter in `handout_html`.",
    )

    email: EmailRequest | None = Field(default=None, description="Send the link by e-mail as well.")

    def _named_otherwise(self) -> bool:
        return self.studies is not None

    @model_validator(mode="after")
    def _one_way_of_naming(self) -> Self:
        if self._given() and self.studies is not None:
            raise ValueError("name one study by its identifier, or several in studies, not both")
        return self

    @property
    def study_keys(self) -> tuple[StudyKey, ...]:
        """The studies that were named."""
        return (self.study_key,) if self.studies is None else tuple(study.study_key for study in self.studies)


class ExtendRequest(ApiModel):
    """A new end of a share."""

    validity_days: int = Field(strict=True, description="Days after today on which the share still opens.")


class ReissueRequest(ApiModel):
    """A password to be re-issued."""

    new_code: bool = Field(
        default=False,
        strict=True,
        description="Mint an access code as well, for a letter that went astray; the old link is void then.",
    )
    email: EmailRequest | None = Field(
        default=None, description="Send the new link by e-mail; needs `new_code`, since no link can be read again."
    )


class PatientRequest(ApiModel):
    """A patient, by identifier: always in a body, since addresses end up in logs."""

    patient_id: Annotated[str, AfterValidator(printable)] = Field(
        min_length=1, max_length=64, description="DICOM Patient ID (0010,0020)."
    )


class Candidate(ApiModel):
    """A study that answers to an ambiguous accession number."""

    orthanc_id: str
    study_instance_uid: str
    study_date: str
    study_description: str


class Fault(ApiModel):
    """What is wrong with one field of a request."""

    field: str
    detail: str


class Problem(ApiModel):
    """Problem details (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable name of the problem, for programs.")
    errors: list[Fault] = Field(default=[], description="Fields that are wrong.")
    candidates: list[Candidate] = Field(default=[], description="Studies to choose from (ambiguous-study).")


class ReportRequest(ApiModel):
    """When the recipient may read the report, from now on."""

    report: Annotated[str, AfterValidator(report_rule)] = Field(
        description="`never`, `hold`, `at-once`, hours as in `24h`, or a date and time (ISO 8601 with its offset)."
    )


class LetterOrder(ApiModel):
    """One letter: code and password as the answer gave them that made them, since nothing readable is kept."""

    share_id: str = Field(min_length=1, max_length=64, description="The share.")
    access_code: str = Field(min_length=1, max_length=64, description="Its access code, which must be in force.")
    password: str = Field(min_length=1, max_length=64, description="Its password.")


class LettersRequest(ApiModel):
    """Letters to be printed, in this order, as one PDF."""

    letters: Annotated[tuple[LetterOrder, ...], Field(min_length=1, max_length=MOST_LETTERS)]
    part: Part = Field(
        default=Part.BOTH,
        description="`both`: letter and password on one page, to be torn apart. `letter`: without the password. "
        "`password`: without link and code.",
    )
