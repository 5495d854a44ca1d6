"""Secret keys: one file outside the database, versioned; everything else is derived from it (HKDF, RFC 5869)."""

from __future__ import annotations

import base64
import binascii
import fcntl
import hmac
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..domain.credential import AccessCode
from .secret_file import SecretFileError, read_private

KEY_BYTES = 32
_NONCE_BYTES = 12
_PREFIX_BYTES = 2
LONGEST_FILE = 64 * 1024


class KeyFileError(SecretFileError):
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
        text = read_private(path, "key file", LONGEST_FILE)
    except SecretFileError as fault:
        raise KeyFileError(str(fault)) from None
    return parse_keys(text, f"key file {path}")


def parse_keys(text: bytes, source: str) -> dict[int, bytes]:
    """Keys by version, from lines `version:base64`; raises KeyFileError, which names the source and no secret."""
    keys: dict[int, bytes] = {}
    for number, line in enumerate(text.decode("ascii", "replace").split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        version, key = _parse_line(line.strip())
        if version is None or key is None or version in keys:
            raise KeyFileError(f"Line {number} of the {source} is not `version:base64 of 32 bytes`.")
        keys[version] = key
    if not keys:
        raise KeyFileError(f"The {source} holds no key: create one with `patient-share new-key`.")
    return keys


def add_key(path: Path) -> int:
    """Add a fresh key with the next version to a key file; answers the version. Raises KeyFileError.

    The line is written in one piece to the end of the file, so that owner, permissions and mounts stay as they are.
    """
    try:
        with path.open("r+b") as file:
            # Two at once would give out the same version.
            fcntl.flock(file, fcntl.LOCK_EX)
            version = max(read_key_file(path)) + 1
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 1))
            line = b"" if file.read(1) in (b"\n", b"") else b"\n"
            line += f"{version}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode('ascii')}\n".encode("ascii")
            try:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                # Half a line would keep Orthanc from starting.
                file.truncate(size)
                raise
    except OSError as fault:
        raise KeyFileError(f"The key file {path} cannot be written: {fault.strerror}.") from None
    return version


def _parse_line(line: str) -> tuple[int | None, bytes | None]:
    version, _, encoded = line.partition(":")
    if not (version.isascii() and version.isdigit() and len(version) <= 5 and 1 <= int(version) <= 65535):
        return None, None
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None, None
    return int(version), key if len(key) == KEY_BYTES else None


class DerivedKeys:
    """Keys by purpose and version; `newest` is used for everything new."""

    def __init__(self, keys: Mapping[int, bytes], newest: int) -> None:
        self.newest = newest
        # What is looked for is most likely to be of the newest.
        self.versions = [newest, *(version for version in sorted(keys, reverse=True) if version != newest)]
        self.code = {version: _derive(key, "access code index") for version, key in keys.items()}
        self.patient = {version: _derive(key, "patient index") for version, key in keys.items()}
        # Counters and known devices live on when a key is added.
        oldest = keys[min(keys)]
        self.address = _derive(oldest, "client address")
        self.device = _derive(oldest, "known device")
        self.request = {version: _derive(key, "request") for version, key in keys.items()}
        self.audit = {version: _derive(key, "audit log") for version, key in keys.items()}
        self.text = {version: AESGCM(_derive(key, "text")) for version, key in keys.items()}
        self.storage = {version: AESGCM(_derive(key, "storage")) for version, key in keys.items()}
        self.storage_check = {version: _derive(key, "storage check").hex() for version, key in keys.items()}


