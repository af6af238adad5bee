#!/usr/bin/env python3
"""Mails a second to a server on this machine, against lettre alone over kept connections; and how long a code waits behind a flood.

usage: mail.py BINARY BENCH [SECONDS=10] [FLOOD=1000000] [CODES=200]

BENCH is the binary of `cargo bench --bench mail --no-run`. Needs wrk and psql. Loopback only; what it starts it ends, by pid.
Sign-ups of SECONDS are made while the outbox is kept still, 40 % of the last part at a domain that does not answer. First all that is due is
sent and timed; then FLOOD mails of the priority of receipts are queued for the same people, and CODES mails of the priority of codes come
in, ten a second: from the row to the server's 250.
"""
import os, subprocess, sys, time

from running import Joinder, cpu, load

BINARY, BENCH = sys.argv[1:3]
SECONDS, FLOOD, CODES = [int(a) for a in (sys.argv[3:] + ["10", "1000000", "200"][len(sys.argv) - 3:])]
PORT = int(os.environ.get("SINK_PORT", "12525"))


class Sink:
    def __init__(self):
        self.process = subprocess.Popen([BENCH, "sink", str(PORT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        time.sleep(0.5)

    def ask(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        taken, refused, *codes = self.process.stdout.readline().split()
        found = dict(c.rsplit("=", 1) for c in codes[0].split(",")) if codes else {}
        return int(taken), int(refused), {k: int(v) for k, v in found.items()}

    def end(self):
        self.process.stdin.close()
        self.process.wait(5)


class Mailing(Joinder):
    def __init__(self):
        super().__init__(BINARY, 16)
        del self.env["MAIL_DIR"]
        self.env["SMTP_URL"] = f"smtp://127.0.0.1:{PORT}"

    def let_go(self):
        self.sql("UPDATE leases SET expires_at = '-infinity' WHERE name LIKE 'outbox/%'")


def yardstick(mails):
    return float(subprocess.run([BENCH, "loop", str(PORT), str(mails), "64"], check=True, capture_output=True, text=True).stdout)


def main():
    sink = Sink()
    try:
        with Mailing() as joinder:
            throughput(joinder, sink)
            if FLOOD:
                codes(joinder, sink)
    finally:
        sink.end()


def throughput(joinder, sink):
    joinder.wrk(64, SECONDS, "mail")
    queued = int(joinder.sql("SELECT count(*) FROM outbox"))
    joinder.sql("VACUUM ANALYZE outbox")
    before, own, pg = sink.ask()[0], cpu(joinder.own()), cpu(joinder.postgres())
    joinder.let_go()
    first = last = None
    while True:
        time.sleep(0.05)
        taken = sink.ask()[0] - before
        now = time.time()
        if taken and first is None:
            first = (now, taken)
        if taken >= queued:
            last = (now, taken)
            break
    rate = (last[1] - first[1]) / (last[0] - first[0])
    own, pg = (cpu(joinder.own()) - own) * 1e6 / queued, (cpu(joinder.postgres()) - pg) * 1e6 / queued
    bare = yardstick(min(queued, 20000))
    print(f"{queued} mails: {rate:.0f}/s, lettre alone {bare:.0f}/s, ratio {rate / bare:.2f}; joinder {own:.0f} us, Postgres {pg:.0f} us a mail; load {load()}", flush=True)


def codes(joinder, sink):
    """The people of the first part get the flood; 40 % of it is for a domain that does not answer."""
    os.environ["DEAD_SHARE"] = "40"
    joinder.sql("UPDATE leases SET expires_at = now() + interval '1 hour', holder = gen_random_uuid(), fence = fence + 1 WHERE name LIKE 'outbox/%'")
    time.sleep(3)
    joinder.wrk(64, SECONDS, "flood")
    joinder.sql("DELETE FROM rate_buckets")
    people = int(joinder.sql("SELECT count(*) FROM outbox"))
    joinder.sql(f"""INSERT INTO outbox (subject_id, id, association_id, case_id, kind, lane, priority, payload, due_at, created_at, expires_at, queue_id)
        SELECT subject_id, gen_random_uuid(), association_id, case_id, kind, lane, 2, payload, due_at, created_at, expires_at, queue_id
        FROM outbox CROSS JOIN generate_series(1, {FLOOD // max(people, 1) + 1}) LIMIT {FLOOD}""")
    joinder.sql("UPDATE outbox SET priority = 2")
    joinder.sql("VACUUM ANALYZE outbox")
    joinder.let_go()
    time.sleep(10)
    waits, sent = [], {}
    taken, began = sink.ask()[0], time.time()
    for number in range(CODES):
        joinder.env["RUN"] = f"code{number}"
        sent.update(code(joinder, number))
        time.sleep(0.1)
    deadline = time.time() + 60
    found = {}
    while len(found) < len(sent) and time.time() < deadline:
        time.sleep(0.2)
        found.update(sink.ask()[2])
    waits = sorted((found[to] - at) / 1000 for to, at in sent.items() if to in found)
    rate = (sink.ask()[0] - taken) / (time.time() - began)
    left = joinder.sql("SELECT state, count(*) FROM outbox GROUP BY state ORDER BY state").replace("\n", ", ")
    print(f"codes behind {FLOOD} mails, 40 % of them for a dead domain: {len(waits)} of {len(sent)}, p50 {waits[len(waits) // 2]:.2f} s, "
          f"p99 {waits[int(len(waits) * 0.99)]:.2f} s, max {waits[-1]:.2f} s; beside them {rate:.0f} mails/s; left: {left}")


def code(joinder, number):
    """A sign-up whose confirmation is made as urgent as a code at once."""
    import json, urllib.request
    from running import BASE, CASE
    to = f"code{number}@example.org"
    version = joinder.case["consents"][0]["text_version"]
    body = {"association": "codacons", "contact": {"email": to, "language": "it"}, "mailboxes": [{"address": f"c{number}@libero.it", "plan": "libero-free"}],
            "consents": [{"purpose": p, "text_version": version, "given": True} for p in ("privacy_notice", "contact")]}
    request = urllib.request.Request(f"{BASE}/api/v1/public/cases/{CASE}/claimants", json.dumps(body).encode(),
                                     {"Content-Type": "application/json", "Idempotency-Key": f"code-{number}-{time.time()}"})
    at = int(time.time() * 1000)
    found = json.load(urllib.request.urlopen(request))
    joinder.sql(f"UPDATE outbox SET priority = 0 WHERE subject_id = '{found['id']}'")
    return {to: at}


main()
