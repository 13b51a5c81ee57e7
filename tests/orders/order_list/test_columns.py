"""How wide the list's columns are."""

import pytest

from orders.order_list.columns import COLUMNS, column_widths, columns_named, is_wide

USUAL = [column.key for column in COLUMNS if column.is_usual]


@pytest.mark.parametrize(
    ("keys", "widths"),
    [
        # Items take what is left, else customers, else the first that may grow.
        (["number", "customer", "items", "total"], ["80", "10.52%", "", "116"]),
        (["number", "customer", "store", "total"], ["80", "", "7.01%", "116"]),
        (["number", "store", "type", "due"], ["80", "", "7.01%", "86"]),
        # Where none may, all share the table.
        (["number", "total"], ["40.82%", "59.18%"]),
    ],
)
def test_narrow_values_have_pixels_and_texts_what_is_left(keys, widths):
    assert column_widths(columns_named(keys)) == widths


def test_usual_columns_fit_into_a_window_of_1280_pixels():
    table = 1280 - 2 * 24
    widths = column_widths(columns_named(USUAL))
    assert [each for each in widths if not each] == [""]
    taken = sum(
        float(each[:-1]) * table / 100 if each.endswith("%") else float(each or 0)
        for each in widths
    )
    assert table - 40 - taken > 110


def test_columns_that_do_not_fit_keep_their_pixels():
    every = columns_named([column.key for column in COLUMNS])
    assert column_widths(every) == [str(column.width) for column in COLUMNS]
    assert [is_wide(every), is_wide(columns_named(USUAL))] == [True, False]
