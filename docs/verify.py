#!/usr/bin/env python3
"""Checks a joinder receipt as docs/receipt.md says; shares no code with joinder, needs Python 3.8 alone.
verify.py RECEIPT [VKEY]: exit code 0 proved, 1 something is wrong, 2 no receipt, or not proved: not in the log yet, no key from elsewhere."""
import base64, hashlib, json, sys

P, Q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, I = -121665 * pow(121666, P - 2, P) % P, pow(2, (P - 1) // 4, P)

def sha(*parts): return hashlib.sha256(b"".join(parts)).digest()
def b64(text): return base64.b64decode(text, validate=True)
def add(a, b):  # Ed25519, extended coordinates (RFC 8032, 5.1.4)
    s, t = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    c, z = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = t - s, z - c, z + c, t + s
    return e * f % P, g * h % P, f * g % P, e * h % P
def times(k, a):
    total = (0, 1, 1, 0)
    for bit in bin(k)[2:]:
        total = add(total, total)
        if bit == "1": total = add(total, a)
    return total
def point(raw):
    y = int.from_bytes(raw, "little"); sign, y = y >> 255, y & (2**255 - 1)
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P: x = x * I % P
    if (x * x - xx) % P or y >= P: raise ValueError("no point of the curve")
    if x & 1 != sign: x = P - x
    return x, y, 1, x * y % P
BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
def signed(public, text, signature):
    s, a, r = int.from_bytes(signature[32:], "little"), point(public), point(signature[:32])
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + text).digest(), "little") % Q
    left, right = times(s, BASE), add(r, times(k, a))
    return len(signature) == 64 and s < Q and not any((left[i] * right[2] - right[i] * left[2]) % P for i in (0, 1))

def root(index, size, leaf, proof):  # RFC 9162, 2.1.3.2
    node, last = index, size - 1
    for sibling in proof:
        if last == 0: return None
        if node & 1 or node == last:
            leaf = sha(b"\1", sibling, leaf)
            while not node & 1 and node: node, last = node >> 1, last >> 1
        else: leaf = sha(b"\1", leaf, sibling)
        node, last = node >> 1, last >> 1
    return leaf if last == 0 and index < size else None

def canonical(value): return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()  # RFC 8785, for texts and whole numbers
def log(entry, proof, vkey):  # the head in a proof, the place if the proof leads from the entry to its root, and whether the key signed it
    head, note = b64(proof).decode().split("\n\n", 1)
    kind, index, *hashes = head.split("\n")
    text, lines = note.rsplit("\n\n", 1)
    origin, size, top = text.split("\n")
    dashes, names, raws = zip(*(line.split(" ") for line in lines[:-1].split("\n")))
    included = (kind == "c2sp.org/tlog-proof@v1" and index == f"index {int(index[6:])}"
        and root(int(index[6:]), int(size), sha(b"\0", canonical(entry)), [b64(line) for line in hashes]) == b64(top))
    name, number, key = vkey.split("+", 2)  # each signature that is by this key must be right; those of others count for nothing
    known = [b64(raw)[4:] for by, raw in zip(names, raws) if by == name and b64(raw)[:4] == bytes.fromhex(number)]
    by_key = (lines.endswith("\n") and set(dashes) == {"—"} and name == origin and sha(name.encode(), b"\n", b64(key))[:4] == bytes.fromhex(number)
        and b64(key)[:1] == b"\1" and known != [] and all(signed(b64(key)[1:], text.encode() + b"\n", raw) for raw in known))
    return note.encode(), included and index, by_key
def check(r, vkey):
    document, declaration, salt, evidence = (b64(r[name]) for name in ("document", "declaration", "salt", "evidence"))
    told, entry, hashed = json.loads(evidence), r["entry"], sha(document).hex()
    yield "document", r["document_sha256"] == hashed == told["document_sha256"]
    yield "declaration", (sha(b"joinder-declaration/1\n", salt, declaration).hex() == entry["commit"] and len(salt) == 32
        and (entry["type"], repr(entry["v"])) == ("declaration", "1"))
    yield "evidence", (told["format"] == "joinder-evidence/1" and canonical(told) == evidence and ("evidence" not in entry or entry["evidence"] == sha(b"joinder-evidence/1\n", salt, evidence).hex())
        and told["log_entry"] == {"id": entry["id"], "commitment": entry["commit"]}
        and (r["signed_at"] if "evidence" in entry else told["entered_at"])[:19] == told["entered_at"][:19])
    if r["proof"] is None and r["checkpoint"] is None: return
    note, place, by_key = log(entry, r["proof"], vkey)
    yield "log", place and note == b64(r["checkpoint"])
    yield "signature", by_key and r.get("vkey") in (None, vkey)
    if r.get("timestamp"):  # the token is over the bytes of a head that has the entry; who made it: openssl ts -verify (receipt.md)
        stamped, included, by_key = log(entry, r["timestamp"]["proof"], vkey)
        yield "timestamp", included == place != False and by_key and b"\4\x20" + sha(stamped) in b64(r["timestamp"]["token"])

if __name__ == "__main__":
    try:
        receipt = json.load(open(sys.argv[1], encoding="utf-8"))
        assert receipt["format"] == "joinder-receipt/1"
    except Exception as problem: sys.exit(print("no receipt:", problem) or 2)
    try: found = dict(check(receipt, (sys.argv[2:] or [receipt.get("vkey") or "++"])[0].strip()))
    except Exception as problem: sys.exit(print("WRONG:", type(problem).__name__, problem) or 1)
    for part, right in found.items(): print("proved" if right else "WRONG ", part)
    lacks = [words for words, lack in (("it is not in the log yet", "log" not in found), ("the log does not bind evidence and PDF", "evidence" not in receipt["entry"]),
        (f"the key is the receipt's own, compare it with the log's: {receipt.get('vkey')}", not sys.argv[2:])) if lack]
    for words in lacks + ["who made the time stamp: `openssl ts -verify` tells, with the authority's certificate"] * ("timestamp" in found): print("not proved:", words)
    sys.exit(1 if not all(found.values()) else 2 if lacks else 0)
