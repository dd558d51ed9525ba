"""What runs in the sandbox (kernel.sandbox), warm: a call in it opens no file."""

from apps.importexport.adapters.sandboxed import warming
from apps.importexport.adapters.sandboxed.parquet import parquet
from apps.importexport.adapters.sandboxed.sheets import sheet

__all__ = ["parquet", "sheet"]

warming.warm()
