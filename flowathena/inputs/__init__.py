"""What a caller asks for: windows of time, parameter values, a selection of partitions."""
