# The images of one file: `build` compiles, `run` holds the binaries, `examples` adds the modules that the README runs; `gate` and
# `etcd` are for docker-compose.cluster.yml.
#
#   docker build --target run -t millrace .
FROM debian:bookworm-slim AS build
WORKDIR /src
COPY dev ./
RUN ./dev install
COPY . .
RUN ./dev build release \
 && cd build/release/bin && install -s -D -t /out millrace millrace-* \
 # The Debian packages that the binaries are linked with, and no list of them to keep by hand.
 && ldd /out/* | sed -n 's/.*=> .*\/\(.*\) (.*/*\/\1/p' | sort -u | xargs dpkg -S | cut -d: -f1 | sort -u >/packages
RUN cd examples/greeter && npm ci --omit=dev --no-audit --no-fund

FROM debian:bookworm-slim AS run
COPY --from=build /packages /usr/share/millrace/packages
RUN apt-get update -q \
 && xargs apt-get install -qy --no-install-recommends </usr/share/millrace/packages \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log \
 && useradd --system --uid 10001 --user-group --no-create-home --home-dir /var/lib/millrace millrace \
 && install -d -m 0700 -o millrace -g millrace /var/lib/millrace
COPY --from=build /out/millrace /out/millrace-schema /out/millrace-routing /out/millrace-ingress \
     /out/millrace-console /out/millrace-timeline /usr/local/bin/
# For docker-compose.closed.yml.
COPY containers/keys /usr/local/bin/millrace-keys
COPY containers/admit /usr/local/bin/millrace-admit
# In a container everything listens on all its interfaces; what is published is up to whoever starts it.
ENV MILLRACE_DATA=/var/lib/millrace \
    MILLRACE_SCHEMA_LISTEN=0.0.0.0:8892 MILLRACE_SCHEMA_HEALTH_LISTEN=0.0.0.0:9892 \
    MILLRACE_ROUTING_LISTEN=0.0.0.0:8893 MILLRACE_ROUTING_HEALTH_LISTEN=0.0.0.0:9893 \
    MILLRACE_TIMELINE_LISTEN=0.0.0.0:8894 MILLRACE_TIMELINE_HEALTH_LISTEN=0.0.0.0:9894 \
    MILLRACE_INGRESS_HTTP_LISTEN=0.0.0.0:8891 MILLRACE_INGRESS_HEALTH_LISTEN=0.0.0.0:9891 \
    MILLRACE_CONSOLE_HTTP_LISTEN=0.0.0.0:8895 MILLRACE_CONSOLE_HEALTH_LISTEN=0.0.0.0:9895
WORKDIR /var/lib/millrace
USER 10001:10001
EXPOSE 8891 8895
CMD ["millrace", "serve"]

FROM run AS examples
USER root
RUN apt-get update -q && apt-get install -qy --no-install-recommends nodejs \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log
COPY --from=build /out/millrace-example-time /out/millrace-example-echo /usr/local/bin/
COPY --from=build /src/protos /opt/millrace/protos
COPY --from=build /src/examples /opt/millrace/examples
WORKDIR /opt/millrace/examples
USER 10001:10001
CMD ["millrace", "help"]

# Before several ingresses: haproxy.
FROM run AS gate
USER root
RUN apt-get update -q && apt-get install -qy --no-install-recommends haproxy \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log
COPY containers/gate.cfg /etc/millrace/gate.cfg
USER 10001:10001
# -db: in the foreground, as one process, which heeds no SIGTERM; at SIGUSR1 it lets what is in hand end.
STOPSIGNAL SIGUSR1
CMD ["haproxy", "-db", "-f", "/etc/millrace/gate.cfg"]

# One node of the journal's engine, as Debian packs it.
FROM debian:bookworm-slim AS etcd
RUN printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d \
 && apt-get update -q && apt-get install -qy --no-install-recommends etcd-server etcd-client \
 && rm -rf /var/lib/etcd /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log \
 && install -d -m 0700 -o 10001 -g 10001 /var/lib/etcd
USER 10001:10001
CMD ["etcd"]

# What is built where no target is named.
FROM run
