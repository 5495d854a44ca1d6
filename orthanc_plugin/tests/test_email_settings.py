"""The section "Email" of the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orthanc_plugin.adapters.secret_file import SecretFileError, read_secret
from orthanc_plugin.composition import start_or_stop
from orthanc_plugin.settings import Settings, SettingsError, parse_settings

from .support.fake_orthanc import Recorder

BASE = {"PublicUrl": "https://p.example", "KeyFile": "/k", "Practice": {"Name": "P"}}


def parsed(**email: Any) -> Settings:
    return parse_settings({"PatientShare": {**BASE, "Email": email}})


def test_without_the_section_no_mail_is_sent_and_nothing_is_named_by_default() -> None:
    email = parse_settings({"PatientShare": BASE}).email
    assert email.server == "" and not email.may_name_examination and not email.may_name_patient
    assert email.security == "starttls" and email.notices.expires_in_days == 0


@pytest.mark.parametrize(
    ("email", "word"),
    [
        ({"Server": "m.example"}, "From"),
        ({"Server": "m.example", "From": "nobody"}, "From"),
        ({"Server": "m.example", "From": "a@b.example\r\nBcc: c@d.example"}, "From"),
        ({"Server": "m.example", "From": "a@b.example", "ReplyTo": "x"}, "ReplyTo"),
        ({"Server": "m.example", "From": "a@b.example", "Security": "none"}, "AllowPlaintext"),
        ({"Server": "m.example", "From": "a@b.example", "User": "u"}, "PasswordFile"),
        ({"Server": "m.example", "From": "a@b.example", "Security": "ssl"}, "Security"),
        ({"Server": "m.example", "From": "a@b.example", "RetrySeconds": []}, "RetrySeconds"),
        ({"Sever": "m.example"}, "did you mean Server"),
    ],
)
def test_what_cannot_be_used_is_named(email: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingsError, match=word):
        parsed(**email)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_without_encryption_only_on_the_same_machine(host: str) -> None:
    assert parsed(Server=host, From="a@b.example", Security="none").email.server == host


def test_without_encryption_elsewhere_only_by_a_setting_of_its_own() -> None:
    assert parsed(Server="m.example", From="a@b.example", Security="none", AllowPlaintext=True).email.allow_plaintext


def test_a_secret_file_is_read_only_if_nobody_else_can(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("pass word \n")
    file.chmod(0o600)
    assert read_secret(file, "password file") == "pass word "
    for content in ("", "\n", "a\nb\n"):
        file.write_text(content)
        with pytest.raises(SecretFileError, match="one line"):
            read_secret(file, "password file")
    file.chmod(0o640)
    with pytest.raises(SecretFileError, match="chmod 600"):
        read_secret(file, "password file")
    with pytest.raises(SecretFileError, match="cannot be read"):
        read_secret(tmp_path / "none", "password file")


def test_orthanc_is_stopped_where_the_password_is_open_to_others(configured: Recorder, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret-of-the-mail-server\n")
    (tmp_path / "password").chmod(0o644)
    email = {"Server": "m.example", "From": "a@b.example", "User": "u", "PasswordFile": str(tmp_path / "password")}
    configured.configuration["PatientShare"]["Email"] = email
    with pytest.raises(SystemExit):
        start_or_stop()
    assert "chmod 600" in configured.errors[-1] and "secret-of" not in configured.errors[-1]
