"""What flowathena leaves in AWS for others to use."""
