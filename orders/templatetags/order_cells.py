"""How values are written, for Django's templates."""

from django import template

from common import formats

register = template.Library()
register.filter("said", formats.translated)
register.filter("money", formats.money)
register.filter("grouped", formats.grouped)
register.filter("minutes", formats.minutes)
register.filter("roughly", formats.roughly)
register.simple_tag(formats.moment)
register.simple_tag(formats.exact_moment)
