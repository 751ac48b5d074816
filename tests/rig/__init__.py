"""An HTTP stand-in for S3, Glue, STS and Athena on the loopback interface."""
