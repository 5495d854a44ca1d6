"""Secret keys: one file outside the database, versioned; everything else is derived from it (HKDF, RFC 5869)."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..domain.credential import AccessCode

KEY_BYTES = 32
_NONCE_BYTES = 12
_LONGEST_FILE = 64 * 1024


class KeyFileError(Exception):
    """The key file cannot be used; the text is for the administrator and holds no secret."""


def write_new_key_file(path: Path) -> None:
    """Create a key file with one fresh key; an existing file is never overwritten (FileExistsError)."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"1:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode('ascii')}\n")
        file.flush()
        os.fsync(file.fileno())


def read_key_file(path: Path) -> dict[int, bytes]:
    """Read `version:base64` lines; raises KeyFileError, also where other users could read the file."""
    try:
        with path.open("rb") as file:
            facts = os.fstat(file.fileno())
            text = file.read(_LONGEST_FILE)
    except OSError as fault:
        raise KeyFileError(f"The key file {path} cannot be read: {fault.strerror}.") from None
    if not stat.S_ISREG(facts.st_mode):
        raise KeyFileError(f"The key file {path} is not a regular file.")
    if facts.st_uid not in (0, os.geteuid()):
        raise KeyFileError(f"The key file {path} belongs to another user: chown it to the one that runs Orthanc.")
    if facts.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileError(f"The key file {path} is open to other users: chmod 600 it.")
    keys: dict[int, bytes] = {}
    for number, line in enumerate(text.decode("ascii", "replace").split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        version, key = _parse_line(line.strip())
        if version is None or key is None or version in keys:
            raise KeyFileError(f"Line {number} of the key file {path} is not `version:base64 of 32 bytes`.")
        keys[version] = key
    if not keys:
        raise KeyFileError(f"The key file {path} holds no key: create one with `patient-share new-key`.")
    return keys


def _parse_line(line: str) -> tuple[int | None, bytes | None]:
    version, _, encoded = line.partition(":")
    if not (version.isascii() and version.isdigit() and len(version) <= 5 and 1 <= int(version) <= 65535):
        return None, None
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None, None
    return int(version), key if len(key) == KEY_BYTES else None


class Keyring:
    """Derived keys by purpose and version. The highest version is used for everything new."""

    def __init__(self, keys: dict[int, bytes]) -> None:
        self._versions = sorted(keys, reverse=True)
        self._code = {version: _derive(key, "access code index") for version, key in keys.items()}
        self._patient = {version: _derive(key, "patient index") for version, key in keys.items()}
        self._address = _derive(keys[self._versions[0]], "client address")
        self._device = _derive(keys[self._versions[0]], "known device")
        self._audit = {version: _derive(key, "audit log") for version, key in keys.items()}
        self._text = {version: AESGCM(_derive(key, "text")) for version, key in keys.items()}

    def current(self, code: AccessCode) -> str:
        """HMAC-SHA-256 of the code under the newest key, hexadecimal."""
        return self._index(self._versions[0], code)

    def candidates(self, code: AccessCode) -> Sequence[str]:
        """The same under every key, newest first."""
        return [self._index(version, code) for version in self._versions]

    def address(self, client_address: str) -> str:
        """HMAC-SHA-256 of a client's address, hexadecimal."""
        return hmac.digest(self._address, client_address.encode("utf-8", "replace"), "sha256").hex()

    def patient(self, patient_id: str) -> str:
        """HMAC-SHA-256 of a patient's identifier under the newest key, hexadecimal; empty for an empty one."""
        return next(iter(self.patient_candidates(patient_id)), "")

    def patient_candidates(self, patient_id: str) -> Sequence[str]:
        """The same under every key, newest first; spaces around an identifier mean nothing (DICOM PS3.5, LO)."""
        text = patient_id.strip().encode("utf-8", "replace")
        return [hmac.digest(self._patient[version], text, "sha256").hex() for version in self._versions if text]

    def device(self, device_id: str) -> str:
        """HMAC-SHA-256 of a device's identifier, hexadecimal."""
        return hmac.digest(self._device, device_id.encode("utf-8", "replace"), "sha256").hex()

    @property
    def newest(self) -> int:
        """Version of the key that is used for everything new."""
        return self._versions[0]

    def seal(self, version: int, data: bytes) -> str:
        """HMAC-SHA-256 for the audit log, hexadecimal."""
        return hmac.digest(self._audit[version], data, "sha256").hex()

    def sealed(self, version: int, data: bytes, seal: str) -> bool:
        """Whether this seal was made from these data; False also where the key has been taken out of the file."""
        return version in self._audit and hmac.compare_digest(self.seal(version, data), seal)

    def encrypt(self, text: str, context: str) -> bytes:
        """Key version (2 bytes), nonce, AES-256-GCM ciphertext; `context` is authenticated with it."""
        version = self._versions[0]
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._text[version].encrypt(nonce, text.encode("utf-8"), context.encode("utf-8"))
        return version.to_bytes(2, "big") + nonce + sealed

    def decrypt(self, data: bytes, context: str) -> str:
        """The text again; raises KeyError for an unknown key, InvalidTag for changed data."""
        cipher = self._text[int.from_bytes(data[:2], "big")]
        sealed = cipher.decrypt(data[2 : 2 + _NONCE_BYTES], data[2 + _NONCE_BYTES :], context.encode("utf-8"))
        return sealed.decode("utf-8")

    def _index(self, version: int, code: AccessCode) -> str:
        return hmac.digest(self._code[version], code.text.encode("ascii"), "sha256").hex()


def _derive(key: bytes, purpose: str) -> bytes:
    info = f"orthanc-patient-share/{purpose}".encode("ascii")
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key)
