#!/usr/bin/env python3
"""The masked CSV of many claimants over HTTP against psql's COPY of the same columns in the clear, in turn on one server.

usage: export.py BINARY [CLAIMANTS=100000] [ROUNDS=3]

Seeding: each claimant signs up over HTTP with a contact, two mailboxes and an identity with address, so everything is sealed as in
production; then one UPDATE marks them confirmed (their documents stay as they are; no mail is sent). The columns in the clear that psql copies are
what joinder's first export gave, loaded into a table of the same columns: no join, nothing to open. So the ratio holds the joins, the
decryption, the masking, the audit and the hash. Beside it COPY of the same rows as they rest, joined but sealed.
Needs wrk and psql. Loopback only; what it starts it ends, by pid.
"""
import base64, csv, hashlib, hmac, json, statistics, struct, subprocess, sys, threading, time, urllib.request

from running import BASE, CASE, Joinder, cpu, load, pss

BINARY = sys.argv[1]
CLAIMANTS, ROUNDS = (int(a) for a in (sys.argv[2:] + ["100000", "3"][len(sys.argv) - 2:]))
SEALED = """COPY (SELECT c.id, c.state, c.province, c.contact_sealed, i.sealed, k.wrapped, m.sealed, c.created_at, c.confirmed_at
  FROM claimants c JOIN claimant_keys k ON k.claimant_id = c.id LEFT JOIN identities i ON i.claimant_id = c.id
  LEFT JOIN LATERAL (SELECT string_agg(encode(sealed, 'base64'), ' | ' ORDER BY id) AS sealed FROM mailboxes WHERE claimant_id = c.id) m ON true
  ORDER BY c.id) TO STDOUT WITH (FORMAT csv, HEADER true)"""
CLEAR = "COPY (SELECT * FROM bench_clear ORDER BY place) TO STDOUT WITH (FORMAT csv, HEADER true)"


def main():
    with Joinder(BINARY, 32) as joinder:
        seed(joinder)
        token = sign_in(joinder)
        size, lines, tail = fetch(token, f"{joinder.folder}/first.csv")
        load_clear(joinder, f"{joinder.folder}/first.csv")
        print(f"{lines} claimants, {size / 1e6:.1f} MB, last line {tail[:24]}...; load of the machine {load()}")
        rows = {"clear": [], "sealed": [], "joinder": []}
        for number in range(1, ROUNDS + 1):
            for what in rows:
                rows[what].append(once(joinder, number, what, token))
        mid = lambda what: statistics.median(r["seconds"] for r in rows[what])
        for what in rows:
            print(f"{what}: {mid(what):.2f} s, {CLAIMANTS / mid(what):.0f} rows/s")
        print(f"joinder over COPY in the clear {mid('joinder') / mid('clear'):.1f}, over COPY of the sealed rows {mid('joinder') / mid('sealed'):.1f}; "
              f"memory (PSS) {rows['joinder'][0]['before']:.1f} MiB before, growth {max(r['growth'] for r in rows['joinder']):.1f} MiB")


def seed(joinder):
    count = lambda: int(joinder.sql("SELECT count(*) FROM claimants"))
    began, run = time.time(), 0
    while (there := count()) < CLAIMANTS:
        run += 1
        joinder.wrk(64, 1 if CLAIMANTS - there < 10000 else 4, f"e{run}", "export.lua")
    joinder.sql(f"""CREATE TEMP TABLE surplus AS SELECT id FROM claimants ORDER BY id OFFSET {CLAIMANTS};
        DELETE FROM lookups USING surplus s WHERE claimant_id = s.id; DELETE FROM mailboxes USING surplus s WHERE claimant_id = s.id;
        DELETE FROM consents USING surplus s WHERE claimant_id = s.id; DELETE FROM identities USING surplus s WHERE claimant_id = s.id;
        DELETE FROM confirmations USING surplus s WHERE claimant_id = s.id; DELETE FROM claimant_keys USING surplus s WHERE claimant_id = s.id;
        DELETE FROM claimants c USING surplus s WHERE c.id = s.id;
        UPDATE claimants SET state = 'confirmed', confirmed_at = created_at, identity_at = created_at, state_changed_at = created_at""")
    subprocess.run(["psql", "-Xqd", joinder.url, "-c", "VACUUM ANALYZE"], check=True)
    print(f"{count()} claimants signed up and marked confirmed in {time.time() - began:.0f} s")


