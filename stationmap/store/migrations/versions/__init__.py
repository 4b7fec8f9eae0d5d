"""One migration a file, in the order of their numbers; what has been released is not changed."""
