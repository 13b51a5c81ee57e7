from django import template

from customers import phones

register = template.Library()
register.filter("written_phone", phones.written_phone)
