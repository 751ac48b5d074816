"""Why a query returns no rows, or wrong ones: examines a target and reports what to fix."""
