"""Named checks of data quality: what looks incomplete, implausible or unconnected, and why it may be so."""
