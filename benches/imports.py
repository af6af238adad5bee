#!/usr/bin/env python3
"""An earlier list as staff import it: how long reading, trying and importing take, and how much memory.

usage: imports.py BINARY [ROWS=100000]

A CSV and (with `pip install openpyxl`) a workbook of the same people are uploaded; the first is tried and imported by the worker of the same process, the
second tried: all are known by then. No mail is sent.
"""
import json, subprocess, sys, time, urllib.error, urllib.request

sys.argv[2:] = sys.argv[2:] or ["100000"]
BINARY, ROWS = sys.argv[1], int(sys.argv[2])

from export import code_of, member, sign_in
from running import BASE, CASE, Joinder, cpu, load, pss

HEAD = ["Cognome", "Nome", "E-mail", "Cellulare", "Casella Libero", "CAP", "Note"]


def row(number):
    return ["Rossi", f"Maria {number}", f"maria{number}@example.org", "+39 333 1234567", f"maria{number}@libero.it", "00184", "Ha scritto a gennaio"]


def call(who, path, body=None):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(BASE + path, data, {"Content-Type": "application/json", "Authorization": f"Bearer {who.token}"})
    try:
        return json.load(urllib.request.urlopen(request))
    except urllib.error.HTTPError as error:
        if error.code != 401:
            raise
        # it lasts ten minutes
        who.token = sign_in(who.joinder)
        return call(who, path, body)


class Who:
    def __init__(self, joinder):
        self.joinder, self.token = joinder, sign_in(joinder)

    def step_up(self):
        time.sleep(31)
        call(self, "/api/v1/staff/step-up", {"totp": code_of(member(self.joinder))})


def files(folder):
    with open(f"{folder}/list.csv", "w") as out:
        for cells in [HEAD, *map(row, range(ROWS))]:
            out.write(";".join(cells) + "\r\n")
    yield f"{folder}/list.csv"
    try:
        import openpyxl
    except ImportError:
        return
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for cells in [HEAD, *map(row, range(ROWS))]:
        sheet.append(cells)
    book.save(f"{folder}/list.xlsx")
    yield f"{folder}/list.xlsx"


def measured(joinder, what, act, is_over):
    used, before, began = (cpu(joinder.postgres()), cpu(joinder.own())), pss(joinder.own()), time.time()
    act()
    peak = before
    while not is_over():
        peak = max(peak, pss(joinder.own()))
        time.sleep(0.2)
    print(f"{what}: {time.time() - began:.1f} s, Postgres CPU {cpu(joinder.postgres()) - used[0]:.1f} s, "
          f"joinder CPU {cpu(joinder.own()) - used[1]:.1f} s, PSS {before:.0f} -> {max(peak, pss(joinder.own())):.0f} MiB", flush=True)


def main():
    with Joinder(BINARY, 16) as joinder:
        who = Who(joinder)
        print(f"{ROWS} rows; load of the machine {load()}")
        for place, path in enumerate(files(joinder.folder)):
            kept = {}
            form = ["-F", "source=bench", "-F", "listed_on=2023-02-01", "-F", f"file=@{path}"]
            to = f"{BASE}/api/v1/staff/cases/{CASE}/imports"

            def upload():
                said = subprocess.run(["curl", "-sSf", "-H", f"Authorization: Bearer {who.token}", *form, to], check=True, capture_output=True, text=True)
                kept.update(json.loads(said.stdout))

            at = lambda: call(who, f"/api/v1/staff/imports/{kept['id']}")
            measured(joinder, f"{path.rsplit('.')[-1]} read", upload, lambda: True)
            check = lambda: call(who, f"/api/v1/staff/imports/{kept['id']}/check", {"columns": kept["columns"]})
            measured(joinder, "tried", check, lambda: at()["state"] != "checking")
            if place == 0:
                who.step_up()
                start = lambda: call(who, f"/api/v1/staff/imports/{kept['id']}/start", {})
                measured(joinder, "imported", start, lambda: at()["state"] != "running")
            print({field: at()[field] for field in ("state", "rows", "created", "known", "refused", "failure")}, flush=True)


main()
