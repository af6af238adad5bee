#!/usr/bin/env python3
"""Checks the volumes of a joinder dossier; shares no code with joinder, needs Python 3.8 alone.
check_dossier.py [--manifest SHA256] VOLUME.zip ...: exit code 0 all is there and as it was signed, 1 something is not, 2 no dossier.
SHA256 is what the register of exports says; without it the dossier can only be compared with itself."""
import base64, csv, hashlib, io, json, re, sys, zipfile

PIECE = 1 << 20

def sha256(stream):
    digest = hashlib.sha256()
    for piece in iter(lambda: stream.read(PIECE), b""): digest.update(piece)
    return digest.hexdigest()

def committed(domain, salt, content): return hashlib.sha256(domain + salt + content).hexdigest()

def main(arguments):
    wanted = None
    if arguments[:1] == ["--manifest"]: wanted, arguments = arguments[1].lower(), arguments[2:]
    if not arguments: print(__doc__); return 2
    wrong, found, where = [], {}, {}
    volumes = [zipfile.ZipFile(path) for path in arguments]
    for path, volume in zip(arguments, volumes):
        for entry in volume.infolist():
            name = entry.filename
            if not re.fullmatch(r"[A-Za-z0-9._/-]{1,120}", name) or ".." in name or name.startswith("/"): wrong.append(f"{path}: a name that is not portable: {name!r}")
            if name in where: wrong.append(f"{name} is there twice")
            where[name] = volume
            try:
                with volume.open(entry) as stream: found[name] = sha256(stream)  # checks the CRC on the way
            except (zipfile.BadZipFile, OSError, EOFError, __import__("zlib").error) as error: wrong.append(f"{name}: {error}")
    if "manifest.sha256" not in found: print("the volume with manifest.sha256 is not among these, or does not open"); return 1 if where else 2
    if wanted and found["manifest.sha256"] != wanted: wrong.append(f"the manifest is another one: {found['manifest.sha256']}")
    listed = {}
    with where["manifest.sha256"].open("manifest.sha256") as stream:
        for line in io.TextIOWrapper(stream, "utf-8"):
            value, name = line.rstrip("\n").split("  ", 1)
            listed[name] = value
    for name, value in listed.items():
        if name not in found: wrong.append(f"{name} is missing: a volume is not here, or does not open")
        elif found[name] != value: wrong.append(f"{name} was changed")
    for name in found:
        if name not in listed and name != "manifest.sha256": wrong.append(f"{name} is not in the manifest")
    people = 0
    if "indice.csv" in found:
        with where["indice.csv"].open("indice.csv") as stream:
            rows = csv.DictReader(io.TextIOWrapper(stream, "utf-8-sig"), delimiter=";")
            for row in rows:
                people += 1
                try: wrong += person(row, where, found)
                except (KeyError, ValueError, zipfile.BadZipFile) as error: wrong.append(f"{row.get('file')}: {error!r}")
    if people != sum(name.endswith("/dichiarazione.pdf") for name in listed): wrong.append("the index has not as many lines as there are declarations")
    for line in wrong[:50]: print(line)
    print(f"manifest {found['manifest.sha256']}")
    print(f"{people} claimants, {len(listed)} files, {len(volumes)} volumes: " + ("WRONG" if wrong else "all there, as signed"))
    return 1 if wrong else 0

def person(row, where, found):
    """One folder: the PDF is the one that was signed, the declaration the one that the log committed to."""
    folder = row["file"].rsplit("/", 1)[0]
    def read(name): return where[f"{folder}/{name}"].read(f"{folder}/{name}")
    pdf = found[row["file"]]
    evidence, receipt = json.loads(read("firma.json")), json.loads(read("ricevuta.json"))
    declaration, salt = read("dichiarazione.json"), base64.b64decode(receipt["salt"])
    if row.get("attestazione") is not None:  # not in the index of older dossiers
        if row["attestazione"] != f"{folder}/attestazione.pdf": yield f"{folder}: the index names the attestation of another folder"
        elif row["attestazione"] not in found: yield f"{folder}: the attestation of the signature is missing"
        elif not read("attestazione.pdf").startswith(b"%PDF-"): yield f"{folder}: the attestation of the signature is no PDF"
    if row["sha256"].strip('="') != pdf: yield f"{folder}: the index has another fingerprint of the PDF"
    if evidence["document_sha256"] != pdf: yield f"{folder}: the PDF is not the one that was signed"
    if receipt["document_sha256"] != pdf: yield f"{folder}: the receipt is of another PDF"
    if base64.b64decode(receipt["declaration"]) != declaration: yield f"{folder}: the receipt is of another declaration"
    if base64.b64decode(receipt["evidence"]) != read("firma.json"): yield f"{folder}: the receipt has another evidence"
    if evidence["log_entry"]["commitment"] != receipt["entry"]["commit"]: yield f"{folder}: the evidence is of another entry of the log"
    if committed(b"joinder-declaration/1\n", salt, declaration) != receipt["entry"]["commit"]: yield f"{folder}: the log committed to another declaration"
    bound = receipt["entry"].get("evidence")
    if bound and committed(b"joinder-evidence/1\n", salt, read("firma.json")) != bound: yield f"{folder}: the log committed to another evidence"

if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
