from typing import Any, Optional, Union

from .audit_checkpoint import AuditCheckpoint
from .audit_consistency_proof import AuditConsistencyProof
from .audit_log import AuditLog
from .audit_logs import AuditLogs
from .base_model import UNSET, UnsetType
from .cancel_document import CancelDocument
from .configuration_values import ConfigurationValues
from .create_audit_log import CreateAuditLog
from .create_audit_logs import CreateAuditLogs
from .create_document import CreateDocument
from .create_export_job import CreateExportJob
from .create_import_job import CreateImportJob
from .create_job_schedule import CreateJobSchedule
from .create_notification import CreateNotification
from .create_share_link import CreateShareLink
from .create_subscriber import CreateSubscriber
from .datasets import Datasets
from .document import Document
from .document_templates import DocumentTemplates
from .documents import Documents
from .enums import AuditLogOrder, FileOrder, SignedUrlPurpose
from .evaluate_feature_flag import EvaluateFeatureFlag
from .export_job import ExportJob
from .feature_flags import FeatureFlags
from .file import File
from .file_address import FileAddress
from .files import Files
from .import_job import ImportJob
from .input_types import (
    AuditLogFilter,
    CancelDocumentInput,
    CreateAuditLogInput,
    CreateAuditLogsInput,
    CreateDocumentInput,
    CreateExportJobInput,
    CreateImportJobInput,
    CreateJobScheduleInput,
    CreateNotificationInput,
    CreateShareLinkInput,
    CreateSubscriberInput,
    DocumentFilter,
    DocumentTemplateFilter,
    FeatureFlagFilter,
    FileFilter,
    JobRunFilter,
    JobScheduleFilter,
    NotificationFilter,
    PauseJobScheduleInput,
    ResumeJobScheduleInput,
    SetConfigurationValuesInput,
    StartImportJobInput,
    TrashFilesInput,
    TriggerJobScheduleInput,
    TriggerNotificationWorkflowInput,
    UndoImportJobInput,
    UpdateFileInput,
    UpdateSubscriberInput,
)
from .job_runs import JobRuns
from .job_schedule import JobSchedule
from .job_schedules import JobSchedules
from .notification import Notification
from .notifications import Notifications
from .pause_job_schedule import PauseJobSchedule
from .resume_job_schedule import ResumeJobSchedule
from .set_configuration_values import SetConfigurationValues
from .start_import_job import StartImportJob
from septet_client.transport import AsyncTransport
from .trash_files import TrashFiles
from .trigger_job_schedule import TriggerJobSchedule
from .trigger_notification_workflow import TriggerNotificationWorkflow
from .undo_import_job import UndoImportJob
from .update_file import UpdateFile
from .update_subscriber import UpdateSubscriber


def gql(q: str) -> str:
    return q


