"""Verifies a delivery of Guestright in Python (3.8 or later, nothing to install).

    python3 verify.py SECRET[,OLDER-SECRET] ID TIMESTAMP SIGNATURE < body      says "valid" or why not
"""
import base64
import hashlib
import hmac
import sys
import time


def verify(secrets, id, timestamp, signature, body):
    """Raises ValueError unless Guestright sent this body (bytes, as it arrived) within the last five minutes."""
    if not id or not signature or not timestamp or not timestamp.isascii() or not timestamp.isdigit():
        raise ValueError("a header is missing")
    if abs(time.time() - int(timestamp)) > 300:
        raise ValueError("too old or too early")
    signed = f"{id}.{timestamp}.".encode() + body
    for secret in secrets:
        key = base64.b64decode(secret[6:] if secret.startswith("whsec_") else secret)
        want = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
        if any(hmac.compare_digest(part.encode(), want) for part in signature.split()):
            return
    raise ValueError("no signature fits")


# In a server: the headers Webhook-Id, Webhook-Timestamp and Webhook-Signature, and the body before it is parsed.
if __name__ == "__main__":
    try:
        verify(sys.argv[1].split(","), sys.argv[2], sys.argv[3], sys.argv[4], sys.stdin.buffer.read())
        print("valid")
    except ValueError as error:
        print(error)
        sys.exit(1)
