#!/usr/bin/env python3
"""Draws the sample of a joinder sample check again (docs/decisions/0031); shares no code with joinder, needs Python 3.8 alone.
check_sample.py FILE [LOG]: FILE is what the page of the check gives to download; LOG is the address of the case's log, like
https://example.org/log/CASE, or a folder with a copy of it: then the entries are looked up there.
Exit code 0 it is as the file says, 1 something is not, 2 no sample check, or nothing is drawn yet."""
import base64, hashlib, json, sys, urllib.request

def sha(data): return hashlib.sha256(data).hexdigest()
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

def wrong(file, log):
    population, drawn = file["population"], [line["reference"] for line in file["sample"]]
    if population != sorted(set(population)): yield "the list is not in order, or names a record twice"
    if sha(lines(population)) != file["population_sha256"]: yield "the list is not the one of its digest"
    if drawn != draw(population, file["seed"], file["size"]): yield "the seed draws other records"
    if sha(lines(drawn)) != file["sample_sha256"]: yield "what was drawn is not what its digest says"
    if file["state"] == "finished":
        results = [f"{line['place']};{line['reference']};{line['result']};{line['code'] or ''}" for line in file["sample"]]
        if sha(lines(results)) != file["result_sha256"]: yield "the results are not the ones of their digest"
    told = {}
    for entry in file["entries"]:
        content, said = entry["content"].encode(), json.loads(entry["content"])
        told[said["action"]] = said["detail"]
        for name, value in said["detail"].items():
            if name in ("size", "seed_source", "population_sha256", "sample_sha256", "result_sha256", "filter", "seed") and value != file[name] and not (said["action"] == "sample_cancelled" and value is None):
                yield f"{said['action']} told the log another {name}"
        if said["subject"] != file["id"]: yield "an entry is about something else"
        commit = sha(b"joinder-event/1\n" + base64.b64decode(entry["salt"]) + content)
        if entry["index"] is None: print(f"{said['action']}: not in the log yet"); continue
        print(f"{said['action']}: entry {entry['index']} of the log, commit {commit}")
        if log:
            found = logged(log, entry["index"])
            if not found or (found["id"], found["commit"], found["type"]) != (entry["id"], commit, "decision"): yield f"the log has something else as entry {entry['index']}"
    if not {"sample_announced", "sample_drawn"} <= set(told): yield "the log was not told of the list and of the draw"
    if file["state"] == "finished":
        findings = {}
        for line in file["sample"]:
            if line["result"] == "finding": findings[line["code"]] = findings.get(line["code"], 0) + 1
        if told.get("sample_finished", {}).get("findings") != findings: yield "the log was told other findings"

def main(arguments):
    try:
        with open(arguments[0], encoding="utf-8") as opened: file = json.load(opened)
        if file["format"] != "joinder-sample-check/1" or file["seed"] is None: raise ValueError
    except (IndexError, OSError, ValueError, KeyError, TypeError): print(__doc__); return 2
    errors = list(wrong(file, arguments[1] if len(arguments) > 1 else None))
    for line in errors: print(line)
    print(f"{file['size']} of {len(file['population'])} records by the seed {file['seed']!r}: " + ("WRONG" if errors else "drawn as told"))
    return 1 if errors else 0

if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
