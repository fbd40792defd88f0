"""Random programs and random histories for trials: conditions, definitions, and lines of events."""
