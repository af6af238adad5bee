#!/bin/sh
# Puts schemathesis, in the versions of requirements.txt, into a folder of the user's and runs run.py with it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
home=${HOME:?}/.cache/joinder/fuzz
sum=$(cksum < "$here/requirements.txt")
if [ "$(cat "$home/stamp" 2>/dev/null)" != "$sum" ]; then
    rm -rf "$home"
    python3 -m venv "$home"
    "$home/bin/pip" --disable-pip-version-check install -q --no-deps -r "$here/requirements.txt"
    echo "$sum" > "$home/stamp"
fi
exec "$home/bin/python" "$here/run.py" "$@"
