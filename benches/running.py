"""A joinder of our own for a measurement: with its Postgres, with the demo's case, on loopback, gone afterwards; and what it uses.

With DATABASE_URL in the environment that server is used instead of an embedded one (an empty database on it, which stays).
"""
import glob, json, os, subprocess, tempfile, time, urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
PORT = int(os.environ.get("BENCH_PORT", "18080"))
BASE = f"http://127.0.0.1:{PORT}"
CASE = "libero-virgilio-2023"
TICK = os.sysconf("SC_CLK_TCK")


def tree(root):
    """The process and all it started, by id."""
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
    """Seconds of processor time, with that of children that ended."""
    total = 0
    for pid in pids:
        try:
            fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
            total += sum(map(int, fields[11:15]))
        except OSError:
            pass
    return total / TICK


def pss(pids):
    """MiB of memory; what processes share is counted once."""
    total = 0
    for pid in pids:
        try:
            for line in open(f"/proc/{pid}/smaps_rollup"):
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            pass
    return total / 1024


def load():
    return open("/proc/loadavg").read().split()[0]


class Joinder:
    """`with Joinder(binary, pool) as joinder:` runs `joinder serve`. Without `mails` the outbox is kept still (a lease that nobody else holds)."""

    def __init__(self, binary, pool, mails=False):
        # the embedded server runs as another user when we are root: it must reach its folder
        self.folder = tempfile.mkdtemp(prefix="joinder-bench-")
        os.chmod(self.folder, 0o755)
        self.binary = os.path.abspath(binary)
        self.mails = mails
        self.env = dict(os.environ, DATA_DIR=f"{self.folder}/data", BIND=f"127.0.0.1:{PORT}", PUBLIC_BASE_URL=BASE,
                        MAIL_DIR=f"{self.folder}/mail", MASTER_KEY_FILE=f"{self.folder}/master.key", RATE_LIMITS="off",
                        POOL_SIZE=str(pool), RUST_LOG="warn")

    def __enter__(self):
        self.run("keygen")
        self.report = json.loads(self.run("bootstrap", "--json"))
        self.server = subprocess.Popen([self.binary, "serve"], env=self.env, stdout=subprocess.DEVNULL, stderr=open(f"{self.folder}/log", "w"))
        try:
            self.wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait(20)
        subprocess.run(["rm", "-rf", self.folder])

    def run(self, *args):
        return subprocess.run([self.binary, *args], env=self.env, check=True, capture_output=True, text=True).stdout

    def wait(self):
        for _ in range(1200):
            try:
                urllib.request.urlopen(f"{BASE}/readyz").read()
                break
            except OSError:
                time.sleep(0.05)
        self.case = json.load(urllib.request.urlopen(f"{BASE}/api/v1/public/cases/{CASE}"))
        self.association = next(a["id"] for a in self.report["associations"] if a["slug"] == "codacons")
        if "DATABASE_URL" in os.environ:
            self.url = os.environ["DATABASE_URL"]
            folder = self.sql("SHOW data_directory")
            self.postmaster = int(open(f"{folder}/postmaster.pid").readline())
        else:
            data = self.env["DATA_DIR"]
            lines = open(f"{data}/postgres/postmaster.pid").read().split("\n")
            password = next(open(p).read().strip() for p in glob.glob(f"{data}/*password*"))
            self.url = f"postgres://joinder:{password}@127.0.0.1:{lines[3]}/joinder"
            self.postmaster = int(lines[0])
        while int(self.sql("SELECT count(*) FROM leases WHERE name LIKE 'outbox/%'")) < 8:
            time.sleep(0.1)
        if self.mails:
            return
        self.sql("UPDATE leases SET expires_at = now() + interval '1 hour', holder = gen_random_uuid(), fence = fence + 1 WHERE name LIKE 'outbox/%'")
        time.sleep(3)

    def sql(self, text):
        return subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.url, "-c", text], check=True, capture_output=True, text=True).stdout.strip()

    def hold_log(self):
        """Nothing gets its place in the evidence log until `release_log`: a lease that nobody else holds."""
        self.sql("UPDATE leases SET expires_at = now() + interval '1 hour', holder = gen_random_uuid(), fence = fence + 1 WHERE name LIKE 'log/%'")
        time.sleep(2)

    def release_log(self):
        """The log goes on; waits until nothing waits for it, seconds."""
        self.sql("UPDATE leases SET expires_at = now() WHERE name LIKE 'log/%'")
        return self.log_is_over()

    def log_is_over(self):
        began = time.time()
        while int(self.sql("SELECT count(*) FROM log_pending WHERE leaf_index IS NULL")):
            assert time.time() - began < 120, "the log stands still"
            time.sleep(0.2)
        return time.time() - began

    def postgres(self):
        return tree(self.postmaster)

    def own(self):
        return set(tree(self.server.pid)) - set(self.postgres())

    def wrk(self, clients, seconds, run, lua="sign_up.lua", more=()):
        """Signs up from that many clients for that long. Each run needs a name of its own."""
        env = dict(os.environ, RUN=run, TEXT_VERSION=self.case["consents"][0]["text_version"], SIGN_UP_PATH=f"/api/v1/public/cases/{CASE}/claimants")
        return subprocess.run(["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "20s", *more, "-s", f"{HERE}/{lua}", BASE],
                              env=env, check=True, capture_output=True, text=True)
