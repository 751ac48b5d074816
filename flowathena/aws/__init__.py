"""AWS: sessions and clients, and one Athena statement run to its end."""
