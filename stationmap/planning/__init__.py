"""Where to add stations: candidates, exact plans with their proof, and what a change would do."""
