from django.urls import path

from orders.bulk import recent
from orders.bulk import views as bulk
from orders.keyboard import views as keyboard
from orders.order_list import colleagues, view_pages
from orders.order_list import live as list_live
from orders.order_list import views as order_list
from orders.order_page import (
    actions,
    assigning,
    create_views,
    deletion_views,
    line_actions,
    product_finder,
)
from orders.order_page import live as page_live
from orders.order_page import views as order_page
from orders.preferences import views as preferences
from orders.printing import views as printing

app_name = "orders"
urlpatterns = [
    path("", order_list.order_list, name="list"),
    path("count/", order_list.count, name="count"),
    path("export/", order_list.export, name="export"),
    path("badges/", order_list.badges, name="badges"),
    path("colleagues/", colleagues.colleagues, name="colleagues"),
    path("bulk/", recent.actions, name="bulk"),
    path("bulk/write-off/", bulk.write_off, name="write-off-selection"),
    path("bulk/due/", bulk.set_due, name="due-of-selection"),
    path("bulk/progress/", bulk.bulk_progress, name="bulk-progress"),
    path("bulk/<int:pk>/", bulk.bulk_action, name="bulk-action"),
    path("bulk/<int:pk>/undo/", bulk.undo, name="undo"),
    path("display/", view_pages.display, name="display"),
    path("views/", view_pages.create, name="views"),
    path("views/<int:pk>/", view_pages.change, name="view"),
    path("time-zone/", preferences.choose_time_zone, name="time-zone"),
    path("scan/", order_page.open_scanned, name="scan"),
    path("logo/", printing.logo, name="logo"),
    path("print/", printing.preview_selection, name="print-selection"),
    path("print/pdf/", printing.pdf_of_selection, name="slips-pdf"),
    path("go-to/", keyboard.go_to, name="go-to"),
    path("keys/", keyboard.keys, name="keys"),
    path("live/", list_live.live, name="live"),
    path("create/", create_views.create, name="create"),
    path("find-product/", product_finder.find_product, name="find-product"),
    path("find-customer/", actions.find_customer, name="find-customer"),
    path("find-colleague/", assigning.find_colleague, name="find-colleague"),
    path("<int:pk>/", order_page.order_detail, name="detail"),
    path("<int:pk>/neighbours/", order_list.neighbours, name="neighbours"),
    path("<int:pk>/print/", printing.preview, name="print"),
    path("<int:pk>/print/pdf/", printing.pdf, name="slip-pdf"),
    path("<int:pk>/live/", page_live.order_live, name="order-live"),
    path("<int:pk>/delete/", deletion_views.delete, name="delete"),
    path("<int:pk>/statuses/", actions.statuses, name="statuses"),
    path("<int:pk>/people/", assigning.people, name="people"),
    path("<int:pk>/days/", actions.days, name="days"),
    path("<int:pk>/status/", actions.set_status, name="status"),
    path("<int:pk>/assignee/", actions.set_assignee, name="assignee"),
    path("<int:pk>/type/", actions.set_type, name="type"),
    path("<int:pk>/customer/", actions.set_customer, name="customer"),
    path("<int:pk>/due/", actions.set_due, name="due"),
    path("<int:pk>/note/", actions.set_note, name="note"),
    path("<int:pk>/comments/", actions.add_comment, name="comment"),
    path("<int:pk>/lines/", line_actions.add, name="line-add"),
    path("<int:pk>/lines/<int:line>/", line_actions.change, name="line-change"),
    path("<int:pk>/lines/<int:line>/remove/", line_actions.remove, name="line-remove"),
    path(
        "<int:pk>/lines/<int:line>/difference/", line_actions.decide, name="line-decide"
    ),
    path("<int:pk>/difference/", line_actions.accept_of_order, name="accept"),
    path("<int:pk>/write-off/", line_actions.write_off, name="write-off"),
    path("<int:pk>/reverse/", line_actions.put_back, name="reverse"),
]
