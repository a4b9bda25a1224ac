"""Running a sync: pieces of work, one after another, each saved before the next."""
