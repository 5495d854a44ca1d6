"""`make tls`: testssl.sh (https://testssl.sh) against the shipped proxy, in front of a real Orthanc.

A finding of severity HIGH or CRITICAL fails it, but for what a certificate of this test's own cannot have.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from harness import image
from harness.proxy import HOST

from .support.proxied import proxied

REPORT = Path(__file__).parent.parent / "build" / "testssl.json"
# The test's certificate is signed by itself, names no place to ask for revocations and is in no public log.
OF_THE_CERTIFICATE = (
    "cert_chain_of_trust", "cert_trust", "cert_revocation", "cert_crlDistributionPoints", "cert_ocspURL",
    "OCSP_stapling", "DNS_CAArecord", "cert_notAfter", "cert_mustStapleExtension", "certificate_transparency",
    "cert_expirationStatus", "overall_grade", "grade_cap_reason",
)  # fmt: skip
SEVERE = ("HIGH", "CRITICAL")


def findings(port: int) -> list[dict[str, str]]:
    """All that testssl.sh has to say."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "found.json"
        command = [
            "testssl", "--quiet", "--color", "0", "--warnings", "off", "--ip", "127.0.0.1", "--jsonfile", str(target),
            "--protocols", "--std", "--fs", "--server-defaults", "--server-preference", "--headers", "--vulnerable",
            f"{HOST}:{port}",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
        if not target.exists():
            raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
        found: list[dict[str, str]] = json.loads(target.read_text())
    return found


def main(suite: str) -> int:
    """Print what is not in order; answers the exit status."""
    with proxied(image.ensure(suite), image.ensure_helpers()) as site:
        found = findings(site.proxy.https_port)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(found, indent=1))
    ours = [one for one in found if not one["id"].startswith(OF_THE_CERTIFICATE)]
    counts = Counter(one["severity"] for one in ours)
    print(", ".join(f"{count} {severity}" for severity, count in sorted(counts.items())))
    for one in ours:
        if one["severity"] not in ("OK", "INFO"):
            print(f"{one['severity']:9} {one['id']}: {one['finding']}")
    for wanted in ("TLS1_2", "TLS1_3", "HSTS_time"):
        print(*(f"{one['id']}: {one['finding']}" for one in found if one["id"] == wanted))
    if not any(one["id"] == "TLS1_3" for one in found):
        print("testssl.sh has not got as far as the protocols.")
        return 1
    return 1 if any(one["severity"] in SEVERE for one in ours) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "trixie"))
