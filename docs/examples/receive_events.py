"""Receive events of Orthanc Patient Share: checks the signature, and knows an event that arrives twice.

SECRET_FILE=secret python receive_events.py 8443 server.pem     (key and certificate; without: plain HTTP)
"""

import hashlib
import hmac
import json
import os
import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

SECRET = Path(os.environ["SECRET_FILE"]).read_text(encoding="utf-8").strip("\r\n").encode()
TOO_OLD = 300
LONGEST = 64 * 1024
seen: set[str] = set()


def is_genuine(header: str, body: bytes) -> bool:
    """Whether the body was signed with the secret, and not long ago."""
    fields = dict(part.partition("=")[::2] for part in header.split(","))
    at, signature = fields.get("t", ""), fields.get("v1", "")
    if not at.isdigit() or abs(time.time() - int(at)) > TOO_OLD:
        return False
    wanted = hmac.new(SECRET, at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), signature.encode())


class Receiver(BaseHTTPRequestHandler):
    """Takes events; anything but 2xx makes the sender try again."""

    def do_POST(self) -> None:
        """One event."""
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(min(length, LONGEST))
        if not is_genuine(self.headers.get("X-Patient-Share-Signature", ""), body):
            self.send_error(401)
            return
        event = json.loads(body)
        if event["id"] not in seen:
            seen.add(event["id"])
            print(event["at"], event["event"], event["share_id"], *event["study_instance_uids"], flush=True)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing but events is printed."""


server = HTTPServer(("", int(sys.argv[1])), Receiver)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print("listening on", server.server_port, flush=True)
server.serve_forever()
