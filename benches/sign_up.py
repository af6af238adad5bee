#!/usr/bin/env python3
"""Sign-ups over HTTP against the same rows written by pgbench, in turn on one server of our own.

usage: sign_up.py BINARY [ROUNDS=3] [SECONDS=6] [CONNECTIONS=32]

Needs wrk and pgbench (Debian: wrk, postgresql-15). Loopback only, bounded in count and time; what it starts it ends, by pid.
The outbox is kept still meanwhile (a lease that nobody else holds), so that only the sign-up is measured.
"""
import glob, json, os, re, statistics, subprocess, sys, tempfile, threading, time, urllib.request

BINARY = os.path.abspath(sys.argv[1])
ROUNDS, SECONDS, CONNECTIONS = (int(a) for a in (sys.argv[2:] + ["3", "6", "32"][len(sys.argv) - 2:]))
HERE = os.path.dirname(os.path.abspath(__file__))
PORT = 18080
CASE = "libero-virgilio-2023"
TICK = os.sysconf("SC_CLK_TCK")


def tree(root):
    children = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
            children.setdefault(int(fields[1]), []).append(int(pid))
        except OSError:
            pass
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children.get(pid, [])
    return found


def cpu(pids):
    total = 0
    for pid in pids:
        try:
            fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
            total += sum(map(int, fields[11:15]))
        except OSError:
            pass
    return total / TICK


def pss(pids):
    total = 0
    for pid in pids:
        try:
            for line in open(f"/proc/{pid}/smaps_rollup"):
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            pass
    return total / 1024


def main():
    # the embedded server runs as another user when we are root: it must reach its folder
    folder = tempfile.mkdtemp(prefix="joinder-bench-")
    os.chmod(folder, 0o755)
    data = f"{folder}/data"
    env = dict(os.environ, DATA_DIR=data, BIND=f"127.0.0.1:{PORT}", PUBLIC_BASE_URL=f"http://127.0.0.1:{PORT}",
               MAIL_DIR=f"{folder}/mail", MASTER_KEY_FILE=f"{folder}/master.key", RATE_LIMITS="off",
               POOL_SIZE=str(CONNECTIONS), RUST_LOG="warn")
    run = lambda *args: subprocess.run([BINARY, *args], env=env, check=True, capture_output=True, text=True).stdout
    run("keygen")
    report = json.loads(run("bootstrap", "--json"))
    server = subprocess.Popen([BINARY, "serve"], env=env, stdout=subprocess.DEVNULL, stderr=open(f"{folder}/log", "w"))
    try:
        measure(folder, data, report, server)
    finally:
        server.terminate()
        server.wait(20)
        subprocess.run(["rm", "-rf", folder])


