# One image for every part of the panel: web server, worker, beat, and all of them in one (the default).
# It writes to DATA_DIR and /tmp only, so its root file system may be read-only.
FROM python:3.11-slim AS builder

ENV PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PATH=/opt/panel/bin:$PATH
COPY requirements/base.txt /tmp/base.txt
# Wheels only and by their hashes: nothing is compiled, and nothing else than what was tested comes in.
RUN python -m venv /opt/panel \
    && pip install --no-cache-dir --only-binary :all: --require-hashes -r /tmp/base.txt

WORKDIR /app
COPY . .
# Static files and bytecode are made once, here: no container could write them.
RUN DATA_DIR=/tmp/build PANEL_ENV_FILE=/dev/null python manage.py collectstatic --no-input --verbosity 0 \
    && python -m compileall -q .

FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PATH=/opt/panel/bin:$PATH HOME=/tmp DATA_DIR=/data
RUN useradd --system --uid 10001 --no-create-home --home-dir /tmp panel && install --directory --owner panel /data
COPY --from=builder /opt/panel /opt/panel
COPY --from=builder /app /app

WORKDIR /app
USER panel
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ.get('PORT', 8000)}/health\", timeout=4)"]
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0"]
