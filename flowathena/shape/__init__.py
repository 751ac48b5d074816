"""What a table's partition keys and columns stand for. Pure."""
