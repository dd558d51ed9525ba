"""What imports and exports need of the world outside."""
