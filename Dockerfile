# syntax=docker/dockerfile:1
# One image for `joinder serve` and `joinder worker`. The database is another container's.

FROM rust:1.95-slim-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends build-essential pkg-config libssl-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --locked --release --bin joinder \
    && cp target/release/joinder /usr/local/bin/joinder

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libssl3 tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 joinder \
    && useradd --system --uid 10001 --gid joinder --home-dir /var/lib/joinder --shell /usr/sbin/nologin joinder \
    && install -d -o joinder -g joinder -m 0700 /var/lib/joinder
COPY --from=build /usr/local/bin/joinder /usr/local/bin/joinder
USER joinder
WORKDIR /var/lib/joinder
VOLUME /var/lib/joinder
ENV DATA_DIR=/var/lib/joinder \
    BIND=0.0.0.0:8080
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["joinder", "check", "--url", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["joinder"]
CMD ["serve"]
