"""What exports are called, and what rows are made of answers of the graph."""
