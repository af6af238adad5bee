#!/usr/bin/env python3
"""Draws the sample of a joinder sample check again (docs/decisions/0031); shares no code with joinder, needs Python 3.8 alone.
check_sample.py FILE [LOG]: FILE is what the page of the check gives to download; LOG is the address of the case's log, like
https://example.org/log/CASE, or a folder with a copy of it: then the entries are looked up there.
Exit code 0 it is as the file says, 1 something is not, 2 no sample check, nothing is drawn yet, or with LOG an entry is not
in the log yet: then try again later. All checks of the association in the case have numbers from 1; it tells those before."""
import base64, datetime, hashlib, json, re, sys, urllib.request

def sha(data): return hashlib.sha256(data).hexdigest()
def instant(text): return datetime.datetime.fromisoformat(re.sub(r"(\.\d{1,6})\d*", lambda found: found[1].ljust(7, "0"), text).replace("Z", "+00:00"))
def lines(items): return "".join(item + "\n" for item in items).encode()

def draw(population, seed, size):
    """The whole draw: the records with the smallest SHA-256 of seed and reference, smallest first."""
    return sorted(population, key=lambda reference: sha((seed + reference).encode()))[:size]

def read(log, name):
    if "://" in log: return urllib.request.urlopen(f"{log.rstrip('/')}/{name}", timeout=30).read()
    with open(f"{log.rstrip('/')}/{name}", "rb") as file: return file.read()

def logged(log, index):
    """An entry of the log (C2SP tlog-tiles): bundles of 256, the last one with its width in the name."""
    size, bundle = int(read(log, "checkpoint").decode().split("\n")[1]), index // 256
    if index >= size: return None
    parts, rest = [f"{bundle % 1000:03}"], bundle // 1000
    while rest: parts, rest = [f"x{rest % 1000:03}"] + parts, rest // 1000
    width = min(256, size - bundle * 256)
    data = read(log, "tile/entries/" + "/".join(parts) + ("" if width == 256 else f".p/{width}"))
    for _ in range(index % 256): data = data[2 + int.from_bytes(data[:2], "big"):]
    return json.loads(data[2:2 + int.from_bytes(data[:2], "big")])

NAMES = ("number", "size", "seed_source", "seed_due_at", "population_sha256", "sample_sha256", "result_sha256", "filter", "seed")
WAITS = []

def placed(log, entry, what):
    """What is wrong with the place of an entry in the log."""
    commit = sha(b"joinder-event/1\n" + base64.b64decode(entry["salt"]) + entry["content"].encode())
    if entry["index"] is None: WAITS.append(what); print(f"{what}: not in the log yet"); return
    print(f"{what}: entry {entry['index']} of the log, commit {commit}")
    if log:
        found = logged(log, entry["index"])
        if not found or (found["id"], found["commit"], found["type"]) != (entry["id"], commit, "decision"): yield f"the log has something else as entry {entry['index']}"

def chained(file, log):
    """The checks before, each announced with its number and the entry of the one before it."""
    previous = None
    if [line["number"] for line in file["earlier"]] != list(range(1, file["number"])): yield "not every check before is told"
    for line in file["earlier"]:
        print(f"before: {line['number']}. {line['state']}" + (f" ({line['end_reason']})" if line["end_reason"] else "") + f", list {line['population_sha256']}")
        entry = line["announced"]
        if not entry: yield f"check {line['number']} was not announced"; continue
        said = json.loads(entry["content"])
        if (said["action"], said["subject"]) != ("sample_announced", line["id"]): yield f"the entry of check {line['number']} is about something else"
        if (said["detail"]["number"], said["detail"]["previous"], said["detail"]["population_sha256"]) != (line["number"], previous, line["population_sha256"]): yield f"check {line['number']} was announced otherwise"
        yield from placed(log, entry, f"before: {line['number']}. announced")
        previous = entry["id"]
    for entry in file["entries"]:
        said = json.loads(entry["content"])
        if said["action"] != "sample_announced": continue
        if said["detail"]["previous"] != previous: yield "another check was announced before this one"

def wrong(file, log):
    population, drawn = file["population"], [line["reference"] for line in file["sample"]]
    if population != sorted(set(population)): yield "the list is not in order, or names a record twice"
    if sha(lines(population)) != file["population_sha256"]: yield "the list is not the one of its digest"
    if drawn != draw(population, file["seed"], file["size"]): yield "the seed draws other records"
    if sha(lines(drawn)) != file["sample_sha256"]: yield "what was drawn is not what its digest says"
    if file["state"] == "finished":
        results = [f"{line['place']};{line['reference']};{line['result']};{line['code'] or ''}" for line in file["sample"]]
        if sha(lines(results)) != file["result_sha256"]: yield "the results are not the ones of their digest"
    told, indexes = {}, {}
    for entry in file["entries"]:
        said = json.loads(entry["content"])
        if said["action"] in told: yield f"{said['action']} was told twice"
        told[said["action"]], indexes[said["action"]] = said["detail"], entry["index"]
        if said["action"] == "sample_drawn" and file["seed_due_at"] and instant(said["at"]) < instant(file["seed_due_at"]): yield "it was drawn before the seed was due"
        for name, value in said["detail"].items():
            if name in NAMES and value != file[name] and not (said["action"] == "sample_cancelled" and value is None):
                yield f"{said['action']} told the log another {name}"
        if said["subject"] != file["id"]: yield "an entry is about something else"
        yield from placed(log, entry, said["action"])
    if not {"sample_announced", "sample_drawn"} <= set(told): yield "the log was not told of the list and of the draw"
    order = [indexes[action] for action in ("sample_announced", "sample_drawn", "sample_finished") if indexes.get(action) is not None]
    if order != sorted(set(order)): yield "the log was told in another order"
    yield from chained(file, log)
    if file["state"] == "finished":
        findings, counts = {}, {"ok": 0, "unable": 0}
        for line in file["sample"]:
            if line["result"] in counts: counts[line["result"]] += 1
            if line["result"] == "finding": findings[line["code"]] = findings.get(line["code"], 0) + 1
        said = told.get("sample_finished", {})
        if (said.get("findings"), said.get("ok"), said.get("unable")) != (findings, counts["ok"], counts["unable"]): yield "the log was told other results"

def main(arguments):
    try:
        with open(arguments[0], encoding="utf-8") as opened: file = json.load(opened)
        if file["format"] != "joinder-sample-check/1" or file["seed"] is None: raise ValueError
    except (IndexError, OSError, ValueError, KeyError, TypeError): print(__doc__); return 2
    log = arguments[1] if len(arguments) > 1 else None
    errors = list(wrong(file, log))
    for line in errors: print(line)
    if log and WAITS and not errors: print("not yet in the log: " + ", ".join(WAITS)); return 2
    print(f"{file['size']} of {len(file['population'])} records by the seed {file['seed']!r}: " + ("WRONG" if errors else "drawn as told"))
    return 1 if errors else 0

if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
