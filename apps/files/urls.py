"""What the files app serves beside GraphQL: `/files/api/`, and pages for people."""

from django.urls import path

from apps.files.views import batches, contents, direct, library, pictures, resumable, share

urlpatterns = [
    path("files/", contents.files),
    path("files/<str:name>", contents.file),
    path("files/<uuid:file_id>/<slug:kind>/", pictures.picture_of_file),
    path("signed/view/<str:ticket>/<slug:kind>/", pictures.signed_picture),
    path("signed/<str:purpose>/<str:ticket>", direct.signed_content),
    path("direct/<str:ticket>", direct.direct),
    path("uploads/", resumable.uploads),
    path("zip/", batches.zip_files),
    path("uploads/<uuid:upload_id>", resumable.upload),
]

pages = [
    path("library/", library.page, name="files-library"),
    path("s/<str:token>", share.page, name="files-share"),
]
