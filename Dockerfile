# Builds the image of garminsync: docker build -t garminsync .   (docs/container.md)
# The base images can be replaced, for example with those of your own registry: --build-arg RUST=… --build-arg DEBIAN=…
ARG RUST=rust:1-slim-bookworm
ARG DEBIAN=debian:bookworm-slim

# hadolint ignore=DL3006
FROM ${RUST} AS build
WORKDIR /src
# The sources are copied first, so that a change of a document does not build the commands again.
COPY Cargo.toml Cargo.lock ./
COPY benches benches
COPY tests/sim tests/sim
COPY src src
# --build-arg CARGO_PROFILE_RELEASE_OPT_LEVEL=0 builds faster, but the commands are slower; only for tests of the image.
ARG CARGO_PROFILE_RELEASE_OPT_LEVEL
RUN cargo build --release --locked --package garminsync --bins --target-dir /build
COPY . .
RUN DESTDIR=/out scripts/install --prefix /usr/local --from /build/release

# hadolint ignore=DL3006
FROM ${DEBIAN}
# tini forwards signals and reaps zombies, busybox serves the page, and flock is in util-linux, which the base image has.
# Versions are not pinned, because Debian stable only receives fixes.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends busybox ca-certificates tini tzdata \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/usr/local/bin /usr/local/bin
COPY --from=build /out/usr/local/libexec /usr/local/libexec
COPY --from=build /out/usr/local/share/doc/garminsync /usr/local/share/doc/garminsync
RUN groupadd --gid 1000 garminsync \
    && useradd --uid 1000 --gid 1000 --no-create-home --home-dir /app --shell /usr/sbin/nologin garminsync \
    && install -d -m 755 /app \
    && install -d -m 700 -o 1000 -g 1000 /app/data

LABEL org.opencontainers.image.title="garminsync" \
      org.opencontainers.image.description="Archives and synchronises sport activities of Garmin Connect, COROS and intervals.icu" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.documentation="/usr/local/share/doc/garminsync/docs/container.md"

# The daemon stays in the foreground, and quotes in an --env-file are not part of the value.
ENV DATA_DIR=/app/data GS_FOREGROUND=1 GS_ENV_STRIP_QUOTES=1 LANG=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /app
USER 1000:1000
VOLUME /app/data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5m --timeout=1m --start-period=1m --retries=2 \
    CMD ["/usr/local/libexec/garminsync/garminsync-health"]
# -g: signals also reach the commands that a script started. -s: works if another program is process 1.
ENTRYPOINT ["/usr/bin/tini", "-g", "-s", "--", "/usr/local/libexec/garminsync/garminsync-container"]
CMD ["--help"]
