"""Headers of every answer of the product's own (OWASP HTTP Headers Cheat Sheet)."""

from __future__ import annotations

import flask

from . import context

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    # Not "no-referrer": browsers would then send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "X-Robots-Tag": "noindex, nofollow",
}


def policy_with_frame(answer: flask.Response) -> None:
    """Let pages of the portal itself show this answer in a frame, and nobody else."""
    answer.headers["Content-Security-Policy"] = _POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"


def policy_of_letter(answer: flask.Response, digests: list[str]) -> None:
    """Let exactly the styles with these SHA-256 digests (CSP level 3) stand inside this answer, and pictures."""
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    policy = _POLICY.replace("style-src 'self'", f"style-src {allowed}").replace(
        "img-src 'self' blob:", "img-src data:"
    )
    answer.headers["Content-Security-Policy"] = policy


def add(answer: flask.Response) -> flask.Response:
    """Add what is missing; nothing of a study may stay in a browser's cache. Orthanc adds nosniff itself."""
    for name, value in _HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers.setdefault("Cache-Control", "no-store")
    if context.services().secure:
        answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return answer
