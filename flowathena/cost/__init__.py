"""What a run costs: known before, limited, and looked up afterwards."""
