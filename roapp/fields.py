"""How the fields of forms are drawn."""

from typing import Any

from django.forms.renderers import DjangoTemplates, Jinja2


class FieldRenderer(Jinja2):
    """By Jinja, which takes a quarter of the time; the administration has templates of Django's alone."""

    def __init__(self) -> None:
        self._other = DjangoTemplates()

    def get_template(self, template_name: str) -> Any:  # noqa: ANN401  of either engine
        if template_name.startswith("django/forms/"):
            return super().get_template(template_name)
        return self._other.get_template(template_name)
