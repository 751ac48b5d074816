"""QuickSight: data sources, data sets, refreshes, analysis and dashboard of a target."""
