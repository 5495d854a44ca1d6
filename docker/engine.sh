#!/bin/sh
# Makes sure that a container engine answers, and prints its address for DOCKER_HOST:
#     export DOCKER_HOST=$(docker/engine.sh)
# A daemon that can be reached already wins. Otherwise podman is installed from Debian (not with ENGINE_INSTALL=0) and
# serves Docker's API.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
socket=/run/podman/podman.sock

say() { echo "engine: $*" >&2; }
die() { echo "engine: $*" >&2; exit 1; }

# Python rather than curl or a docker client: a bare Debian has neither.
answers() {
    python3 - "$1" <<'PY'
import socket, sys
from urllib.parse import urlsplit

url = urlsplit(sys.argv[1])
try:
    if url.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(5)
        connection.connect(url.path)
    elif url.scheme in ("tcp", "http"):
        connection = socket.create_connection((url.hostname, url.port or 2375), timeout=5)
    else:
        sys.exit(0)  # ssh and the like: the client reports its own error
    connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: localhost\r\n\r\n")
    sys.exit(0 if b" 200 " in connection.recv(64) else 1)
except OSError:
    sys.exit(1)
PY
}

if [ -n "${DOCKER_HOST:-}" ]; then
    answers "$DOCKER_HOST" || die "DOCKER_HOST is $DOCKER_HOST, but no container engine answers there. Start it, or unset DOCKER_HOST."
    echo "$DOCKER_HOST"
    exit 0
fi
for candidate in /var/run/docker.sock $socket; do
    if [ -S $candidate ] && answers "unix://$candidate"; then
        echo "unix://$candidate"
        exit 0
    fi
done

[ "$(id -u)" = 0 ] || die "no container engine answers. Start Docker (or set DOCKER_HOST), or run this as root so that podman can be installed."

mkdir -p /run/podman /run/lock
exec 9>/run/lock/orthanc-patient-share-engine
flock 9  # two calls at once must not start two services

missing=
for need in podman:podman runc:runc iptables:iptables netavark:/usr/lib/podman/netavark \
    aardvark-dns:/usr/lib/podman/aardvark-dns; do
    command -v "${need#*:}" >/dev/null || missing="$missing ${need%%:*}"
done
if [ -n "$missing" ]; then
    [ "${ENGINE_INSTALL:-1}" != 0 ] || die "there is no container engine, so nothing of this project runs."
    say "no container engine answers; podman is to do it"
    # shellcheck disable=SC2086
    "$here/apt-install.sh" $missing 9>&- || exit 1
fi

if ! answers "unix://$socket"; then
    say "starting podman's service on $socket"
    CONTAINERS_CONF=$here/containers.conf setsid nohup \
        podman system service --time=0 "unix://$socket" >/run/podman/service.log 2>&1 </dev/null 9>&- &
    echo $! >/run/podman/service.pid
    tries=0
    until answers "unix://$socket"; do
        tries=$((tries + 1))
        [ $tries -lt 60 ] || { tail -n 20 /run/podman/service.log >&2; die "podman's service did not start."; }
        sleep 0.25
    done
fi
echo "unix://$socket"
