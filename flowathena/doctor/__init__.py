"""Why does a query find nothing? What is looked at, and what it tells."""
