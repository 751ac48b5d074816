# The command line of flowathena, for a scheduler of containers: 'make image'.
# Pin the base by its digest where images are promoted: --build-arg BASE=python:3.13-slim@sha256:…
ARG BASE=python:3.13.9-slim-bookworm

FROM ${BASE} AS build
WORKDIR /source
COPY pyproject.toml README.md ./
COPY flowathena ./flowathena
COPY queries ./queries
COPY ddl ./ddl
COPY tests/cases ./tests/cases
RUN python -m venv /opt/flowathena \
    && /opt/flowathena/bin/python -m pip install --no-cache-dir --disable-pip-version-check .

FROM ${BASE}
LABEL org.opencontainers.image.title="flowathena" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/flowathena/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FLOWATHENA_CACHE=/tmp/flowathena
COPY --from=build /opt/flowathena /opt/flowathena
RUN groupadd --gid 10001 flowathena \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin flowathena
# By number, so that Kubernetes can see that it is not root.
USER 10001:10001
WORKDIR /tmp
ENTRYPOINT ["flowathena"]
CMD ["--help"]
