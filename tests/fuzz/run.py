"""Fuzzes the API of a fresh demo with schemathesis, in all its phases: `make fuzz`.

Starts the program it is given on a free port with data of its own, asks each part of the API as the one it is for, and
ends with 1 if a check failed. `--seed` repeats a run; what is left out, and why, stands in schemathesis.toml.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
# name, which paths, whether with the live key
PARTS = [
    ("partner-test", "^/api/v1/partner/", "test"),
    ("partner-live", "^/api/v1/partner/", "live"),
    ("public", "^/api/v1/public/", "test"),
    ("staff", "^/api/v1/staff/", "test"),
]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(program, folder):
    port = free_port()
    own = {"DATA_DIR": str(folder / "data"), "BIND": f"127.0.0.1:{port}", "RATE_LIMITS": "off", "RUST_LOG": "warn"}
    log = open(folder / "demo.log", "wb")
    server = subprocess.Popen([program, "demo"], env=os.environ | own, stdout=log, stderr=log)
    return server, f"http://127.0.0.1:{port}"


def wait(server, url, log):
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):
                if "Ctrl-C" in log.read_text():
                    return log.read_text()
        except OSError:
            pass
        time.sleep(0.3)
    sys.exit(f"the demo does not start:\n{log.read_text()}")


def told(words):
    """What the demo says of itself: keys and logins."""
    find = lambda pattern: re.search(pattern, words).group(1)
    login = re.search(r"login +(\S+), password (\S+);", words)
    return {
        "live": find(r"(jnd_live_\S+)"),
        "test": find(r"(jnd_test_[^\s:]+)"),
        "FUZZ_STAFF": login.group(1),
        "FUZZ_STAFF_PASSWORD": login.group(2),
        "FUZZ_STAFF_TOTP": find(r"authenticator secret ([A-Z2-7]+)"),
    }


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("program", help="joinder")
    asked.add_argument("--seed", type=int, default=int(time.time()))
    asked.add_argument("--examples", type=int, default=20, help="of each operation in the fuzzing phase")
    asked.add_argument("--only", choices=[name for name, _, _ in PARTS], action="append")
    asked.add_argument("--report", type=pathlib.Path, help="folder for a report of each part")
    args = asked.parse_args()
    print(f"seed {args.seed}", flush=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="joinder-fuzz-"))
    # an own Postgres runs as another account where we are root
    folder.chmod(0o755)
    server, url = start(args.program, folder)
    failed = []
    try:
        facts = told(wait(server, url, folder / "demo.log"))
        for name, paths, key in PARTS:
            if args.only and name not in args.only:
                continue
            print(f"== {name}", flush=True)
            own = {
                "FUZZ_URL": url,
                "FUZZ_MAILS": str(folder / "data" / "mail"),
                "FUZZ_KEY": facts[key],
                "FUZZ_SEED": str(args.seed),
                "SCHEMATHESIS_HOOKS": "hooks",
                "PYTHONPATH": str(HERE),
                "PYTHONDONTWRITEBYTECODE": "1",
            }
            own |= {name: value for name, value in facts.items() if name.startswith("FUZZ_")}
            command = [
                pathlib.Path(sys.executable).with_name("st"),
                "--config-file", HERE / "schemathesis.toml",
                "run", f"{url}/openapi.json",
                "--include-path-regex", paths,
                "--seed", str(args.seed),
                "--max-examples", str(args.examples),
            ]
            if args.report:
                args.report.mkdir(parents=True, exist_ok=True)
                command += ["--report", "junit", "--report-junit-path", args.report / f"{name}.xml"]
            if subprocess.run(command, cwd=folder, env=os.environ | own).returncode != 0:
                failed.append(name)
        # the one check no client makes: a panic, also of a worker, stands in the log
        faults = [line for line in (folder / "demo.log").read_text().splitlines() if "panicked" in line]
        for line in faults[:20]:
            print(line)
        if faults:
            failed.append("log")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)
        shutil.rmtree(folder, ignore_errors=True)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}; again with --seed {args.seed}")


if __name__ == "__main__":
    main()
