"""What may be done to imports, exports and tables."""

from apps.importexport.services.controlling import cancel_import
from apps.importexport.services.imports import create_import, delete_import, delete_imports

__all__ = ["cancel_import", "create_import", "delete_import", "delete_imports"]