def member(joinder):
    return next(s for s in joinder.report["staff"] if s["association"] == "codacons" and s["role"] == "case_manager")


def code_of(who, shift=0):
    padded = who["totp_secret"] + "=" * (-len(who["totp_secret"]) % 8)
    mac = hmac.new(base64.b32decode(padded), struct.pack(">Q", int(time.time()) // 30 + shift), hashlib.sha1).digest()
    code = struct.unpack(">I", mac[mac[-1] & 15:][:4])[0] & 0x7FFFFFFF
    return f"{code % 1000000:06}"


def sign_in(joinder):
    who = member(joinder)
    body = {"email": who["email"], "password": who["password"], "totp": code_of(who)}
    request = urllib.request.Request(f"{BASE}/api/v1/staff/token", json.dumps(body).encode(), {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request))["access_token"]


def fetch(token, path):
    """Streams the list into a file: bytes, claimants, last line; a list without its last line is cut."""
    subprocess.run(["curl", "-sSf", "-o", path, "-H", f"Authorization: Bearer {token}",
                    f"{BASE}/api/v1/staff/cases/{CASE}/claimants.csv?dialect=plain"], check=True)
    text = open(path, "rb").read()
    head, tail = text[:text.rstrip().rfind(b"\n") + 1], text.rstrip().rsplit(b"\n", 1)[1].decode()
    word, rows, digest = tail.replace(",", ";").split(";")
    assert word == "FINE" and hashlib.sha256(head).hexdigest() == digest, tail
    assert int(rows) == CLAIMANTS, rows
    return len(text), int(rows), tail


def load_clear(joinder, path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        names = next(csv.reader(file))
    columns = ", ".join(f'"{name}" text' for name in names)
    joinder.sql(f"CREATE TABLE bench_clear (place bigserial, {columns})")
    lines = open(path, "rb").read().rstrip().split(b"\n")[1:-1]
    listed = ", ".join(f'"{name}"' for name in names)
    subprocess.run(["psql", "-Xqd", joinder.url, "-c", f"COPY bench_clear ({listed}) FROM STDIN WITH (FORMAT csv)", "-c", "VACUUM ANALYZE bench_clear"],
                   input=b"\n".join(lines) + b"\n", check=True)


def once(joinder, number, what, token):
    before, stop = pss(joinder.own()), threading.Event()
    peak, used = [before], (cpu(joinder.postgres()), cpu(joinder.own()))

    def watch():
        while not stop.wait(0.1):
            peak[0] = max(peak[0], pss(joinder.own()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.time()
    if what == "joinder":
        fetch(token, f"{joinder.folder}/list.csv")
    else:
        with open(f"{joinder.folder}/copy.csv", "w") as out:
            subprocess.run(["psql", "-Xqd", joinder.url, "-c", CLEAR if what == "clear" else SEALED], stdout=out, check=True)
    seconds = time.time() - began
    stop.set()
    watcher.join()
    result = {"seconds": seconds, "before": before, "growth": peak[0] - before}
    print(f"round {number} {what:8} {seconds:6.2f} s  {CLAIMANTS / seconds:8.0f} rows/s  Postgres CPU {cpu(joinder.postgres()) - used[0]:5.2f} s  "
          f"joinder CPU {cpu(joinder.own()) - used[1]:5.2f} s  PSS {before:.1f} -> {peak[0]:.1f} MiB", flush=True)
    return result


if __name__ == "__main__":
    main()
