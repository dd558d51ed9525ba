"""What delivers, behind one port."""
