# garminsync as an image: docker build -t garminsync .   (docs/container.md)
# The names of the two base images may be others, as where a registry of one's own has them: --build-arg RUST=…
ARG RUST=rust:1-slim-bookworm
ARG DEBIAN=debian:bookworm-slim

# hadolint ignore=DL3006
FROM ${RUST} AS build
WORKDIR /src
# First what the commands are made of: they need not be built again for a document.
COPY Cargo.toml Cargo.lock ./
COPY benches benches
COPY tests/sim tests/sim
COPY src src
# With --build-arg CARGO_PROFILE_RELEASE_OPT_LEVEL=0 it is sooner built, and slower: to try the image, not to use it.
ARG CARGO_PROFILE_RELEASE_OPT_LEVEL
RUN cargo build --release --locked --package garminsync --bins --target-dir /build
COPY . .
RUN DESTDIR=/out scripts/install --prefix /usr/local --from /build/release

# hadolint ignore=DL3006
FROM ${DEBIAN}
# tini ends what is left over and passes signals on; busybox serves the page; flock is of util-linux, which is there.
# Versions are not pinned: Debian's stable gets nothing but corrections, and those are wanted.
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
      org.opencontainers.image.description="Archives and synchronises sport activities of Garmin Connect and COROS" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.documentation="/usr/local/share/doc/garminsync/docs/container.md"

# The daemon stays in the foreground, and quotes in an --env-file are none of the value.
ENV DATA_DIR=/app/data GS_FOREGROUND=1 GS_ENV_STRIP_QUOTES=1 LANG=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /app
USER 1000:1000
VOLUME /app/data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5m --timeout=1m --start-period=1m --retries=2 \
    CMD ["/usr/local/libexec/garminsync/garminsync-health"]
# -g: also what a script has started ends by itself. -s: also where another program is the first process.
ENTRYPOINT ["/usr/bin/tini", "-g", "-s", "--", "/usr/local/libexec/garminsync/garminsync-container"]
CMD ["--help"]
