"""What holds of tables and files whatever they are kept in."""
