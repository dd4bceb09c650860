"""Letters by the hundred thousand: a page is compiled once and stamped with each person's values."""
