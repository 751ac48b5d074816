"""``flowathena metrics``: numbers of queries in CloudWatch, and what watches them."""

import typer

from flowathena.cli import watch

app = typer.Typer(help="Numbers of queries in CloudWatch: alarms, a dashboard, metric filters.")
app.command("alarms")(watch.alarms)
app.command("dashboard")(watch.dashboard)
app.command("filter")(watch.filter_)
app.command("remove")(watch.remove)
