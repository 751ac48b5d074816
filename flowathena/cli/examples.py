"""Examples in the help of each command; ``tests/test_cli_help.py`` parses every line."""

_RUN = (
    "flowathena run top_https_servers --since 24h",
    "flowathena run top_https_servers --port 8443 -o servers.csv",
    "flowathena run --tag security --since 24h -o reports",
)
_RENDER = (
    "flowathena queries render top_https_servers --since 24h --port 8443",
    "flowathena queries render top_https_servers --relative",
)

EXAMPLES: dict[str, tuple[str, ...]] = {
    "": (
        "flowathena init s3://my-flow-logs/",
        "flowathena partitions sync",
        "flowathena run top_https_servers --since 24h",
    ),
    "init": (
        "flowathena init s3://my-flow-logs/ -t prod",
        "flowathena init --flow-log fl-0123456789abcdef0 -t prod",
        "flowathena init logs",
    ),
    "doctor": ("flowathena doctor -t prod", "flowathena doctor -t all --notes --format json"),
    "setup": (
        "flowathena setup bucket --to s3://my-flow-logs/ --create",
        "flowathena setup flow-logs --all-vpcs --to s3://my-flow-logs/",
    ),
    "setup flow-logs": (
        "flowathena setup flow-logs --all-vpcs --to s3://my-flow-logs/ --apply",
        "flowathena setup flow-logs --vpc vpc-0a1b2c3d --log-group /vpc/flow-logs",
        "flowathena setup flow-logs --vpc vpc-0a1b2c3d -t prod --as terraform",
    ),
    "setup bucket": (
        "flowathena setup bucket --to s3://my-flow-logs/ --create --apply",
        "flowathena setup bucket -t prod --expire-after 400d --as cloudformation",
    ),
    "setup cost": (
        "flowathena setup cost -t prod",
        "flowathena setup cost -t prod --retention 400d --price delivery=0.25",
    ),
    "setup policy": (
        "flowathena setup policy --for sync -t prod",
        "flowathena setup policy --for sync -t prod --role flowathena-nightly --apply",
        "flowathena setup policy --for run --for metrics -t prod --as terraform",
    ),
    "setup workgroup": ("flowathena setup workgroup network --max-scan 100GB --apply",),
    "fields": (
        "flowathena fields",
        "flowathena fields tcp-flags",
        "flowathena fields --version 5 --format csv",
    ),
    "sample": (
        "flowathena sample logs",
        "flowathena sample logs --days 3 --layout hive-hourly --file-format parquet",
        "flowathena sample logs --days 30 --mix",
    ),
    "partitions": ("flowathena partitions plan -t prod", "flowathena partitions sync -t prod"),
    "partitions plan": (
        "flowathena partitions plan --since 2026-11-01",
        "flowathena partitions plan --all --exit-code",
    ),
    "partitions sync": (
        "flowathena partitions sync --since 2d --ahead 1",
        "flowathena partitions sync --all --prune --dry-run",
        "flowathena partitions sync -t all --since 2d",
        "flowathena partitions sync --since 3d --ahead 1 --archive --rollup",
    ),
    "partitions list": (
        "flowathena partitions list --account 111122223333",
        "flowathena partitions list --all --format json",
    ),
    "partitions status": (
        "flowathena partitions status",
        "flowathena partitions status --since 7d --max-age 6h",
        "flowathena partitions status -t 'prod-*' --exit-code",
    ),
    "table": ("flowathena table ddl -t prod", "flowathena table diff -t prod"),
    "table adopt": (
        "flowathena table adopt default.vpc_flow_logs -t prod",
        "flowathena table adopt default.vpc_flow_logs_2024 --into prod",
    ),
    "table ddl": (
        "flowathena table ddl",
        "flowathena table ddl --partitioning projection --since 2026-01-01",
    ),
    "table create": ("flowathena table create --dry-run", "flowathena table create --via athena"),
    "table diff": ("flowathena table diff", "flowathena table diff --format json"),
    "table convert": (
        "flowathena table convert projection --dry-run",
        "flowathena table convert registered -t prod --yes",
    ),
    "table drop": ("flowathena table drop --dry-run", "flowathena table drop -t prod --yes"),
    "view": ("flowathena view ddl daily", "flowathena view create"),
    "view ddl": ("flowathena view ddl", "flowathena view ddl daily"),
    "view diff": ("flowathena view diff", "flowathena view diff readable --format json"),
    "view create": ("flowathena view create --dry-run", "flowathena view create daily --yes"),
    "queries": ("flowathena queries list", "flowathena queries show top_https_servers"),
    "queries list": (
        "flowathena queries list --topic rejects",
        "flowathena queries list -t prod --search ssh",
        "flowathena queries list --runnable --format json",
    ),
    "queries show": ("flowathena queries show top_https_servers",),
    "queries check": (
        "flowathena queries check",
        "flowathena queries check -t prod --level hint",
        "flowathena queries check --format github",
    ),
    "queries render": _RENDER,
    "queries new": (
        "flowathena queries new port_talkers --title 'Who talks to one port'",
        "flowathena queries new top_https_servers --from top_https_servers",
    ),
    "queries test": ("flowathena queries test", "flowathena queries test ssh_rejects"),
    "queries publish": (
        "flowathena queries publish --dry-run",
        "flowathena queries publish top_https_servers --param port=8443 --as alt",
    ),
    "queries insights": ("flowathena queries insights top_rejected_sources --limit 5",),
    "queries pull": ("flowathena queries pull --folder sql",),
    "quicksight": ("flowathena quicksight plan -t prod", "flowathena quicksight publish -t prod"),
    "quicksight plan": (
        "flowathena quicksight plan",
        "flowathena quicksight plan -t prod --exit-code --format json",
    ),
    "quicksight publish": (
        "flowathena quicksight publish",
        "flowathena quicksight publish --definition board.json --yes",
    ),
    "quicksight refresh": (
        "flowathena quicksight refresh",
        "flowathena quicksight refresh daily --full",
    ),
    "quicksight status": ("flowathena quicksight status", "flowathena quicksight status -t prod"),
    "quicksight remove": ("flowathena quicksight remove --dry-run",),
    "quicksight export": ("flowathena quicksight export -o board.json",),
    "schedule": (
        "flowathena schedule cron -t prod",
        "flowathena schedule systemd -t prod",
    ),
    "schedule run": ("flowathena schedule run -t prod --metrics --check 'ssh_rejects since=1d'",),
    "schedule cron": ("flowathena schedule cron -t prod --at 01:10 --metrics",),
    "schedule systemd": ("flowathena schedule systemd -t prod --every 6h -o units",),
    "schedule kubernetes": ("flowathena schedule kubernetes -t prod --every 6h",),
    "schedule cloudformation": ("flowathena schedule cloudformation -t prod --metrics",),
    "run": _RUN,
    "check": (
        "flowathena check ssh_rejects --max-rows 0 --since 24h",
        "flowathena check top_rejected_sources --where 'flows > 1000' --max-rows 0",
    ),
    "metrics": ("flowathena metrics publish --dry-run", "flowathena metrics status -t prod"),
    "metrics publish": (
        "flowathena metrics publish -t prod",
        "flowathena metrics publish metric_ssh_rejects --since 7d",
    ),
    "metrics status": (
        "flowathena metrics status -t prod --exit-code",
        "flowathena metrics status --format json",
    ),
    "sql": (
        "flowathena sql 'SELECT count(*) AS flows FROM flow_logs' --since 24h",
        "flowathena sql -f report.sql --since 2026-11 -o report.csv",
    ),
    "metrics alarms": (
        "flowathena metrics alarms --dry-run",
        "flowathena metrics alarms -t prod --yes",
    ),
    "metrics dashboard": ("flowathena metrics dashboard -t prod --yes",),
    "metrics filter": (
        "flowathena metrics filter --log-group /vpc/flow-logs --dry-run",
        "flowathena metrics filter --test",
    ),
    "metrics remove": ("flowathena metrics remove --dry-run",),
    "archive": ("flowathena archive plan -t prod", "flowathena archive run -t prod --yes"),
    "archive plan": ("flowathena archive plan --all", "flowathena archive plan --exit-code"),
    "archive run": (
        "flowathena archive run --max-scan 500GB --yes",
        "flowathena archive run --since 2026-10-01 --until 2026-11-01",
    ),
    "archive expire": (
        "flowathena archive expire --text-older-than 90d",
        "flowathena archive expire --text-older-than 90d --as terraform",
    ),
    "archive rollup": (
        "flowathena archive rollup --yes",
        "flowathena archive rollup --all --max-cost 10",
    ),
    "archive status": ("flowathena archive status --since 90d",),
    "archive verify": ("flowathena archive verify --since 2026-11-01 --until 2026-11-08",),
    "report": (
        "flowathena report --since 7d -o report.html",
        "flowathena report --since 24h --account 111122223333 --estimate",
        "flowathena report --panel volume --query ssh_brute_force -o ssh.html",
    ),
    "results": (
        "flowathena results $ID",
        "flowathena results $ID -o rows.parquet",
    ),
    "history": ("flowathena history", "flowathena history --limit 100 --format json"),
    "insights": ("flowathena insights run top_rejected_sources --since 24h",),
    "insights run": (
        "flowathena insights run top_rejected_sources --since 24h",
        "flowathena insights run ssh_rejects --log-group /vpc/flow-logs -o ssh.csv",
    ),
    "config": ("flowathena config show", "flowathena config validate"),
    "config show": ("flowathena config show -t prod", "flowathena config show --format json"),
    "config schema": ("flowathena config schema",),
    "config validate": (
        "flowathena config validate",
        "flowathena config validate --config ops/flowathena.toml",
    ),
}
"""By the words that call a command, without ``flowathena``."""

VALUES = {
    "account": "111122223333",
    "cidr": "10.0.0.0/8",
    "date": "2026-11-01",
    "duration": "24h",
    "eni": "eni-0a1b2c3d",
    "int": "10",
    "ip": "10.0.0.1",
    "number": "0.5",
    "port": "443",
    "protocol": "tcp",
    "region": "eu-west-1",
    "timestamp": "2026-11-01T06:00:00Z",
    "timezone": "Europe/Berlin",
}
"""Values for parameters of these types; of others an upper-case word."""


def of_query(words: str, required: tuple[str, ...]) -> tuple[str, ...]:
    """Examples for the command of a saved query.

    Args:
        words: what calls it, without ``flowathena``: ``run top_https_servers``.
        required: the options it needs, with values.
    """
    base = " ".join(("flowathena", words, *required))
    if words.startswith(("run ", "insights run ")):
        return f"{base} --since 24h", f"{base} --since 7d -o {words.rpartition(' ')[2]}.csv"
    if words.startswith("check "):
        return f"{base} --max-rows 0 --since 24h", f"{base} --warn 5 --critical 9 --nagios"
    return (base,) if words.startswith("queries insights ") else (f"{base} --since 24h",)
