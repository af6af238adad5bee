"""Who asks: each operation is asked as the one it is for. The rest is in schemathesis.toml."""

import base64
import email
import email.policy
import hashlib
import hmac
import itertools
import os
import pathlib
import re
import struct
import time

import requests
import schemathesis

BASE = os.environ["FUZZ_URL"]
MAILS = pathlib.Path(os.environ["FUZZ_MAILS"])
CASE = "libero-virgilio-2023"
# a second factor is fresh for five minutes
STAFF_SECONDS = 240
NUMBERS = itertools.count()


def call(method, path, **more):
    answer = requests.request(method, BASE + path, timeout=30, **more)
    answer.raise_for_status()
    return answer.json() if answer.content else None


def codes(secret):
    """Codes of an authenticator, each but once: the one before now, of now, and those to come."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    last = 0
    while True:
        step = max(last + 1, int(time.time()) // 30 - 1)
        while step > int(time.time()) // 30 + 1:
            time.sleep(1)
        last = step
        digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
        place = digest[-1] & 15
        yield f"{(struct.unpack('>I', digest[place:place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


CODES = codes(os.environ["FUZZ_STAFF_TOTP"])


class Bearer:
    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.auth(refresh_interval=None).apply_to(path_regex="^/api/v1/partner/")
class Partner(Bearer):
    def get(self, case, context):
        return os.environ["FUZZ_KEY"]


@schemathesis.auth(refresh_interval=STAFF_SECONDS).apply_to(path_regex="^/api/v1/staff/").skip_for(
    path_regex="^/api/v1/staff/token"
)
class Staff(Bearer):
    def get(self, case, context):
        who = {"email": os.environ["FUZZ_STAFF"], "password": os.environ["FUZZ_STAFF_PASSWORD"]}
        token = call("POST", "/api/v1/staff/token", json=who | {"totp": next(CODES)})["access_token"]
        head = {"Authorization": f"Bearer {token}"}
        call("POST", "/api/v1/staff/step-up", json={"totp": next(CODES)}, headers=head)
        return token


# a claimant for each operation: who erased the data is nobody to the next one
@schemathesis.auth(
    refresh_interval=1200, cache_by_key=lambda case, context: case.operation.label
).apply_to(path_regex="^/api/v1/public/me")
class Claimant(Bearer):
    def get(self, case, context):
        number = next(NUMBERS)
        address = f"fuzz-{os.environ['FUZZ_SEED']}-{number}-{int(time.time())}@example.org"
        told = call("GET", f"/api/v1/public/cases/{CASE}")
        consents = [
            {"purpose": text["purpose"], "text_version": text["text_version"], "given": True}
            for text in told["consents"]
            if text["required"]
        ]
        body = {
            "association": "codacons",
            "contact": {"email": address, "language": "en"},
            "mailboxes": [{"address": address.replace("@example.org", "@libero.it")}],
            "consents": consents,
        }
        call(
            "POST",
            f"/api/v1/public/cases/{CASE}/claimants",
            json=body,
            headers={"Idempotency-Key": address},
        )
        token = self.token(address)
        return call("POST", "/api/v1/public/confirmations", json={"token": token})["access_token"]

    def token(self, address):
        until = time.monotonic() + 30
        while time.monotonic() < until:
            for file in sorted(MAILS.glob("2*.eml"), reverse=True)[:200]:
                mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                if address in str(mail["to"]):
                    words = mail.get_body(("plain",)).get_content()
                    found = re.search(r"/confirm/([A-Za-z0-9_-]+)", words)
                    if found:
                        return found.group(1)
            time.sleep(0.2)
        raise RuntimeError(f"no mail for {address}")
