"""A real nginx in a container of its own, with the shipped configuration of docker/proxy."""

import datetime
import re
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from harness.container import Contained, File, free_port
from harness.engine import CLONE, LABEL, ROOT, HarnessError, client
from harness.network import unique_name

CONFIGURATION = ROOT / "docker" / "proxy"
# What the shipped files say must be changed, in the words in which they say it.
PUBLIC_NAME, STAFF_NAME, ORTHANC = "portal.example.org", "orthanc.example.internal", "orthanc.internal"
HOST, STAFF_HOST = "localhost", "staff.localhost"
LOGS = "/var/log/nginx"
_START = "install -d -o www-data /var/log/nginx; exec nginx -g 'daemon off;'"


@dataclass
class ProxyServer(Contained):
    """nginx in front of the container `orthanc` on the same network; published on the loopback interface only."""

    image: str
    network: str
    orthanc: str
    https_port: int = field(default_factory=free_port)
    http_port: int = field(default_factory=free_port)
    name: str = field(default_factory=lambda: unique_name("proxy"))
    # Further portals over the same share store.
    others: tuple[str, ...] = ()
    # Of the public name, as PEM; for clients that are to trust it.
    certificate: bytes = b""

    @property
    def url(self) -> str:
        """The public name, as PublicUrl has it."""
        return f"https://{HOST}:{self.https_port}"

    def create(self) -> None:
        """Create the container with the configuration and fresh certificates, not yet running."""
        self._container = client().containers.create(
            self.image,
            ["sh", "-c", _START],
            name=self.name,
            ports={"443/tcp": ("127.0.0.1", self.https_port), "80/tcp": ("127.0.0.1", self.http_port)},
            labels={LABEL: CLONE},
            network=self.network,
            # As Debian's service does: let requests that are under way end.
            stop_signal="SIGQUIT",
        )
        files = {
            "/etc/nginx/conf.d/patient-share.conf": self._configured("patient-share.conf"),
            "/etc/nginx/conf.d/staff.conf": self._configured("staff.conf"),
            "/etc/nginx/sites-enabled/default": b"",
        }
        for prefix, host in (("", HOST), ("staff-", STAFF_HOST)):
            certificate, key = self_signed(host)
            self.certificate = self.certificate or certificate
            files[f"/etc/ssl/patient-share/{prefix}fullchain.pem"] = certificate
            files[f"/etc/ssl/patient-share/{prefix}privkey.pem"] = key
        self.put({path: File(content, 0o600, owner=0) for path, content in files.items()})

    def _configured(self, name: str) -> bytes:
        text = (CONFIGURATION / name).read_text()
        for placeholder, value in ((PUBLIC_NAME, HOST), (STAFF_NAME, STAFF_HOST), (ORTHANC, self.orthanc)):
            text = re.sub(rf"(?<![\w./]){re.escape(placeholder)}(?![\w.])", value, text)
        if ORTHANC in text and name == "patient-share.conf":
            raise HarnessError(f"docker/proxy/{name} names Orthanc in a way that is not replaced.")
        line = f"    server {self.orthanc}:8042 max_fails=0;\n"
        return text.replace(line, line + "".join(line.replace(self.orthanc, other) for other in self.others)).encode()

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(self.url + "/portal", timeout=5, context=trusting()) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError as error:
            return error.code < 500
        except OSError:
            return False


def trusting() -> ssl.SSLContext:
    """Accepts certificates that the tests have made for themselves."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def self_signed(host: str) -> tuple[bytes, bytes]:
    """A certificate for a day, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private
