"""Sections for e-mail: the mail server, and the contact page whose messages it takes."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from .kinds import Section, check_address, is_loopback


class NoticeSettings(Section):
    """Which further e-mails go to the address of a share's invitation."""

    expires_in_days: int = Field(
        default=0,
        ge=0,
        le=60,
        description="Send a notice, without link and password, so many days before a share ends; 0: none.",
    )
    report_ready: bool = Field(
        default=False,
        description="Send a notice, without link and password, once a report can be read that could not be before.",
    )


class EmailSettings(Section):
    """The practice's mail server; docs/email.md says how e-mail works."""

    server: str = Field(default="", max_length=253, description="Host name of the mail server; empty: no e-mail.")
    port: int = Field(default=587, ge=1, le=65535, description="Port: usually 587 with `starttls`, 465 with `tls`.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="Encryption to the mail server, with its certificate verified. `none` only on the same machine, "
        "or with AllowPlaintext.",
    )
    allow_plaintext: bool = Field(
        default=False, description="Allow Security `none` to another machine: links are readable on the way."
    )
    ca_file: str = Field(
        default="", description="File with the certificate authorities to trust (PEM); empty: the system's."
    )
    user: str = Field(default="", max_length=200, description="User at the mail server; empty: no login.")
    password_file: str = Field(
        default="", description="File with the password of User alone, readable by Orthanc alone (chmod 600)."
    )
    sender: str = Field(default="", alias="From", max_length=254, description="E-mail address of the sender.")
    reply_to: str = Field(default="", max_length=254, description="Address for answers; empty: the sender's.")
    sender_name: str = Field(
        default="", max_length=120, description="Name of the sender; empty: the name of the practice."
    )
    may_name_examination: bool = Field(
        default=False, description="Whether e-mails may say what was examined and when. Mail is readable on its way."
    )
    may_name_patient: bool = Field(default=False, description="Whether e-mails may address the patient by name.")
    notices: NoticeSettings = Field(default=NoticeSettings(), description="Further e-mails.")
    timeout_seconds: int = Field(
        default=120,
        ge=2,
        le=600,
        description="A step of the dialogue with the mail server takes no longer than this, the whole twice as long.",
    )
    retry_seconds: tuple[Annotated[int, Field(ge=1, le=7 * 86400)], ...] = Field(
        default=(60, 300, 900, 3600, 14400, 86400),
        min_length=1,
        max_length=20,
        strict=False,
        description="Pauses after a try that failed for the time being; the last one repeats.",
    )
    give_up_hours: int = Field(default=120, ge=1, le=720, description="After so long a message has failed.")

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if not self.server:
            return self
        if self.security == "none" and not (self.allow_plaintext or is_loopback(self.server)):
            raise ValueError(
                "Security none sends links readable over the network: use starttls or tls, or set AllowPlaintext"
            )
        if bool(self.user) != bool(self.password_file):
            raise ValueError("User and PasswordFile belong together")
        for name, address in (("From", self.sender), ("ReplyTo", self.reply_to)):
            check_address(name, address, name == "From")
        return self


class ContactSettings(Section):
    """The portal's contact page; messages leave through the mail server of the section Email."""

    to: str = Field(default="", max_length=254, description="E-mail address of the practice; empty: no contact page.")
    keep_days: int = Field(
        default=14, ge=1, le=90, description="Days after which a message that could not be delivered is deleted."
    )

    @model_validator(mode="after")
    def _address(self) -> Self:
        check_address("To", self.to, needed=False)
        return self
