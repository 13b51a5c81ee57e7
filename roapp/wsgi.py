import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from roapp.memory import tune_garbage_collector

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roapp.settings")
application = get_wsgi_application()
import_module(settings.ROOT_URLCONF)  # all pages; else the first request loads them
tune_garbage_collector()
