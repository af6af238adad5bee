#!/usr/bin/env python3
"""Sign-ups over HTTP against the same rows written by pgbench, in turn on one server.

usage: sign_up.py BINARY [ROUNDS=3] [SECONDS=6] [CLIENTS=32,256]

Needs wrk and pgbench (Debian: wrk, postgresql-15). Loopback only, bounded in count and time; what it starts it ends, by pid.
pgbench writes one by one, one transaction for each, on PGBENCH connections (32 is where it is at its best here; with 128 most of a short
run goes into planning on each of them). It is the limit that all clients of joinder are compared with.
"""
import glob, os, re, statistics, subprocess, sys, threading, time

from running import HERE, Joinder, cpu, load, pss

BINARY = sys.argv[1]
ROUNDS, SECONDS, CLIENTS = (sys.argv[2:] + ["3", "6", "32,256"][len(sys.argv) - 2:])
PGBENCH = int(os.environ.get("PGBENCH", "32"))
ROUNDS, SECONDS, CLIENTS = int(ROUNDS), int(SECONDS), [int(c) for c in CLIENTS.split(",")]


def main():
    with Joinder(BINARY, 32) as joinder:
        together = lambda: pss(joinder.own()) + pss(joinder.postgres())
        print(f"idle memory (PSS): joinder {pss(joinder.own()):.1f} MiB, with Postgres {together():.1f} MiB; load of the machine {load()}")
        rows = {("pgbench", PGBENCH): []} | {("joinder", clients): [] for clients in CLIENTS}
        for number in range(1, ROUNDS + 1):
            for what, clients in rows:
                rows[what, clients].append(once(joinder, number, what, clients))
        limit = rows["pgbench", PGBENCH]
        show("pgbench", PGBENCH, limit)
        for clients in CLIENTS:
            show("joinder", clients, rows["joinder", clients])
        for clients in CLIENTS:
            compare(limit, rows["joinder", clients], clients)
        own, all_of_it = peak(joinder, max(CLIENTS), together)
        print(f"memory under load (PSS): joinder {own:.1f} MiB, with Postgres {all_of_it:.1f} MiB; load of the machine {load()}")


def peak(joinder, clients, together):
    """The most memory during a run of its own: to read it off stops processes for so long that the slowest requests of a timed run would show it."""
    top, stop = [0.0, 0.0], threading.Event()

    def watch():
        while not stop.wait(0.5):
            top[:] = max(top[0], pss(joinder.own())), max(top[1], together())

    watcher = threading.Thread(target=watch)
    watcher.start()
    wrk(joinder, "memory", clients)
    stop.set()
    watcher.join()
    return top


def once(joinder, number, what, clients):
    joinder.sql("CHECKPOINT")
    wal = joinder.sql("SELECT pg_current_wal_lsn()")
    pg_before, own_before = cpu(joinder.postgres()), cpu(joinder.own())
    result = pgbench(joinder, clients) if what == "pgbench" else wrk(joinder, number, clients)
    n = result["n"]
    result.update(pg=(cpu(joinder.postgres()) - pg_before) * 1e6 / n, own=(cpu(joinder.own()) - own_before) * 1e6 / n,
                  wal=int(joinder.sql(f"SELECT pg_current_wal_lsn() - '{wal}'::pg_lsn")) / n)
    print(f"round {number} {what:8} {clients:4} clients {n / result['seconds']:7.0f}/s  p50 {result['p50']:6.2f} ms  p99 {result['p99']:6.2f} ms  "
          f"Postgres {result['pg']:5.0f} us  joinder {result['own'] if what == 'joinder' else 0:5.0f} us  WAL {result['wal']:6.0f} B  bad {result['bad']}", flush=True)
    return result


def mid(of, key):
    return statistics.median(r[key] for r in of)


def rate(result):
    return result["n"] / result["seconds"]


def show(name, clients, of):
    rates = sorted(map(rate, of))
    print(f"{name}, {clients} clients: {statistics.median(rates):.0f}/s ({rates[0]:.0f}-{rates[-1]:.0f}), p50 {mid(of, 'p50'):.1f} ms, p99 {mid(of, 'p99'):.1f} ms, "
          f"Postgres {mid(of, 'pg'):.0f} us, joinder {mid(of, 'own') if name == 'joinder' else 0:.0f} us, WAL {mid(of, 'wal'):.0f} B, bad {sum(r['bad'] for r in of)}")


def compare(limit, own, clients):
    ratio = statistics.median(rate(j) / rate(p) for j, p in zip(own, limit))
    cost = (mid(own, "pg") + mid(own, "own")) / mid(limit, "pg")
    print(f"joinder with {clients} clients over pgbench: sign-ups/s {ratio:.2f} (median of {len(own)} pairs), CPU (joinder + Postgres over pgbench's Postgres) {cost:.2f}, "
          f"p99 {mid(own, 'p99') / mid(limit, 'p99'):.2f}, WAL {mid(own, 'wal') / mid(limit, 'wal'):.2f}")


def pgbench(joinder, clients):
    log = f"{joinder.folder}/pgbench"
    for old in glob.glob(f"{log}.*"):
        os.remove(old)
    out = subprocess.run(
        ["pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(SECONDS), "-l", f"--log-prefix={log}",
         "-D", f"case_id={joinder.case['id']}", "-D", f"association_id={joinder.association}", "-f", f"{HERE}/sign_up.sql", joinder.url],
        check=True, capture_output=True, text=True).stdout
    times = sorted(int(line.split()[2]) for name in glob.glob(f"{log}.*") for line in open(name))
    n = int(re.search(r"transactions actually processed: (\d+)", out)[1])
    return {"n": n, "seconds": n / float(re.search(r"tps = ([\d.]+)", out)[1]), "bad": int(re.search(r"failed transactions: (\d+)", out)[1]),
            "p50": times[len(times) // 2] / 1000, "p99": times[int(len(times) * 0.99)] / 1000}


def wrk(joinder, number, clients):
    out = joinder.wrk(clients, SECONDS, f"{int(time.time() * 1000)}r{number}")
    sys.stderr.write(out.stderr)
    found = re.search(r"RESULT n=(\d+) seconds=([\d.]+) p50=([\d.]+) p99=([\d.]+) bad=(\d+)", out.stdout)
    return {"n": int(found[1]), "seconds": float(found[2]), "p50": float(found[3]), "p99": float(found[4]), "bad": int(found[5])}


main()
