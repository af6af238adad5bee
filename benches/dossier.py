#!/usr/bin/env python3
"""A dossier of people who signed: how many claimants a second, how much memory, whether a foreign script finds it whole.

usage: dossier.py BINARY [CLAIMANTS=2000] [CLIENTS=8]

CLAIMANTS people sign up, declare and sign as in sign.py. One member asks for the dossier, another approves it, the worker of the same process makes it; its
volumes are fetched, unpacked and checked by docs/check_dossier.py. Then the same again with half of them withdrawn by UPDATE, to see whether the time goes
with the number and the memory does not. Loopback only; what it starts it ends, by pid.
"""
import json, os, subprocess, sys, time, urllib.request

from export import code_of
from running import BASE, CASE, HERE, Joinder, cpu, load, pss
from sign import CLAIMANTS, Claimant, collect, everybody, steps

BINARY = sys.argv[1]


def call(token, path, body=None):
    data = json.dumps(body).encode() if body is not None else None
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    return json.load(urllib.request.urlopen(urllib.request.Request(BASE + path, data, headers)))


def member(joinder, role):
    """Somebody of the first association, signed in with a fresh second factor."""
    who = next(s for s in joinder.report["staff"] if s["association"] == "codacons" and s["role"] == role)
    token = call(None, "/api/v1/staff/token", {"email": who["email"], "password": who["password"], "totp": code_of(who)})["access_token"]
    call(token, "/api/v1/staff/step-up", {"totp": code_of(who, 1)})
    return token


def made(joinder, word):
    asker, approver = member(joinder, "case_manager"), member(joinder, "owner")
    at = "/api/v1/staff/exports/" + call(asker, "/api/v1/staff/exports", {"case": CASE, "format": "dossier", "purpose": "bench"})["id"]
    before, used = pss(joinder.own()), (cpu(joinder.postgres()), cpu(joinder.own()))
    peak, began = before, time.time()
    call(approver, at + "/approval", {})
    while (now := call(asker, at))["state"] in ("queued", "running"):
        peak = max(peak, pss(joinder.own()))
        time.sleep(0.1)
    seconds = time.time() - began
    assert now["state"] == "ready", now
    folder = f"{joinder.folder}/{word}"
    os.mkdir(folder)
    for file in now["files"]:
        path = f"{folder}/{file['name']}"
        subprocess.run(["curl", "-sSf", "-o", path, "-H", f"Authorization: Bearer {asker}", f"{BASE}{at}/files/{file['number']}"], check=True)
    size = sum(os.path.getsize(f"{folder}/{name}") for name in os.listdir(folder))
    print(f"{word}: {now['rows']} claimants in {seconds:.1f} s (up to 2 s of waiting) = {now['rows'] / seconds:.0f}/s, 100,000 at this rate {100000 * seconds / now['rows'] / 60:.1f} min, "
          f"{len(now['files'])} files, {size / 1e6:.1f} MB, Postgres CPU {cpu(joinder.postgres()) - used[0]:.1f} s, joinder CPU {cpu(joinder.own()) - used[1]:.1f} s, "
          f"PSS {before:.0f} -> {peak:.0f} MiB", flush=True)
    volumes = sorted(f"{folder}/{name}" for name in os.listdir(folder) if name.endswith(".zip"))
    checked = subprocess.run([sys.executable, f"{HERE}/../docs/check_dossier.py", *volumes], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    print(f"check_dossier.py: {(checked.stdout + checked.stderr).strip().splitlines()[-1]}", flush=True)


def main():
    with Joinder(BINARY, 16, mails=True) as joinder:
        claimants = [Claimant(number) for number in range(CLAIMANTS)]
        before_signing, sign = steps(joinder)
        began = time.time()
        for _, step, mail in before_signing:
            everybody(step, claimants)
            if mail:
                collect(joinder.env["MAIL_DIR"], mail, claimants)
        everybody(sign, claimants)
        joinder.log_is_over()
        print(f"{CLAIMANTS} signed in {time.time() - began:.0f} s; load of the machine {load()}", flush=True)
        made(joinder, "all")
        joinder.sql("UPDATE claimants SET state = 'withdrawn' WHERE id IN (SELECT id FROM claimants ORDER BY id OFFSET (SELECT count(*) / 2 FROM claimants))")
        # a code is good once
        time.sleep(61)
        made(joinder, "half")


main()
