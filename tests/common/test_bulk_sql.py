"""A long list of values as one parameter, on both databases."""

import pytest

from common.bulk_sql import any_of
from inventory.models import Category

ODD = [
    "",
    "NULL",
    'a "quoted" one',
    "a\\backslash",
    "{braces}",
    "one, two",
    "it's",
    "100 %s",
    "Ü\nnew line",
    " spaces ",
]


@pytest.mark.django_db
def test_values_are_found_as_they_are_whatever_they_hold():
    Category.objects.bulk_create(
        [Category(key=text, name=text) for text in [*ODD, "a", "quoted", "one"]]
    )
    found = Category.objects.filter(any_of("key", [*ODD, "missing"])).values_list(
        "key", flat=True
    )
    assert sorted(found) == sorted(ODD)


@pytest.mark.django_db
def test_numbers_are_found_and_nothing_among_nothing():
    rows = Category.objects.bulk_create(
        [Category(key=str(number), name=str(number)) for number in range(3)]
    )
    assert set(Category.objects.filter(any_of("id", [rows[0].pk, rows[2].pk, 0]))) == {
        rows[0],
        rows[2],
    }
    assert not Category.objects.filter(any_of("id", [])).exists()
    assert not Category.objects.filter(any_of("key", [])).exists()


@pytest.mark.django_db
def test_text_that_no_row_can_hold_is_not_found():
    Category.objects.bulk_create([Category(key=text, name=text) for text in ["a", "b"]])
    assert list(
        Category.objects.filter(any_of("key", ["a\x00b", "b"])).values_list(
            "key", flat=True
        )
    ) == ["b"]
