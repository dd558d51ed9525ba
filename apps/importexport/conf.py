"""The settings of the importexport app."""

from kernel.dynamic.declaring import boolean

ACCEPTING = boolean(
    "importexport.accepting",
    default=True,
    description="Take new imports. Off: they are refused as UNAVAILABLE, to be tried again.",
)
