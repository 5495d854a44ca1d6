"""The section for sharing without a button."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ..domain.dicom_tag import DicomTag
from .kinds import Section, report_rule


class AutomaticRuleSettings(Section):
    """Studies that are shared by themselves; docs/automatic.md."""

    name: str = Field(pattern=r"^[a-z0-9-]{1,40}$", description="Name of the rule; each study is shared by it once.")
    modalities: tuple[str, ...] = Field(default=(), strict=False, description="Modality of a series, as in `CT`.")
    ae_titles: tuple[str, ...] = Field(default=(), strict=False, description="AE title of the sender.")
    stations: tuple[str, ...] = Field(default=(), strict=False, description="Station Name (0008,1010).")
    institutions: tuple[str, ...] = Field(default=(), strict=False, description="Institution Name (0008,0080).")
    labels: tuple[str, ...] = Field(default=(), strict=False, description="Label of the study in Orthanc.")
    tags: dict[str, Annotated[tuple[str, ...], Field(strict=False, min_length=1)]] = Field(
        default={}, description="Tags of the first image and their values, private ones as `0011,20:CREATOR`."
    )
    with_referring_physician: bool = Field(default=False, description="Only where a referring physician is named.")
    audience: Literal["patient", "referrer"] = Field(default="patient", description="For whom.")
    language: Literal["", "de", "en"] = Field(default="", description="Language; empty: DefaultLanguage.")
    validity_days: int = Field(default=0, ge=0, le=365, description="Days; 0: DefaultValidityDays.")
    report: str = Field(default="", description="When the report is shown; empty: the practice's rule.")
    consent: bool = Field(default=False, description="Whether consent is on file for every such study.")
    email_tag: str = Field(default="", description="Tag with the e-mail address that the link is sent to.")

    @model_validator(mode="after")
    def _conditions(self) -> Self:
        named = self.modalities or self.ae_titles or self.stations or self.institutions or self.labels
        if not (named or self.tags or self.with_referring_physician):
            raise ValueError("a rule needs a condition: without one it would share everything")
        if self.report:
            report_rule(self.report)
        for tag in (*self.tags, *filter(None, [self.email_tag])):
            DicomTag.parse(tag)
        return self


class AutomaticSettings(Section):
    """Sharing without a button; docs/automatic.md."""

    rules: tuple[AutomaticRuleSettings, ...] = Field(
        default=(), strict=False, description="Rules, each an object (docs/automatic.md); empty: nothing is shared."
    )
    dry_run: bool = Field(default=True, description="Only say in the log what would be shared.")
    letter_folder: str = Field(default="", description="Folder that the letters are put into as PDF.")
