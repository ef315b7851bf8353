#pragma once

#include <filesystem>

namespace sendcode::sandbox {

struct certificate_files {
  std::filesystem::path ca;     // ca.pem: what clients trust
  std::filesystem::path chain;  // server.pem
  std::filesystem::path key;    // server.key, readable by its owner alone
};

// A new CA, and a certificate of it for localhost, 127.0.0.1 and ::1; EC P-256, good for 30 days. The CA's key is not
// kept. Throws std::runtime_error.
certificate_files make_certificates(const std::filesystem::path& directory);

}  // namespace sendcode::sandbox
