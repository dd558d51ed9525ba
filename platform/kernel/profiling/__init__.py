"""What a process does and holds just now, when somebody asks; until then it costs nothing."""
