"""RO App takes one file: the logo of the letterhead, from who may write it."""

from io import BytesIO
from typing import Any

from django.core.exceptions import BadRequest
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest
from django.urls import reverse

from orders.printing.logo import MAX_BYTES

WRITE = ("orders.add_letterhead", "orders.change_letterhead")


class OnlyTheLogo(FileUploadHandler):
    """Refuses any other form with a file before any of the file is read. The logo stays in memory, and of
    one that is too large the rest is thrown away: its form says so."""

    def new_file(self, *args: Any, **values: Any) -> None:
        if not self.request or not _is_for_the_logo(self.request):
            raise BadRequest("RO App takes no files.")
        super().new_file(*args, **values)
        self.held = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start <= MAX_BYTES:
            self.held.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self.held.seek(0)
        return InMemoryUploadedFile(
            self.held,
            self.field_name,
            self.file_name,
            self.content_type,
            file_size,
            self.charset,
            self.content_type_extra,
        )


def _is_for_the_logo(request: HttpRequest) -> bool:
    form = reverse("admin:orders_letterhead_changelist")
    return request.path.startswith(form) and any(
        request.user.has_perm(each) for each in WRITE
    )
