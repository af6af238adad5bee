#!/usr/bin/env python3
"""What everybody reads on a bad day: the page of a case, its form, the counter and the feeds, from memory (PERFORMANCE P16).

usage: pages.py BINARY [ROUNDS=3] [SECONDS=5]

wrk asks with 64 connections, each address in turn in each round; beside it the same of a file that is only copied out of memory (the style sheet), which is
what the server can do at most. Told are requests a second, their share of that most, the 99th percentile and the CPU of joinder a request. wrk shares
the cores. Loopback only.
"""
import re, statistics, subprocess, sys, urllib.request

from running import BASE, CASE, Joinder, cpu, load

sys.argv[2:] = (sys.argv[2:] + ["3", "5"][len(sys.argv) - 2:])
BINARY, ROUNDS, SECONDS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
PLACES = {
    "style sheet": None, "counter": f"/api/v1/public/cases/{CASE}/counter", "feed": f"/api/v1/public/cases/{CASE}/feed.json",
    "calendar": f"/api/v1/public/cases/{CASE}/calendar.ics", "case, JSON": f"/api/v1/public/cases/{CASE}",
    "case, page": f"/c/{CASE}", "case, page, gzip": f"/c/{CASE}", "home": "/", "form": f"/c/{CASE}/join?association=codacons", "verify": "/verify",
}


def asked(joinder, name, path):
    more = ["-H", "Accept-Encoding: gzip"] if "gzip" in name else []
    before = cpu(joinder.own())
    said = subprocess.run(["wrk", "-t1", "-c64", f"-d{SECONDS}s", "--latency", *more, BASE + path], check=True, capture_output=True, text=True).stdout
    used, count = cpu(joinder.own()) - before, int(re.search(r"(\d+) requests in", said).group(1))
    assert "Non-2xx" not in said and "Socket errors" not in said, said
    slow = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    return count / SECONDS, float(slow.group(1)) * {"us": 0.001, "ms": 1, "s": 1000}[slow.group(2)], 1e6 * used / count


def main():
    with Joinder(BINARY, 16) as joinder:
        page = urllib.request.urlopen(f"{BASE}/c/{CASE}").read().decode()
        PLACES["style sheet"] = re.search(r'<link rel="stylesheet" href="([^"]+)"', page).group(1)
        rows = {name: [] for name in PLACES}
        print(f"load of the machine {load()}", flush=True)
        for _ in range(ROUNDS):
            for name, path in PLACES.items():
                rows[name].append(asked(joinder, name, path))
        mid = {name: [statistics.median(value) for value in zip(*found)] for name, found in rows.items()}
        for name, (rate, slow, each) in mid.items():
            print(f"{name:18} {rate:8.0f}/s  {rate / mid['style sheet'][0]:5.2f} of the style sheet  p99 {slow:7.1f} ms  joinder CPU {each:6.0f} us")


main()
