"""How the web server runs, in the image and without one: ``gunicorn --config python:roapp.web_server``."""

from roapp.operations.logs import log_what_nobody_caught
from roapp.settings import LOGGING

wsgi_app = "roapp.wsgi"
workers = 3
threads = 4
graceful_timeout = 50
"""Seconds that requests get to end in when the server is stopped; who stops it waits for 60."""
control_socket_disable = True
# A proxy reads whole requests before a thread of ours is busy (deploy/nginx.conf), and these bound what it
# may pass on: an address of many filters is long, and no browser sends so many headers.
limit_request_line = 8_190
limit_request_fields = 64
limit_request_field_size = 8_190
logger_class = "roapp.web.access_log.AccessLog"
accesslog = "-"
# Its lines are as those of everybody else.
own = {"handlers": [], "propagate": True, "level": LOGGING["root"]["level"]}
loggers = {"gunicorn.error": own, "gunicorn.access": own}
logconfig_dict = {**LOGGING, "loggers": {**LOGGING["loggers"], **loggers}}
log_what_nobody_caught()
# Without the query string: people search for names and phone numbers.
access_log_format = '%(h)s "%(m)s %(U)s" %(s)s %(B)s %(L)ss %({x-request-id}o)s'
