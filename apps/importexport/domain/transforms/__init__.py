"""What is done to the texts of a file before they are checked."""
