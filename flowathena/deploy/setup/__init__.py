"""What flow logs need in AWS before there are any: rendered for other tools, or set up itself."""
