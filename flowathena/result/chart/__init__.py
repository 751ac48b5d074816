"""Pictures of results: bars, lines and heat maps, on a terminal and in files."""
