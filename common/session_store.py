"""Django's sessions in the database, read with SQL that is made once: every request reads one."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from common.prepared import prepared


# Of Django's name, which signs what sessions hold.
class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Session | None:
        found = next(iter(_with_key(self.session_key)), None)
        if found and found.expire_date > timezone.now():
            return found
        self._session_key = None
        return None


@prepared
def _with_key(session_key: str | None) -> QuerySet[Session]:
    return Session.objects.filter(session_key=session_key)
