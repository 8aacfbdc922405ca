#!/bin/sh
# What somebody does who has cloned this on a plain Debian 12: the two commands of the README, then the fast tests.
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
step script/test --fast
script/test --fast
step done
