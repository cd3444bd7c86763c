"""Looking at a file of unknown habits: what it says of itself, what stays open, and a draft of a mapping."""
