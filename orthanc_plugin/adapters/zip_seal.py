"""Files of a ZIP archive under a password, as WinZip's format AE-2 with AES-256 has it, which 7-Zip and others open.

Source: "AES Encryption Information: Encryption Specification AE-1 and AE-2" of WinZip, version 1.04. Its key derivation
(PBKDF2 with 1000 rounds of HMAC-SHA-1) is the format's, not our choice: a long password has to make up for it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_SALT, _CHECK, _MAC, _KEY, _ROUNDS = 16, 2, 10, 32, 1000
_BLOCK = 16
# Header ID, length, AE-2, vendor, AES-256, and that the file is stored as it is.
_EXTRA = struct.pack("<2HH2sBH", 0x9901, 7, 2, b"AE", 3, 0)


class ZipSeal:
    """Encrypts each file of an archive under keys of its own."""

    method = 99
    version = 51
    extra = _EXTRA
    # Bytes that a file grows by.
    overhead = _SALT + _CHECK + _MAC

    def __init__(self, password: str) -> None:
        self._password = password.encode("ascii")

    def __call__(self, data: bytes) -> bytes:
        """Salt, check value, ciphertext and authentication code, one after the other."""
        salt = os.urandom(_SALT)
        found = hashlib.pbkdf2_hmac("sha1", self._password, salt, _ROUNDS, 2 * _KEY + _CHECK)
        key, mac_key, check = found[:_KEY], found[_KEY : 2 * _KEY], found[2 * _KEY :]
        hidden = _count_and_xor(key, data)
        return salt + check + hidden + hmac.new(mac_key, hidden, "sha1").digest()[:_MAC]


def _count_and_xor(key: bytes, data: bytes) -> bytes:
    """AES in counter mode; the counter is little-endian and begins at 1, which the library's own mode does not know."""
    blocks = -(-len(data) // _BLOCK)
    counters = np.zeros((blocks, 2), "<u8")
    counters[:, 0] = np.arange(1, blocks + 1, dtype="<u8")
    # ECB of counters is what counter mode is made of (NIST SP 800-38A section 6.5).
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305
    stream = encryptor.update(counters.tobytes()) + encryptor.finalize()
    mixed: bytes = (np.frombuffer(data, np.uint8) ^ np.frombuffer(stream, np.uint8, len(data))).tobytes()
    return mixed
