"""Flags of other systems, and back: nobody gets another variant by moving."""