class Keyring:
    """Derived keys by purpose and version. The highest version is used for everything new."""

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        self._derived = DerivedKeys(keys, max(keys))

    def _now(self, version: int | None = None) -> DerivedKeys:
        """The keys at present; `version` is one that is needed."""
        del version
        return self._derived

    def current(self, code: AccessCode) -> str:
        """HMAC-SHA-256 of the code under the newest key, hexadecimal."""
        return self.candidates(code)[0]

    def candidates(self, code: AccessCode) -> Sequence[str]:
        """The same under every key, newest first."""
        keys, text = self._now(), code.text.encode("ascii")
        return [hmac.digest(keys.code[version], text, "sha256").hex() for version in keys.versions]

    def address(self, client_address: str) -> str:
        """HMAC-SHA-256 of a client's address, hexadecimal."""
        return hmac.digest(self._now().address, client_address.encode("utf-8", "replace"), "sha256").hex()

    def patient(self, patient_id: str) -> str:
        """HMAC-SHA-256 of a patient's identifier under the newest key, hexadecimal; empty for an empty one."""
        return next(iter(self.patient_candidates(patient_id)), "")

    def patient_candidates(self, patient_id: str) -> Sequence[str]:
        """The same under every key, newest first; spaces around an identifier mean nothing (DICOM PS3.5, LO)."""
        keys, text = self._now(), patient_id.strip().encode("utf-8", "replace")
        return [hmac.digest(keys.patient[version], text, "sha256").hex() for version in keys.versions if text]

    def device(self, device_id: str) -> str:
        """HMAC-SHA-256 of a device's identifier, hexadecimal."""
        return hmac.digest(self._now().device, device_id.encode("utf-8", "replace"), "sha256").hex()

    def request_candidates(self, text: str) -> Sequence[str]:
        """HMAC-SHA-256 of what a client sent, hexadecimal, under every key, newest first."""
        keys, data = self._now(), text.encode("utf-8", "replace")
        return [hmac.digest(keys.request[version], data, "sha256").hex() for version in keys.versions]

    def taken_up(self) -> int | None:
        """The version that is used for everything new, once after each change while running; None otherwise."""
        return None

    @property
    def newest(self) -> int:
        """Version of the key that is used for everything new."""
        return self._now().newest

    def seal(self, version: int, data: bytes) -> str:
        """HMAC-SHA-256 for the audit log, hexadecimal."""
        return hmac.digest(self._now(version).audit[version], data, "sha256").hex()

    def sealed(self, version: int, data: bytes, seal: str) -> bool:
        """Whether this seal was made from these data; False also where the key has been taken out of the file."""
        return version in self._now(version).audit and hmac.compare_digest(self.seal(version, data), seal)

    def encrypt(self, text: str, context: str) -> bytes:
        """Key version (2 bytes), nonce, AES-256-GCM ciphertext; `context` is authenticated with it."""
        keys = self._now()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = keys.text[keys.newest].encrypt(nonce, text.encode("utf-8"), context.encode("utf-8"))
        return version_prefix(keys.newest) + nonce + sealed

    def decrypt(self, data: bytes, context: str) -> str:
        """The text again; raises KeyError for an unknown key, InvalidTag for changed data."""
        version = int.from_bytes(data[:_PREFIX_BYTES], "big")
        cipher = self._now(version).text[version]
        sealed = data[_PREFIX_BYTES:]
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode("utf-8")).decode("utf-8")

    def wrap(self, data_key: bytes, context: bytes) -> tuple[int, bytes]:
        """Version of the newest key, and a file's data key encrypted under it: nonce and AES-256-GCM ciphertext."""
        keys = self._now()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return keys.newest, nonce + keys.storage[keys.newest].encrypt(nonce, data_key, context)

    def unwrap(self, version: int, wrapped: bytes, context: bytes) -> bytes:
        """The data key again; raises KeyError for an unknown version, InvalidTag for changed bytes."""
        cipher = self._now(version).storage[version]
        return cipher.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], context)

    def storage_checks(self) -> Mapping[int, str]:
        """By version, a value derived from the key that tells whether it is the same key, and nothing else."""
        return dict(self._now().storage_check)


def version_prefix(version: int) -> bytes:
    """With what each text begins that was encrypted under this version."""
    return version.to_bytes(_PREFIX_BYTES, "big")


def _derive(key: bytes, purpose: str) -> bytes:
    info = f"orthanc-patient-share/{purpose}".encode("ascii")
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key)
