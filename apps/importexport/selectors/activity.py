"""How imports and exports go, hour by hour, for the back office."""

from apps.importexport.models import ExportJob, ImportJob
from kernel.activity.counting import counts, made_within

counts(
    "importexport.imports",
    title="Imports, by how they stood ten minutes later",
    permission="importexport.view_importjob",
    within=made_within(ImportJob.across_tenants.all),
    took=("created_at", "finished_at"),
)
counts(
    "importexport.exports",
    title="Exports, by how they stood ten minutes later",
    permission="importexport.view_exportjob",
    within=made_within(ExportJob.across_tenants.all),
    took=("created_at", "finished_at"),
)
