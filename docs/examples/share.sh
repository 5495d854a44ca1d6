#!/bin/sh
# Shares a study with its patient by its accession number and writes the letter to a file.
#   ORTHANC=https://orthanc.praxis.example STAFF=ris:password docs/examples/share.sh A-4711 letter.html [erika@example.org]
# Needs curl and python3. The password of the share is answered once: it stands in the letter and nowhere else.
set -eu
accession=$1 letter=$2 email=${3:-}

# One key per order of the information system: sent again with the same key, the request makes no second share.
key=${KEY:-$(python3 -c 'import uuid; print(uuid.uuid4())')}
body=$(python3 -c '
import json, sys
accession, email = sys.argv[1:]
print(json.dumps({"accession_number": accession, **({"email": {"address": email}} if email else {})}))
' "$accession" "$email")

# The credentials go through standard input: arguments can be seen by every user of the machine.
answer=$(printf 'user = "%s"\n' "$STAFF" | curl --silent --show-error --fail-with-body --config - \
    --retry 3 --retry-connrefused --max-time 30 \
    --header 'Content-Type: application/json' --header "Idempotency-Key: $key" \
    --data "$body" "$ORTHANC/patient-share/api/v1/shares")

umask 077
printf '%s' "$answer" | python3 -c '
import json, sys
share = json.load(sys.stdin)
if share.get("already_created"):
    sys.exit("The share %s exists already; re-issue it for a new letter." % share["id"])
open(sys.argv[1], "w", encoding="utf-8").write(share["handout_html"])
print(share["id"])
' "$letter"
