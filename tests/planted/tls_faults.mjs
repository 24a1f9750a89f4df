// Faults of the closed doors: certificates that nobody checks, and files that nobody reads again.
const grpc = 'libs/statekit/src/io/grpc_credentials.cpp';
const context = 'libs/tls/src/context.cpp';
const credentials = 'libs/tls/src/credentials.cpp';

export const behind_tls = [
  { name: 'a gRPC port does not follow its files', file: grpc,
    find: 'if (now == told_) return', put: 'if (told_ != nullptr) return' },
  { name: 'a gRPC port asks nobody for a certificate', file: grpc,
    find: 'wanted(doors.grpc_clients)', put: 'wanted(tls::Clients::none)' },
  { name: 'a gRPC client takes a certificate of another host', file: grpc,
    find: 'options.set_certificate_verifier(std::make_shared<g::HostNameCertificateVerifier>());',
    put: 'options.set_check_call_host(false); options.set_certificate_verifier(std::make_shared<g::NoOpCertificateVerifier>());' },
  { name: 'the guard of gRPC ports sees nothing', file: 'libs/statekit/src/io/grpc_guard.cpp',
    find: 'if (got <= 0 || connections_max.load() == 0) return got;', put: 'if (got != -77) return got;' },
  { name: 'whoever listens beyond loopback is let', file: 'libs/tls/src/doors.cpp',
    find: 'if ((closed() && asked) ||', put: 'if (true || (closed() && asked) ||' },
  { name: 'an HTTP client takes a certificate of another host', file: context,
    find: 'X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl);',
    put: 'if (!host.empty()) return {};\n  X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl);' },
  { name: 'an HTTP port asks nobody for a certificate', file: context,
    find: 'if (!context || clients == Clients::none)', put: 'if (!context || clients != Clients::none || true)' },
  { name: 'an HTTP port does not follow its files', file: context,
    find: 'if (now == made_from_) return context_;', put: 'if (made_from_) return context_;' },
  { name: 'a key that does not belong to its certificate is taken', file: credentials,
    find: 'if (!material.key.empty()) {', put: 'if (material.key == "x") {' },
  { name: 'a certificate that has ended is taken', file: credentials,
    find: 'if (now_s > certificate.valid_until_s)', put: 'if (now_s < 0)' },
  { name: 'handshakes that failed do not slow anybody', file: 'libs/httpkit/src/connection_tls.cpp',
    find: 'wait > 0)', put: "wait > 99'000)" },
];
