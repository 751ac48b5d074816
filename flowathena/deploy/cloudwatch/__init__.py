"""What is set up in CloudWatch for a target: alarms, a dashboard, metric filters."""
