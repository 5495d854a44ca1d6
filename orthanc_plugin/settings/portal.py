"""Sections for what recipients see, and for the images themselves."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .kinds import Section


class PracticeSettings(Section):
    """The practice as patients see it on each page and on the letter."""

    name: str = Field(
        default="", min_length=1, max_length=120, description="Name of the practice. Required, here or in ThemeFolder."
    )
    address: tuple[Annotated[str, Field(max_length=120)], ...] = Field(
        default=(), max_length=6, strict=False, description="Postal address, one string per line."
    )
    telephone: str = Field(
        default="", max_length=40, description="Telephone number that pages and letters name for help."
    )
    email: str = Field(default="", max_length=120, description="E-mail address on the letter.")
    website: str = Field(default="", max_length=200, description="Web address on the letter.")
    logo_file: str = Field(
        default="", description="PNG or JPEG file for the head of letters and pages, at most 1 MB; it is made smaller."
    )
    colour: str = Field(
        default="",
        description="Colour of buttons and links, as in `#0d5c66`; one too pale to be read is refused.",
    )
    text_size: int = Field(default=100, ge=90, le=150, description="Size of text on the pages, in percent.")


class ViewerSettings(Section):
    """Which viewers a recipient may use besides the patient viewer; the first that is installed opens first."""

    orthanc_web_viewer: bool = Field(
        default=False, description="Offer Orthanc Web Viewer (plugin orthanc-webviewer) as the full viewer."
    )
    ohif: bool = Field(default=False, description="Offer OHIF Viewer (docs/viewers.md says how to install it).")
    ohif_folder: str = Field(
        default="/opt/ohif", min_length=1, description="Folder that the installer of OHIF has written."
    )
    stone_web_viewer: bool = Field(
        default=False, description="Offer Stone Web Viewer (plugins stone-webviewer and dicom-web)."
    )


class EncryptionSettings(Section):
    """Encryption of the images on the disk; docs/encryption.md."""

    enabled: bool = Field(
        default=False,
        description="Encrypt everything that Orthanc stores from now on, under the keys of KeyFile. Once on, it stays "
        "on: Orthanc is not started over encrypted images without it.",
    )
