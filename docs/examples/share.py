"""Share a study by its accession number, print the letter, and see later what became of it.

ORTHANC=https://orthanc.praxis.example STAFF=ris:password python share.py A-4711 letter.html [erika@example.org]
"""

import os
import sys
import uuid
from pathlib import Path

import requests


class Shares:
    """The staff API of Orthanc Patient Share."""

    def __init__(self, orthanc: str, staff: str) -> None:
        self.url = f"{orthanc}/patient-share/api/v1"
        self.http = requests.Session()
        user, _, password = staff.partition(":")
        self.http.auth = (user, password)

    def call(self, method: str, path: str, **options: object) -> dict:
        """One request; raises with the sentence that the API gives for people."""
        answer = self.http.request(method, self.url + path, timeout=30, **options)
        if answer.status_code >= 400:
            raise RuntimeError(answer.json()["detail"])
        return answer.json()

    def create(self, accession_number: str, email: str | None = None, key: str | None = None) -> dict:
        """Create a share; what gets no answer is sent again with the same key, which makes no second share."""
        body = {"accession_number": accession_number}
        if email:
            body["email"] = {"address": email}
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        for _ in range(2):
            try:
                return self.call("POST", "/shares", json=body, headers=headers)
            except requests.ConnectionError:
                continue
        return self.call("POST", "/shares", json=body, headers=headers)


def main() -> None:
    """Create a share and write its letter."""
    shares = Shares(os.environ["ORTHANC"], os.environ["STAFF"])
    accession, letter, *email = sys.argv[1:]
    share = shares.create(accession, *email)
    if share.get("already_created"):
        # Code and password are answered once. New ones, and a new letter:
        share = shares.call("POST", f"/shares/{share['id']}/reissue", json={"new_code": True})
    Path(letter).write_text(share["handout_html"], encoding="utf-8")
    print(share["id"], share["state"], "valid until", share["last_valid_day"])
    for mail in shares.call("GET", f"/shares/{share['id']}/emails")["emails"]:
        print(mail["address"], mail["state"], mail["explanation"])


if __name__ == "__main__":
    main()
