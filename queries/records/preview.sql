/* ---
title = "The first records of the window"
description = "Whole records in order of their start, then of their fields: every field the log has, NODATA and SKIPDATA records too."
tags = ["records", "preview"]
since = "1d"

[params.limit]
type = "int"
default = 10
min = 1
help = "Rows"
--- */
SELECT *
FROM flow_logs
ORDER BY start_time, {% for n in ordinals %}{{ n }}{% if not loop.last %}, {% endif %}{% endfor %}
LIMIT {{ limit }}
