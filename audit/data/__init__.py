"""The data: read in partitions, typed, cut into groups, and turned into decisions."""
