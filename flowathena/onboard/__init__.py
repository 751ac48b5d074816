"""How a target is made: from a location, a flow log or an existing table."""
