"""Django registers the classes of this package's modules when it looks for an app's administration."""

from integrations.admin import connections, privacy_requests, records

__all__ = ["connections", "privacy_requests", "records"]
