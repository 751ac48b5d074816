"""How a target comes about: from a location, a flow log or a table that exists."""
