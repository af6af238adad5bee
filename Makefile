# joinder: `make demo` shows it, `make test` checks it. Both install what is missing first.

SHELL := /bin/sh
# A fresh rustup is not on the PATH of every shell.
export PATH := $(PATH):$(HOME)/.cargo/bin

TARGET_DIR := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
DIST := dist/joinder-$(VERSION)

.PHONY: demo test lint setup setup-test dist openapi fuzz

demo: setup
	cargo run --locked

test: setup-test lint
	cargo test --locked

lint:
	cargo fmt --all --check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps

setup:
	@deploy/setup.sh run

setup-test:
	@deploy/setup.sh test

# Writes docs/openapi.json after something was added to the API; refuses what would break others (`OPENAPI=break` does not).
openapi: setup-test
	OPENAPI=$${OPENAPI:-write} cargo test --locked --test it api_compat::nothing

# Some thousand requests to each part of the API of a fresh demo, good ones and wrong ones: for the night. `SEED=7` repeats.
fuzz: setup
	cargo build --locked
	tests/fuzz/run.sh $(TARGET_DIR)/debug/joinder $(if $(SEED),--seed $(SEED))

# One archive with all a server needs besides Postgres: program, units, proxy example, instructions.
dist:
	cargo build --locked --release
	rm -rf $(DIST) $(DIST).tar.gz
	mkdir -p $(DIST)
	install -m 0755 $(TARGET_DIR)/release/joinder $(DIST)/joinder
	strip $(DIST)/joinder
	install -m 0644 deploy/joinder.service deploy/joinder-worker.service deploy/nginx.conf $(DIST)/
	install -m 0644 deploy/joinder.env.example deploy/README.md $(DIST)/
	tar -C dist --owner=0 --group=0 -czf $(DIST).tar.gz joinder-$(VERSION)
	@echo "$(DIST).tar.gz"