class AsyncOperations(AsyncTransport):
    async def audit_log(self, id: str, **kwargs: Any) -> AuditLog:
        query = gql("""
            query auditLog($id: ID!) {
              auditLog(id: $id) {
                ...AuditLogFields
              }
            }

            fragment AuditLogFields on AuditLog {
              id
              action
              occurredAt
              recordedAt
              actor {
                type
                id
                name
              }
              targets {
                type
                id
                name
              }
              changes {
                field
                before
                after
              }
              metadata
              idempotencyKey
            }
            """)
        variables: dict[str, object] = {"id": id}
        response = await self.execute(
            query=query, operation_name="auditLog", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return AuditLog.model_validate(data)

    async def audit_logs(
        self,
        filter_: Union[Optional[AuditLogFilter], UnsetType] = UNSET,
        order: Union[Optional[AuditLogOrder], UnsetType] = UNSET,
        first: Union[Optional[int], UnsetType] = UNSET,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> AuditLogs:
        query = gql("""
            query auditLogs($filter: AuditLogFilter, $order: AuditLogOrder, $first: Int, $after: String) {
              auditLogs(filter: $filter, order: $order, first: $first, after: $after) {
                nodes {
                  ...AuditLogFields
                }
                pageInfo {
                  hasNextPage
                  endCursor
                }
              }
            }

            fragment AuditLogFields on AuditLog {
              id
              action
              occurredAt
              recordedAt
              actor {
                type
                id
                name
              }
              targets {
                type
                id
                name
              }
              changes {
                field
                before
                after
              }
              metadata
              idempotencyKey
            }
            """)
        variables: dict[str, object] = {
            "filter": filter_,
            "order": order,
            "first": first,
            "after": after,
        }
        response = await self.execute(
            query=query, operation_name="auditLogs", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return AuditLogs.model_validate(data)

    async def create_audit_log(
        self, input: CreateAuditLogInput, **kwargs: Any
    ) -> CreateAuditLog:
        query = gql("""
            mutation createAuditLog($input: CreateAuditLogInput!) {
              createAuditLog(input: $input) {
                auditLog {
                  ...AuditLogFields
                }
                receipt
                error {
                  code
                  message
                }
              }
            }

            fragment AuditLogFields on AuditLog {
              id
              action
              occurredAt
              recordedAt
              actor {
                type
                id
                name
              }
              targets {
                type
                id
                name
              }
              changes {
                field
                before
                after
              }
              metadata
              idempotencyKey
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query, operation_name="createAuditLog", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return CreateAuditLog.model_validate(data)

    async def create_audit_logs(
        self, input: CreateAuditLogsInput, **kwargs: Any
    ) -> CreateAuditLogs:
        query = gql("""
            mutation createAuditLogs($input: CreateAuditLogsInput!) {
              createAuditLogs(input: $input) {
                outcomes {
                  auditLog {
                    id
                  }
                  error {
                    code
                    message
                  }
                }
                error {
                  code
                  message
                }
              }
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query, operation_name="createAuditLogs", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return CreateAuditLogs.model_validate(data)

    async def audit_checkpoint(
        self, size: Union[Optional[int], UnsetType] = UNSET, **kwargs: Any
    ) -> AuditCheckpoint:
        query = gql("""
            query auditCheckpoint($size: BigInt) {
              auditCheckpoint(size: $size) {
                number
                size
                root
                note
                madeAt
              }
            }
            """)
        variables: dict[str, object] = {"size": size}
        response = await self.execute(
            query=query, operation_name="auditCheckpoint", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return AuditCheckpoint.model_validate(data)

    async def audit_consistency_proof(
        self, older: int, newer: int, **kwargs: Any
    ) -> AuditConsistencyProof:
        query = gql("""
            query auditConsistencyProof($older: BigInt!, $newer: BigInt!) {
              auditConsistencyProof(older: $older, newer: $newer) {
                older
                newer
                path
              }
            }
            """)
        variables: dict[str, object] = {"older": older, "newer": newer}
        response = await self.execute(
            query=query,
            operation_name="auditConsistencyProof",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return AuditConsistencyProof.model_validate(data)

    async def feature_flags(
        self,
        filter_: Union[Optional[FeatureFlagFilter], UnsetType] = UNSET,
        first: Union[Optional[int], UnsetType] = UNSET,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> FeatureFlags:
        query = gql("""
            query featureFlags($filter: FeatureFlagFilter, $first: Int, $after: String) {
              featureFlags(filter: $filter, first: $first, after: $after) {
                nodes {
                  id
                  key
                  type
                  description
                  owner
                  tags
                  archivedAt
                }
                pageInfo {
                  hasNextPage
                  endCursor
                }
              }
            }
            """)
        variables: dict[str, object] = {
            "filter": filter_,
            "first": first,
            "after": after,
        }
        response = await self.execute(
            query=query, operation_name="featureFlags", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return FeatureFlags.model_validate(data)

    async def evaluate_feature_flag(
        self,
        key: str,
        contexts: list[Any],
        environment: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> EvaluateFeatureFlag:
        query = gql("""
            query evaluateFeatureFlag($key: String!, $contexts: [JSON!]!, $environment: String) {
              evaluateFeatureFlag(key: $key, contexts: $contexts, environment: $environment) {
                value
                variant
                reason
                errorCode
                errorMessage
              }
            }
            """)
        variables: dict[str, object] = {
            "key": key,
            "contexts": contexts,
            "environment": environment,
        }
        response = await self.execute(
            query=query,
            operation_name="evaluateFeatureFlag",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return EvaluateFeatureFlag.model_validate(data)

    async def configuration_values(
        self,
        service: Union[Optional[str], UnsetType] = UNSET,
        keys: Union[Optional[list[str]], UnsetType] = UNSET,
        environment: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> ConfigurationValues:
        query = gql("""
            query configurationValues($service: String, $keys: [String!], $environment: String) {
              configurationValues(service: $service, keys: $keys, environment: $environment) {
                revision
                values {
                  key
                  value
                }
              }
            }
            """)
        variables: dict[str, object] = {
            "service": service,
            "keys": keys,
            "environment": environment,
        }
        response = await self.execute(
            query=query,
            operation_name="configurationValues",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return ConfigurationValues.model_validate(data)

    async def set_configuration_values(
        self, input: SetConfigurationValuesInput, **kwargs: Any
    ) -> SetConfigurationValues:
        query = gql("""
            mutation setConfigurationValues($input: SetConfigurationValuesInput!) {
              setConfigurationValues(input: $input) {
                revision
                error {
                  code
                  message
                }
              }
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query,
            operation_name="setConfigurationValues",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return SetConfigurationValues.model_validate(data)

    async def document(self, id: str, **kwargs: Any) -> Document:
        query = gql("""
            query document($id: ID!) {
              document(id: $id) {
                ...DocumentFields
              }
            }

            fragment DocumentFields on Document {
              id
              title
              format
              state
              pages
              sizeBytes
              sha256
              createdAt
              finishedAt
              output {
                id
                name
                state
              }
              error {
                code
                message
              }
            }
            """)
        variables: dict[str, object] = {"id": id}
        response = await self.execute(
            query=query, operation_name="document", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Document.model_validate(data)

    async def documents(
        self,
        filter_: Union[Optional[DocumentFilter], UnsetType] = UNSET,
        first: Union[Optional[int], UnsetType] = UNSET,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> Documents:
        query = gql("""
            query documents($filter: DocumentFilter, $first: Int, $after: String) {
              documents(filter: $filter, first: $first, after: $after) {
                nodes {
                  ...DocumentFields
                }
                pageInfo {
                  hasNextPage
                  endCursor
                }
              }
            }

            fragment DocumentFields on Document {
              id
              title
              format
              state
              pages
              sizeBytes
              sha256
              createdAt
              finishedAt
              output {
                id
                name
                state
              }
              error {
                code
                message
              }
            }
            """)
        variables: dict[str, object] = {
            "filter": filter_,
            "first": first,
            "after": after,
        }
        response = await self.execute(
            query=query, operation_name="documents", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Documents.model_validate(data)

    async def document_templates(
        self,
        filter_: Union[Optional[DocumentTemplateFilter], UnsetType] = UNSET,
        first: Union[Optional[int], UnsetType] = UNSET,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> DocumentTemplates:
        query = gql("""
            query documentTemplates($filter: DocumentTemplateFilter, $first: Int, $after: String) {
              documentTemplates(filter: $filter, first: $first, after: $after) {
                nodes {
                  id
                  name
                  title
                  description
                  formats
                }
                pageInfo {
                  hasNextPage
                  endCursor
                }
              }
            }
            """)
        variables: dict[str, object] = {
            "filter": filter_,
            "first": first,
            "after": after,
        }
        response = await self.execute(
            query=query,
            operation_name="documentTemplates",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return DocumentTemplates.model_validate(data)

    async def create_document(
        self, input: CreateDocumentInput, **kwargs: Any
    ) -> CreateDocument:
        query = gql("""
            mutation createDocument($input: CreateDocumentInput!) {
              createDocument(input: $input) {
                document {
                  ...DocumentFields
                }
                error {
                  code
                  message
                }
              }
            }

            fragment DocumentFields on Document {
              id
              title
              format
              state
              pages
              sizeBytes
              sha256
              createdAt
              finishedAt
              output {
                id
                name
                state
              }
              error {
                code
                message
              }
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query, operation_name="createDocument", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return CreateDocument.model_validate(data)

    async def cancel_document(
        self, input: CancelDocumentInput, **kwargs: Any
    ) -> CancelDocument:
        query = gql("""
            mutation cancelDocument($input: CancelDocumentInput!) {
              cancelDocument(input: $input) {
                document {
                  ...DocumentFields
                }
                error {
                  code
                  message
                }
              }
            }

            fragment DocumentFields on Document {
              id
              title
              format
              state
              pages
              sizeBytes
              sha256
              createdAt
              finishedAt
              output {
                id
                name
                state
              }
              error {
                code
                message
              }
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query, operation_name="cancelDocument", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return CancelDocument.model_validate(data)

    async def file(self, id: str, **kwargs: Any) -> File:
        query = gql("""
            query file($id: ID!) {
              file(id: $id) {
                ...FileFields
              }
            }

            fragment FileFields on File {
              id
              name
              state
              finding
              sizeBytes
              sha256
              contentType
              version
              tags
              createdAt
            }
            """)
        variables: dict[str, object] = {"id": id}
        response = await self.execute(
            query=query, operation_name="file", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return File.model_validate(data)

    async def files(
        self,
        filter_: Union[Optional[FileFilter], UnsetType] = UNSET,
        order: Union[Optional[FileOrder], UnsetType] = UNSET,
        first: Union[Optional[int], UnsetType] = UNSET,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> Files:
        query = gql("""
            query files($filter: FileFilter, $order: FileOrder, $first: Int, $after: String) {
              files(filter: $filter, order: $order, first: $first, after: $after) {
                nodes {
                  ...FileFields
                }
                pageInfo {
                  hasNextPage
                  endCursor
                }
              }
            }

            fragment FileFields on File {
              id
              name
              state
              finding
              sizeBytes
              sha256
              contentType
              version
              tags
              createdAt
            }
            """)
        variables: dict[str, object] = {
            "filter": filter_,
            "order": order,
            "first": first,
            "after": after,
        }
        response = await self.execute(
            query=query, operation_name="files", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Files.model_validate(data)

    async def file_address(
        self,
        id: str,
        purpose: SignedUrlPurpose,
        seconds: Union[Optional[int], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> FileAddress:
        query = gql("""
            query fileAddress($id: ID!, $purpose: SignedUrlPurpose!, $seconds: Int) {
              file(id: $id) {
                signedUrl(purpose: $purpose, seconds: $seconds)
              }
            }
            """)
        variables: dict[str, object] = {
            "id": id,
            "purpose": purpose,
            "seconds": seconds,
        }
        response = await self.execute(
            query=query, operation_name="fileAddress", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return FileAddress.model_validate(data)

    async def update_file(self, input: UpdateFileInput, **kwargs: Any) -> UpdateFile:
        query = gql("""
            mutation updateFile($input: UpdateFileInput!) {
              updateFile(input: $input) {
                file {
                  ...FileFields
                }
                error {
                  code
                  message
                }
              }
            }

            fragment FileFields on File {
              id
              name
              state
              finding
              sizeBytes
              sha256
              contentType
              version
              tags
              createdAt
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query, operation_name="updateFile", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return UpdateFile.model_validate(data)

    async def trash_files(self, input: TrashFilesInput, **kwargs: Any) -> TrashFiles:
        query = gql("""
            mutation trashFiles($input: TrashFilesInput!) {
              trashFiles(input: $input) {
                outcomes {
                  file {
                    id
                  }
                  error {
                    code
                    message
                  }
                }
                error {
                  code
                  message
                }
              }
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query, operation_name="trashFiles", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return TrashFiles.model_validate(data)

    async def create_share_link(
        self, input: CreateShareLinkInput, **kwargs: Any
    ) -> CreateShareLink:
        query = gql("""
            mutation createShareLink($input: CreateShareLinkInput!) {
              createShareLink(input: $input) {
                shareLink {
                  id
                  expiresAt
                }
                url
                error {
                  code
                  message
                }
              }
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query, operation_name="createShareLink", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return CreateShareLink.model_validate(data)

    async def datasets(self, **kwargs: Any) -> Datasets:
        query = gql("""
            query datasets {
              datasets {
                name
                title
                description
                readable
                writable
                modes
              }
            }
            """)
        variables: dict[str, object] = {}
        response = await self.execute(
            query=query, operation_name="datasets", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Datasets.model_validate(data)

    async def import_job(self, id: str, **kwargs: Any) -> ImportJob:
        query = gql("""
            query importJob($id: ID!) {
              importJob(id: $id) {
                ...ImportJobFields
              }
            }

            fragment ImportJobFields on ImportJob {
              id
              name
              dataset
              state
              rowCount
              inserted
              updated
              unchanged
              failed
              undoable
              createdAt
              finishedAt
              errors {
                id
                name
                state
              }
              error {
                code
                message
              }
            }
            """)
        variables: dict[str, object] = {"id": id}
        response = await self.execute(
            query=query, operation_name="importJob", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return ImportJob.model_validate(data)

    async def create_import_job(
        self, input: CreateImportJobInput, **kwargs: Any
    ) -> CreateImportJob:
        query = gql("""
            mutation createImportJob($input: CreateImportJobInput!) {
              createImportJob(input: $input) {
                importJob {
                  ...ImportJobFields
                }
                error {
                  code
                  message
                }
              }
            }

            fragment ImportJobFields on ImportJob {
              id
              name
              dataset
              state
              rowCount
              inserted
              updated
              unchanged
              failed
              undoable
              createdAt
              finishedAt
              errors {
                id
                name
                state
              }
              error {
                code
                message
              }
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query, operation_name="createImportJob", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return CreateImportJob.model_validate(data)

    async def start_import_job(
        self, input: StartImportJobInput, **kwargs: Any
    ) -> StartImportJob:
        query = gql("""
            mutation startImportJob($input: StartImportJobInput!) {
              startImportJob(input: $input) {
                importJob {
                  ...ImportJobFields
                }
                error {
                  code
                  message
                }
              }
            }

            fragment ImportJobFields on ImportJob {
              id
              name
              dataset
              state
              rowCount
              inserted
              updated
              unchanged
              failed
              undoable
              createdAt
              finishedAt
              errors {
                id
                name
                state
              }
              error {
                code
                message
              }
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query, operation_name="startImportJob", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return StartImportJob.model_validate(data)

    async def undo_import_job(
        self, input: UndoImportJobInput, **kwargs: Any
    ) -> UndoImportJob:
        query = gql("""
            mutation undoImportJob($input: UndoImportJobInput!) {
              undoImportJob(input: $input) {
                importJob {
                  ...ImportJobFields
                }
                error {
                  code
                  message
                }
              }
            }

            fragment ImportJobFields on ImportJob {
              id
              name
              dataset
              state
              rowCount
              inserted
              updated
              unchanged
              failed
              undoable
              createdAt
              finishedAt
              errors {
                id
                name
                state
              }
              error {
                code
                message
              }
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query, operation_name="undoImportJob", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return UndoImportJob.model_validate(data)

    async def export_job(self, id: str, **kwargs: Any) -> ExportJob:
        query = gql("""
            query exportJob($id: ID!) {
              exportJob(id: $id) {
                ...ExportJobFields
              }
            }

            fragment ExportJobFields on ExportJob {
              id
              name
              dataset
              format
              state
              rowCount
              sizeBytes
              createdAt
              finishedAt
              result {
                id
                name
                state
              }
              error {
                code
                message
              }
            }
            """)
        variables: dict[str, object] = {"id": id}
        response = await self.execute(
            query=query, operation_name="exportJob", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return ExportJob.model_validate(data)

    async def create_export_job(
        self, input: CreateExportJobInput, **kwargs: Any
    ) -> CreateExportJob:
        query = gql("""
            mutation createExportJob($input: CreateExportJobInput!) {
              createExportJob(input: $input) {
                exportJob {
                  ...ExportJobFields
                }
                error {
                  code
                  message
                }
              }
            }

            fragment ExportJobFields on ExportJob {
              id
              name
              dataset
              format
              state
              rowCount
              sizeBytes
              createdAt
              finishedAt
              result {
                id
                name
                state
              }
              error {
                code
                message
              }
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query, operation_name="createExportJob", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return CreateExportJob.model_validate(data)

    async def trigger_notification_workflow(
        self, input: TriggerNotificationWorkflowInput, **kwargs: Any
    ) -> TriggerNotificationWorkflow:
        query = gql("""
            mutation triggerNotificationWorkflow($input: TriggerNotificationWorkflowInput!) {
              triggerNotificationWorkflow(input: $input) {
                notificationTrigger {
                  id
                  key
                  state
                  unknown
                }
                error {
                  code
                  message
                }
              }
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query,
            operation_name="triggerNotificationWorkflow",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return TriggerNotificationWorkflow.model_validate(data)

    async def create_notification(
        self, input: CreateNotificationInput, **kwargs: Any
    ) -> CreateNotification:
        query = gql("""
            mutation createNotification($input: CreateNotificationInput!) {
              createNotification(input: $input) {
                notification {
                  ...NotificationFields
                }
                error {
                  code
                  message
                }
              }
            }

            fragment NotificationFields on Notification {
              id
              channel
              category
              state
              subject
              body
              recipient
              createdAt
              sentAt
              seenAt
              readAt
              reasonCode
              reason
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query,
            operation_name="createNotification",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return CreateNotification.model_validate(data)

    async def notification(self, id: str, **kwargs: Any) -> Notification:
        query = gql("""
            query notification($id: ID!) {
              notification(id: $id) {
                ...NotificationFields
              }
            }

            fragment NotificationFields on Notification {
              id
              channel
              category
              state
              subject
              body
              recipient
              createdAt
              sentAt
              seenAt
              readAt
              reasonCode
              reason
            }
            """)
        variables: dict[str, object] = {"id": id}
        response = await self.execute(
            query=query, operation_name="notification", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Notification.model_validate(data)

    async def notifications(
        self,
        filter_: Union[Optional[NotificationFilter], UnsetType] = UNSET,
        first: Union[Optional[int], UnsetType] = UNSET,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> Notifications:
        query = gql("""
            query notifications($filter: NotificationFilter, $first: Int, $after: String) {
              notifications(filter: $filter, first: $first, after: $after) {
                nodes {
                  ...NotificationFields
                }
                pageInfo {
                  hasNextPage
                  endCursor
                }
              }
            }

            fragment NotificationFields on Notification {
              id
              channel
              category
              state
              subject
              body
              recipient
              createdAt
              sentAt
              seenAt
              readAt
              reasonCode
              reason
            }
            """)
        variables: dict[str, object] = {
            "filter": filter_,
            "first": first,
            "after": after,
        }
        response = await self.execute(
            query=query, operation_name="notifications", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Notifications.model_validate(data)

    async def create_subscriber(
        self, input: CreateSubscriberInput, **kwargs: Any
    ) -> CreateSubscriber:
        query = gql("""
            mutation createSubscriber($input: CreateSubscriberInput!) {
              createSubscriber(input: $input) {
                subscriber {
                  ...SubscriberFields
                }
                error {
                  code
                  message
                }
              }
            }

            fragment SubscriberFields on Subscriber {
              id
              key
              name
              email
              locale
              timeZone
              topics
              preferences
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query,
            operation_name="createSubscriber",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return CreateSubscriber.model_validate(data)

    async def update_subscriber(
        self, input: UpdateSubscriberInput, **kwargs: Any
    ) -> UpdateSubscriber:
        query = gql("""
            mutation updateSubscriber($input: UpdateSubscriberInput!) {
              updateSubscriber(input: $input) {
                subscriber {
                  ...SubscriberFields
                }
                error {
                  code
                  message
                }
              }
            }

            fragment SubscriberFields on Subscriber {
              id
              key
              name
              email
              locale
              timeZone
              topics
              preferences
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query,
            operation_name="updateSubscriber",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return UpdateSubscriber.model_validate(data)

    async def job_schedule(self, id: str, **kwargs: Any) -> JobSchedule:
        query = gql("""
            query jobSchedule($id: ID!) {
              jobSchedule(id: $id) {
                ...JobScheduleFields
              }
            }

            fragment JobScheduleFields on JobSchedule {
              id
              name
              enabled
              kind
              cron
              everySeconds
              timeZone
              target
              targetKind
              nextRunAt
              lastRunAt
            }
            """)
        variables: dict[str, object] = {"id": id}
        response = await self.execute(
            query=query, operation_name="jobSchedule", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return JobSchedule.model_validate(data)

    async def job_schedules(
        self,
        filter_: Union[Optional[JobScheduleFilter], UnsetType] = UNSET,
        first: Union[Optional[int], UnsetType] = UNSET,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> JobSchedules:
        query = gql("""
            query jobSchedules($filter: JobScheduleFilter, $first: Int, $after: String) {
              jobSchedules(filter: $filter, first: $first, after: $after) {
                nodes {
                  ...JobScheduleFields
                }
                pageInfo {
                  hasNextPage
                  endCursor
                }
              }
            }

            fragment JobScheduleFields on JobSchedule {
              id
              name
              enabled
              kind
              cron
              everySeconds
              timeZone
              target
              targetKind
              nextRunAt
              lastRunAt
            }
            """)
        variables: dict[str, object] = {
            "filter": filter_,
            "first": first,
            "after": after,
        }
        response = await self.execute(
            query=query, operation_name="jobSchedules", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return JobSchedules.model_validate(data)

    async def job_runs(
        self,
        filter_: Union[Optional[JobRunFilter], UnsetType] = UNSET,
        first: Union[Optional[int], UnsetType] = UNSET,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> JobRuns:
        query = gql("""
            query jobRuns($filter: JobRunFilter, $first: Int, $after: String) {
              jobRuns(filter: $filter, first: $first, after: $after) {
                nodes {
                  ...JobRunFields
                }
                pageInfo {
                  hasNextPage
                  endCursor
                }
              }
            }

            fragment JobRunFields on JobRun {
              id
              state
              fireTime
              startedAt
              finishedAt
              attempt
              progress
              result
              error {
                code
                message
              }
            }
            """)
        variables: dict[str, object] = {
            "filter": filter_,
            "first": first,
            "after": after,
        }
        response = await self.execute(
            query=query, operation_name="jobRuns", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return JobRuns.model_validate(data)

    async def create_job_schedule(
        self, input: CreateJobScheduleInput, **kwargs: Any
    ) -> CreateJobSchedule:
        query = gql("""
            mutation createJobSchedule($input: CreateJobScheduleInput!) {
              createJobSchedule(input: $input) {
                jobSchedule {
                  ...JobScheduleFields
                }
                error {
                  code
                  message
                }
              }
            }

            fragment JobScheduleFields on JobSchedule {
              id
              name
              enabled
              kind
              cron
              everySeconds
              timeZone
              target
              targetKind
              nextRunAt
              lastRunAt
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query,
            operation_name="createJobSchedule",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return CreateJobSchedule.model_validate(data)

    async def trigger_job_schedule(
        self, input: TriggerJobScheduleInput, **kwargs: Any
    ) -> TriggerJobSchedule:
        query = gql("""
            mutation triggerJobSchedule($input: TriggerJobScheduleInput!) {
              triggerJobSchedule(input: $input) {
                jobRun {
                  ...JobRunFields
                }
                error {
                  code
                  message
                }
              }
            }

            fragment JobRunFields on JobRun {
              id
              state
              fireTime
              startedAt
              finishedAt
              attempt
              progress
              result
              error {
                code
                message
              }
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query,
            operation_name="triggerJobSchedule",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return TriggerJobSchedule.model_validate(data)

    async def pause_job_schedule(
        self, input: PauseJobScheduleInput, **kwargs: Any
    ) -> PauseJobSchedule:
        query = gql("""
            mutation pauseJobSchedule($input: PauseJobScheduleInput!) {
              pauseJobSchedule(input: $input) {
                jobSchedule {
                  ...JobScheduleFields
                }
                error {
                  code
                  message
                }
              }
            }

            fragment JobScheduleFields on JobSchedule {
              id
              name
              enabled
              kind
              cron
              everySeconds
              timeZone
              target
              targetKind
              nextRunAt
              lastRunAt
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query,
            operation_name="pauseJobSchedule",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return PauseJobSchedule.model_validate(data)

    async def resume_job_schedule(
        self, input: ResumeJobScheduleInput, **kwargs: Any
    ) -> ResumeJobSchedule:
        query = gql("""
            mutation resumeJobSchedule($input: ResumeJobScheduleInput!) {
              resumeJobSchedule(input: $input) {
                jobSchedule {
                  ...JobScheduleFields
                }
                error {
                  code
                  message
                }
              }
            }

            fragment JobScheduleFields on JobSchedule {
              id
              name
              enabled
              kind
              cron
              everySeconds
              timeZone
              target
              targetKind
              nextRunAt
              lastRunAt
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(
            query=query,
            operation_name="resumeJobSchedule",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return ResumeJobSchedule.model_validate(data)
