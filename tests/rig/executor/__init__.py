"""What runs a SELECT: the one seam between the front and an engine."""