def measure(folder, data, report, server):
    base = f"http://127.0.0.1:{PORT}"
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{base}/readyz").read()
            break
        except OSError:
            time.sleep(0.05)
    case = json.load(urllib.request.urlopen(f"{base}/api/v1/public/cases/{CASE}"))
    association = next(a["id"] for a in report["associations"] if a["slug"] == "codacons")
    lines = open(f"{data}/postgres/postmaster.pid").read().split("\n")
    postmaster, port = int(lines[0]), lines[3]
    password = next(open(p).read().strip() for p in glob.glob(f"{data}/*password*"))
    pg = dict(os.environ, PGHOST="127.0.0.1", PGPORT=port, PGUSER="joinder", PGPASSWORD=password, PGDATABASE="joinder")
    sql = lambda text: subprocess.run(["psql", "-XAtqc", text], env=pg, check=True, capture_output=True, text=True).stdout.strip()
    sql("UPDATE leases SET expires_at = now() + interval '1 hour', holder = gen_random_uuid(), fence = fence + 1 WHERE name LIKE 'outbox/%'")
    time.sleep(3)
    os.environ.update(TEXT_VERSION=case["consents"][0]["text_version"], SIGN_UP_PATH=f"/api/v1/public/cases/{CASE}/claimants")
    own = lambda: set(tree(server.pid)) - set(tree(postmaster))
    print(f"idle memory (PSS): joinder {pss(own()):.1f} MiB, with Postgres {pss(own()) + pss(tree(postmaster)):.1f} MiB")
    rows = {"pgbench": [], "joinder": []}
    for round_number in range(ROUNDS):
        for what in rows:
            sql("CHECKPOINT")
            wal = sql("SELECT pg_current_wal_lsn()")
            pg_before, own_before = cpu(tree(postmaster)), cpu(own())
            peak = [0.0, 0.0]
            stop = threading.Event()

            def watch():
                while not stop.wait(0.5):
                    peak[0] = max(peak[0], pss(own()))
                    peak[1] = max(peak[1], pss(own()) + pss(tree(postmaster)))

            watcher = threading.Thread(target=watch)
            if what == "joinder":
                watcher.start()
            result = pgbench(pg, case["id"], association, folder) if what == "pgbench" else wrk(base, round_number)
            stop.set()
            if what == "joinder":
                watcher.join()
            n = result["n"]
            result.update(pg=(cpu(tree(postmaster)) - pg_before) * 1e6 / n, own=(cpu(own()) - own_before) * 1e6 / n,
                          wal=int(sql(f"SELECT pg_current_wal_lsn() - '{wal}'::pg_lsn")) / n, peak=peak)
            rows[what].append(result)
            print(f"round {round_number + 1} {what:8} {n / result['seconds']:7.0f}/s  p50 {result['p50']:6.2f} ms  p99 {result['p99']:6.2f} ms  "
                  f"Postgres {result['pg']:5.0f} us  joinder {result['own'] if what == 'joinder' else 0:5.0f} us  WAL {result['wal']:6.0f} B  bad {result['bad']}")
    mid = lambda what, key: statistics.median(r[key] for r in rows[what])
    ratio = statistics.median(
        (j["n"] / j["seconds"]) / (p["n"] / p["seconds"]) for j, p in zip(rows["joinder"], rows["pgbench"]))
    cost = (mid("joinder", "pg") + mid("joinder", "own")) / mid("pgbench", "pg")
    print(f"sign-ups/s over pgbench (median of {ROUNDS} pairs): {ratio:.2f}")
    print(f"CPU per sign-up (joinder + Postgres) over pgbench's Postgres CPU: {cost:.2f}")
    print(f"p99 over pgbench's: {mid('joinder', 'p99') / mid('pgbench', 'p99'):.2f}; WAL over pgbench's: {mid('joinder', 'wal') / mid('pgbench', 'wal'):.2f}")
    top = max(rows["joinder"], key=lambda r: r["peak"][1])["peak"]
    print(f"memory under load (PSS): joinder {top[0]:.1f} MiB, with Postgres {top[1]:.1f} MiB")


def pgbench(pg, case, association, folder):
    log = f"{folder}/pgbench"
    for old in glob.glob(f"{log}.*"):
        os.remove(old)
    out = subprocess.run(
        ["pgbench", "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2", "-T", str(SECONDS), "-l", f"--log-prefix={log}",
         "-D", f"case_id={case}", "-D", f"association_id={association}", "-f", f"{HERE}/sign_up.sql"],
        env=pg, check=True, capture_output=True, text=True).stdout
    times = sorted(int(line.split()[2]) for name in glob.glob(f"{log}.*") for line in open(name))
    n = int(re.search(r"transactions actually processed: (\d+)", out)[1])
    return {"n": n, "seconds": n / float(re.search(r"tps = ([\d.]+)", out)[1]), "bad": int(re.search(r"failed transactions: (\d+)", out)[1]),
            "p50": times[len(times) // 2] / 1000, "p99": times[int(len(times) * 0.99)] / 1000}


def wrk(base, round_number):
    env = dict(os.environ, RUN=f"{int(time.time() * 1000)}r{round_number}")
    out = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--timeout", "20s", "-s", f"{HERE}/sign_up.lua", base],
                         env=env, check=True, capture_output=True, text=True)
    sys.stderr.write(out.stderr)
    found = re.search(r"RESULT n=(\d+) seconds=([\d.]+) p50=([\d.]+) p99=([\d.]+) bad=(\d+)", out.stdout)
    return {"n": int(found[1]), "seconds": float(found[2]), "p50": float(found[3]), "p99": float(found[4]), "bad": int(found[5])}


main()
