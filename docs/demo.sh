#!/bin/sh
# The main use case on a laptop: sample logs, their partitions, three saved queries. Can be run again.
set -eu

folder=${1:-demo}
mkdir -p "$folder"
cd "$folder"

run() {
    printf '\n$ flowathena'
    for word in "$@"; do printf ' %s' "$word"; done
    printf '\n'
    flowathena "$@"
}

printf '$ cd %s\n' "$folder"
# Sample logs end today and queries look back from now: replace the logs of another day.
if [ -f logs/.flowathena-sample.json ] \
    && ! grep -q "\"until\": \"$(date -u +%Y-%m-%d)\"" logs/.flowathena-sample.json; then
    printf '\n$ rm -r logs   # sample logs of another day\n'
    rm -r logs
fi
run sample logs --days 7 --records 100000 --seed 1
run init ./logs --target local
run partitions plan
run partitions sync
run run top_https_servers
run run top_rejected_sources --limit 5
run run rejected_by_protocol --since 3d --format csv

cat <<EOF

Continue by hand: . .venv/bin/activate, cd $folder, then
  flowathena queries list                     the saved queries, by topic
  flowathena run ssh_rejects --since 2d -o ssh.json
  flowathena run preview --dry-run            print the SQL instead of running it
EOF
