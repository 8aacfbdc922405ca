#!/bin/sh
# What somebody does who has cloned this on a plain Debian 12: the two commands of the README, then the tests that meet
# the host: its programs, packages, users and files. What they would not see there otherwise, script/test has run before.
set -eu
host=/srv/demo

step() { printf '\n== %s s: %s\n' "$(($(date +%s) - begun))" "$*"; }

begun=$(date +%s)
printf '%s, %s, as %s\n' "$(grep -oP '(?<=PRETTY_NAME=").*(?=")' /etc/os-release)" "$(python3 --version)" "$(id -un)"
step script/demo
script/demo $host
step pipx install .
apt-get install -y -qq --no-install-recommends pipx >/dev/null
pipx install .
PATH="$HOME/.local/bin:$PATH"
orchestrate --help
orchestrate --site $host/host status
orchestrate sandbox destroy $host/host --yes
step script/test
meet=$(printf 'tests/integration/%s ' cli hosts hosts_database os_packages packages sandbox sandbox_database setup software stores wall)
# shellcheck disable=SC2086 # a word a folder
script/test -q -n "$(($(nproc) + 1))" -m "not crash and not system and not browser" tests/unit $meet
step done
