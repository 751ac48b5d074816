"""Policies of the documentation, held against what the program asks AWS for."""
