"""The letterhead in the administration, and the picture that becomes its logo."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from orders.models import Letterhead
from tests.support.users import create_user, signed_in

pytestmark = pytest.mark.django_db
ADD = "/admin/orders/letterhead/add/"
CHANGE = "/admin/orders/letterhead/1/change/"


@pytest.fixture
def boss(db):
    return signed_in(create_user("boss", group="Admin", is_staff=True))


def picture(
    kind: str = "PNG", size: tuple[int, int] = (1800, 600)
) -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", size, "#123a7a").save(file, kind)
    return SimpleUploadedFile(f"logo.{kind.lower()}", file.getvalue())


def test_list_leads_to_the_one_form(boss):
    assert boss.get("/admin/orders/letterhead/")["Location"] == ADD
    assert boss.post(ADD, {"name": "Gadget Garage"}).status_code == 302
    assert boss.get("/admin/orders/letterhead/")["Location"] == CHANGE
    assert boss.get(ADD).status_code == 403
    assert [each.name for each in Letterhead.objects.all()] == ["Gadget Garage"]


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_picture_becomes_a_small_png_that_is_shown_and_can_be_removed(
    boss, client, kind
):
    assert client.get("/orders/logo/").status_code == 404
    boss.post(ADD, {"name": "Gadget Garage", "picture": picture(kind)})
    answer = client.get("/orders/logo/")
    assert answer["Content-Type"] == "image/png"
    logo = Image.open(BytesIO(answer.content))
    assert (logo.format, logo.size) == ("PNG", (900, 300))
    boss.post(CHANGE, {"name": "Garage"})
    assert client.get("/orders/logo/").content == answer.content
    boss.post(CHANGE, {"name": "Garage", "remove_logo": "on"})
    assert client.get("/orders/logo/").status_code == 404


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (
            SimpleUploadedFile("logo.png", b"<svg onload=alert(1)>"),
            "This is not a picture that can be read. Choose a PNG or JPEG file.",
        ),
        (
            SimpleUploadedFile("logo.png", picture().read()[:200]),
            "This is not a picture that can be read. Choose a PNG or JPEG file.",
        ),
        (picture("GIF"), "This is not a picture that can be read."),
        (SimpleUploadedFile("logo.png", b"x" * 1_000_001), "larger than 1 MB"),
        (picture(size=(6_001, 1)), "more than 6,000 pixels on a side"),
    ],
    ids=["no-picture", "cut-off", "gif", "large", "wide"],
)
def test_what_is_no_such_picture_is_refused_and_nothing_is_stored(boss, file, said):
    file.seek(0)
    answer = boss.post(ADD, {"name": "Gadget Garage", "picture": file})
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not Letterhead.objects.exists()
