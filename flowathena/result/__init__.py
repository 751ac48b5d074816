"""What a run gives back, and the formats it is written in."""
