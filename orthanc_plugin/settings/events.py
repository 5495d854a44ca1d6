"""The section for events that other systems are told of."""

from __future__ import annotations

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from .kinds import Section


class EventSettings(Section):
    """What the practice's information system is told of shares; docs/events.md says how."""

    webhook_url: str = Field(default="", max_length=500, description="Address that events are posted to; empty: none.")
    allow_plain_http: bool = Field(
        default=False, description="Allow a WebhookUrl that begins with `http:`, for a receiver in your own network."
    )
    secret_file: str = Field(
        default="",
        description="File with the secret that signs what is posted, readable by Orthanc alone (chmod 600).",
    )
    ca_file: str = Field(
        default="", description="File with the certificate authorities to trust (PEM); empty: the system's."
    )
    folder: str = Field(default="", description="Folder that each event is written to as a file; empty: none.")
    name_accession_number: bool = Field(default=False, description="Whether events name DICOM Accession Numbers.")
    timeout_seconds: int = Field(default=20, ge=1, le=120, description="A step of a request takes no longer than this.")
    retry_seconds: tuple[Annotated[int, Field(ge=1, le=86400)], ...] = Field(
        default=(10, 60, 300, 900, 3600),
        min_length=1,
        max_length=20,
        strict=False,
        description="Pauses after a try that failed; the last one repeats.",
    )
    give_up_hours: int = Field(default=72, ge=1, le=720, description="After so long an event is given up.")

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if not self.webhook_url:
            return self
        parts = urlsplit(self.webhook_url)
        if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc or parts.fragment:
            raise ValueError("WebhookUrl must be an address such as https://ris.example/hook, without a password")
        if not self.webhook_url.isascii() or not self.webhook_url.isprintable() or " " in self.webhook_url:
            raise ValueError("WebhookUrl must hold printable ASCII characters without spaces")
        if parts.scheme == "http" and not self.allow_plain_http:
            raise ValueError("WebhookUrl must begin with https:, or AllowPlainHttp must be set")
        if not self.secret_file:
            raise ValueError("WebhookUrl needs SecretFile: the receiver must be able to tell who calls")
        return self
