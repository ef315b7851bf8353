#pragma once

#include <string>
#include <vector>

namespace sendcode::config {

// One thing that is wrong with a document, as its author needs it. Never holds a secret.
struct problem {
  std::string file;     // as the user named it, or the environment variable
  int line = 0;         // from 1; 0: the file as a whole
  std::string path;     // "sms.limits[2].window"; empty: the document
  std::string value;    // what stands there, fit to print: "\"5 apples\"", "missing", "a list"; empty: nothing to show
  std::string allowed;  // "a duration from 1ms to 10s, such as 100ms"
};

// worker.yaml:12: redis.timeout: "5 apples": a duration from 1ms to 10s, such as 100ms
std::string to_text(const problem& p);
// One line each.
std::string to_text(const std::vector<problem>& all);

// Where readers report to: all problems of one document, in the order found.
struct report {
  std::string file;
  std::vector<problem> problems;
};

}  // namespace sendcode::config
