"""A real Trino server as the rig's engine: the engine Athena version 3 is made from."""
