"""The logs that tests read, and how they were recorded."""
