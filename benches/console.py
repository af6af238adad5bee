#!/usr/bin/env python3
"""Pages of the console over very many claimants: how long they take, and whether a page a million rows down takes longer than the first.

usage: console.py BINARY [CLAIMANTS=1000000] [TIMES=200]

Seeds as export.py does, then spreads the records over states, reviews, provinces and sums by UPDATE as a case after some months has them (what is
sealed stays as it is). Each page is asked for TIMES times by one browser that is signed in, with its session, pages at random depth each at another
place; the median, the 99th percentile and the slowest are told, and the 99th percentile over that of the first page of the plain list. Loopback only.
"""
import base64, http.client, random, statistics, subprocess, sys, time, urllib.parse, uuid

sys.argv[2:] = (sys.argv[2:] + ["1000000", "200"][len(sys.argv) - 2:])
BINARY, CLAIMANTS, TIMES = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

import export
from export import code_of, member
from running import CASE, PORT, Joinder, load

LIST = f"/console/cases/{CASE}"
# of a hundred records by the last two digits of a hash of the id: 20 unconfirmed, 35 confirmed, 40 signed, 5 withdrawn; few of each exception
SPREAD = """
ALTER TABLE claimants DISABLE TRIGGER USER;
CREATE TEMP TABLE spread AS SELECT id, abs(hashint8(('x' || right(id::text, 8))::bit(32)::bigint)::bigint) AS n FROM claimants;
UPDATE claimants c SET
  state = CASE WHEN n % 100 < 20 THEN 'unconfirmed' WHEN n % 100 < 55 THEN 'confirmed' WHEN n % 100 < 95 THEN 'signed' ELSE 'withdrawn' END,
  confirmed_at = CASE WHEN n % 100 >= 20 THEN created_at END,
  identity_at = CASE WHEN n % 100 >= 30 THEN created_at END,
  declared_version = CASE WHEN n % 100 BETWEEN 45 AND 94 THEN 1 END,
  declared_cents = CASE WHEN n % 100 BETWEEN 45 AND 94 THEN n / 100 % 30000 END,
  signed_version = CASE WHEN n % 100 BETWEEN 55 AND 94 THEN 1 END,
  signed_at = CASE WHEN n % 100 BETWEEN 55 AND 94 THEN created_at END,
  payout_at = CASE WHEN n % 100 BETWEEN 60 AND 94 THEN created_at END,
  unreachable_at = CASE WHEN n / 100 % 200 = 0 THEN created_at END,
  declared_flags = CASE WHEN n % 100 BETWEEN 45 AND 94 AND n / 100 % 500 = 1 THEN ARRAY['not_restored'] ELSE declared_flags END,
  review = CASE WHEN n / 100 % 1000 = 2 THEN 'quarantined' ELSE review END,
  province = (ARRAY['RM','MI','NA','TO','PA','BO','FI','BA','CT','VE','AO'])[1 + n / 100 % 11]
FROM spread s WHERE s.id = c.id;
ALTER TABLE claimants ENABLE TRIGGER USER;
"""


class Browser:
    def __init__(self, joinder):
        self.line = http.client.HTTPConnection("127.0.0.1", PORT, timeout=600)
        who = member(joinder)
        form = urllib.parse.urlencode({"email": who["email"], "password": who["password"], "totp": code_of(who), "association": ""})
        self.line.request("POST", "/console/login", form, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = self.line.getresponse()
        answer.read()
        assert answer.status == 303, answer.status
        self.cookie = "; ".join(value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie")

    def get(self, path):
        began = time.perf_counter()
        self.line.request("GET", path, headers={"Cookie": self.cookie, "Accept-Encoding": "gzip"})
        answer = self.line.getresponse()
        body = answer.read()
        took = time.perf_counter() - began
        assert answer.status == 200, (path, answer.status, body[:300])
        return took * 1000, len(body)


def cursor(of):
    return base64.urlsafe_b64encode(uuid.UUID(of).bytes).decode().rstrip("=")


def main():
    with Joinder(BINARY, 16) as joinder:
        export.CLAIMANTS = CLAIMANTS
        export.seed(joinder)
        joinder.sql(SPREAD)
        subprocess.run(["psql", "-Xqd", joinder.url, "-c", "VACUUM (FULL, ANALYZE) claimants", "-c", "VACUUM ANALYZE"], check=True)
        ids = joinder.sql("SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n, count(*) OVER () AS of FROM claimants) r WHERE n % greatest(1, of / 2000) = 0").split()
        random.seed(2023)
        browser = Browser(joinder)
        deep = lambda query="": (lambda: f"{LIST}?{query}&cursor={cursor(random.choice(ids))}")
        first = lambda query="": (lambda: f"{LIST}?{query}")
        pages = {
            "list, first page": first(), "list, any depth": deep(),
            "signed, first page": first("state=signed"), "signed, any depth": deep("state=signed"),
            "province MI, first": first("province=MI"), "province AO, any depth": deep("province=AO"),
            "domain, first": first("domain=virgilio.it"), "domain, any depth": deep("domain=virgilio.it"),
            "sum 250 to 300, any depth": deep("least=250&most=300"),
            "MI, signed, sum, any depth": deep("state=signed&province=MI&least=280"),
            "nobody found, by province and state": first("province=EN&state=signed"),
            "identity missing, any depth": deep("missing=b"),
            "queue unreachable, any depth": deep("queue=unreachable"),
            "queue not restored": first("queue=not_restored"),
            "quarantined": first("review=quarantined"),
            "search: one address": lambda: f"{LIST}?q=ue1x1x{random.randint(1, 500)}@libero.it",
            "search: nobody": lambda: f"{LIST}?q=nessuno{random.randint(1, 10**9)}@libero.it",
            "queues": lambda: f"{LIST}/queues", "one record": lambda: f"/console/claimants/{random.choice(ids)}",
            "exports": lambda: f"{LIST}/exports", "start page": lambda: "/console", "dashboard, counted 5 s ago at most": lambda: f"{LIST}/dashboard",
        }
        print(f"{CLAIMANTS} claimants, {TIMES} times each; load of the machine {load()}", flush=True)
        plain = None
        for name, path in pages.items():
            try:
                browser.get(path())
                took, sizes = zip(*(browser.get(path()) for _ in range(TIMES)))
            except AssertionError as error:
                print(f"{name}: {error}", flush=True)
                continue
            took = sorted(took)
            p99 = took[int(len(took) * 0.99) - 1]
            plain = plain or p99
            print(f"{name:40} p50 {statistics.median(took):8.1f} ms  p99 {p99:8.1f} ms  max {took[-1]:8.1f} ms  {p99 / plain:5.1f} of the first  {max(sizes) / 1e3:.0f} kB", flush=True)
        # figures of a dashboard are kept for 5 s
        anew = []
        for _ in range(8):
            browser.line.close()  # the server ends lines that are quiet for so long
            time.sleep(5.5)
            anew.append(browser.get(f"{LIST}/dashboard")[0])
        print(f"dashboard, counted anew: median {statistics.median(anew):.0f} ms, slowest {max(anew):.0f} ms")


main()
