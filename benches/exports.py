#!/usr/bin/env python3
"""Lists as the worker makes them, of many claimants: how long, how much memory, how large; and what sign-ups feel of it.

usage: exports.py BINARY [CLAIMANTS=100000]

Seeds as export.py does. Each list is masked, asked for over HTTP, made by the worker of the same process, fetched. Then sign-ups go on for
ten seconds without and with a workbook being made, at a rate that the machine bears, by wrk: the median and the 99th percentile.
"""
import json, os, re, subprocess, sys, threading, time, urllib.request

from export import BINARY, CLAIMANTS, code_of, member, seed, sign_in
from running import BASE, CASE, Joinder, cpu, load, pss


def main():
    with Joinder(BINARY, 32) as joinder:
        seed(joinder)
        token = sign_in(joinder)
        call(token, "/api/v1/staff/step-up", {"totp": code_of(member(joinder), 1)})
        print(f"load of the machine {load()}")
        for kind in ("csv", "xlsx"):
            made(joinder, token, kind)
        quiet = sign_ups(joinder, "q")
        at = ask(token, "xlsx")
        busy = sign_ups(joinder, "b")
        print(f"sign-ups without: {quiet}; while a workbook is made ({state(token, at)['state']} at the end): {busy}")


def call(token, path, body=None):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(BASE + path, data, {"Content-Type": "application/json", "Authorization": f"Bearer {token}"})
    return json.load(urllib.request.urlopen(request))


def ask(token, kind):
    return call(token, "/api/v1/staff/exports", {"case": CASE, "format": kind, "purpose": "bench"})["id"]


def state(token, at):
    return call(token, f"/api/v1/staff/exports/{at}")


def made(joinder, token, kind):
    before, used = pss(joinder.own()), (cpu(joinder.postgres()), cpu(joinder.own()))
    peak, began, frozen = before, time.time(), None
    at = ask(token, kind)
    while (now := state(token, at))["state"] in ("queued", "running"):
        peak = max(peak, pss(joinder.own()))
        if frozen is None and now["rows_total"] is not None:
            frozen = time.time() - began
        time.sleep(0.1)
    seconds = time.time() - began
    assert now["state"] == "ready" and now["rows"] >= CLAIMANTS, now
    path = f"{joinder.folder}/made.{kind}"
    subprocess.run(["curl", "-sSf", "-o", path, "-H", f"Authorization: Bearer {token}", f"{BASE}/api/v1/staff/exports/{at}/content"], check=True)
    print(f"{kind}: {now['rows']} rows in {seconds:.1f} s (up to 2 s of waiting, frozen after {frozen or seconds:.1f} s), {os.path.getsize(path) / 1e6:.1f} MB, "
          f"Postgres CPU {cpu(joinder.postgres()) - used[0]:.1f} s, joinder CPU {cpu(joinder.own()) - used[1]:.1f} s, PSS {before:.1f} -> {peak:.1f} MiB", flush=True)


def sign_ups(joinder, name):
    said = joinder.wrk(8, 10, name, "export.lua", ["--latency"]).stdout
    found = re.findall(r"(50%|99%|Requests/sec:)\s+(\S+)", said)
    return ", ".join(f"{what} {value}" for what, value in found)


main()
