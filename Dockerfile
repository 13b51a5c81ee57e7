# One image for web, worker and beat; docker-compose.yml says which one a container is.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/data
WORKDIR /app

COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt

COPY . .

RUN useradd --system --uid 10001 --home-dir /data roapp && install -d -o roapp /data

# Static files are collected at build time; nothing secret is needed for that, and DEBUG is not baked in. The bytecode is
# made here too, since a container's root may be read-only.
RUN SECRET_KEY=$(printf '%050d' 0) ENCRYPTION_KEYS=$(printf '%043d=' 0) ALLOWED_HOSTS=build DATABASE_URL=sqlite:////tmp/build.sqlite3 \
    REDIS_URL=redis://build VAR_DIR=/tmp python manage.py collectstatic --noinput \
    && python -m compileall -q common customers integrations inventory orders roapp

# By number, so that Kubernetes sees that it is not root.
USER 10001:10001

# /healthz says it. Last, since all that stands below is built anew for each version.
ARG VERSION=unknown
ENV VERSION=${VERSION}
LABEL org.opencontainers.image.title="RO App" org.opencontainers.image.version="${VERSION}"

EXPOSE 8000
CMD ["gunicorn", "--config", "python:roapp.web_server", "--bind", "0.0.0.0:8000"]
