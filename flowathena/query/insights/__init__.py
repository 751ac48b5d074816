"""Saved queries in the language of CloudWatch Logs Insights."""
