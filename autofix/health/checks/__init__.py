"""One check a file, named by its code. A new file here is a new check."""
