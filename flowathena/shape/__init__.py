"""What the partition keys and columns of a table stand for. Pure."""
