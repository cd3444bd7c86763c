"""Reading data files and publishing result folders."""
