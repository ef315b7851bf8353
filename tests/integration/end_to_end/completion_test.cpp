// What `sendcode completion` prints, in the shells that it is for.
#include <algorithm>
#include <set>
#include <sstream>

#include "tests/catch.hpp"
#include "tests/integration/end_to_end/process.hpp"
#include "tests/integration/redis/redis_server.hpp"

using namespace sendcode::e2e;

namespace {

constexpr std::chrono::seconds shell_patience{60};

// Each is called with the script and the line, the cursor at its end, and prints what is proposed, one a line.
constexpr const char* in_bash = R"(
source "$1"
read -r -a COMP_WORDS <<<"$2"
if [[ $2 == *' ' ]]; then COMP_WORDS+=(''); fi
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_sendcode
printf '%s\n' "${COMPREPLY[@]}"
)";

constexpr const char* in_fish = R"(
source $argv[1]
complete -C "$argv[2]" | string replace -r '\t.*' ''
true # string says by its exit code whether anything had a description
)";

// An interactive zsh on a terminal of its own, whose `compadd` also writes down what it is given.
constexpr const char* in_zsh = R"(
zmodload zsh/zpty
proposals=$PWD/proposals
: >$proposals
zpty shell zsh -f -i
zpty -w shell "PROMPT= ; autoload -U compinit; compinit -u -D; source ${(q)1}"
zpty -w shell "compadd() { if (( \${@[(I)-[AOD]]} )); then builtin compadd \"\$@\"; else local -a found; builtin compadd -O found \"\$@\"; print -rl -- \$found >>${(q)proposals}; builtin compadd \"\$@\"; fi }"
zpty -w shell "comppostfuncs=(told); told() { print -r -- '.' >>${(q)proposals}; }; bindkey '^I' complete-word"
zpty -w -n shell "$2"$'\t'
end=$((SECONDS + 40))
until [[ $(tail -n 1 $proposals) == . ]] || (( SECONDS > end )); do zpty -r -t shell line; done
[[ $(tail -n 1 $proposals) == . ]] || print "zsh did not answer"
grep -vxF . $proposals
zpty -d shell
)";

using proposals = std::set<std::string>;

// A folder with the script, a file and a folder in it, where a shell completes.
class shell {
 public:
  shell(std::string program, std::vector<std::string> options, const char* driver)
      : program_(std::move(program)), options_(std::move(options)) {
    write_file(folder_.path() / "driver", driver);
    write_file(folder_.path() / "worker.yaml", "{}");
    write_file(folder_.path() / "settings" / "env_live.yaml", "{}");
    const auto script = folder_.path() / "script";
    process printing({SENDCODE_PROGRAM, "completion", program_}, script);
    REQUIRE(printing.wait(shell_patience) == 0);
  }

  proposals of(const std::string& line) const {
    const auto log = folder_.path() / "log";
    std::filesystem::remove(log);
    std::vector<std::string> words = {"/usr/bin/env", "-C", folder_.path().string(), program_};
    words.insert(words.end(), options_.begin(), options_.end());
    words.insert(words.end(), {"driver", "./script", line});
    process running(std::move(words), log);
    const auto code = running.wait(shell_patience);
    const auto output = read_file(log);
    INFO(output);
    CHECK(code == 0);
    proposals out;
    std::istringstream lines(output);
    for (std::string each; std::getline(lines, each);) {
      if (!each.empty()) out.insert(each);
    }
    return out;
  }

 private:
  sendcode::redis_tests::temporary_folder folder_;
  std::string program_;
  std::vector<std::string> options_;
};

void check_proposals(const shell& in) {
  const auto check = [&](const std::string& line, const proposals& wanted) {
    INFO(line);
    CHECK(in.of(line) == wanted);
  };
  check("sendcode d", {"dead-letters", "doctor"});
  check("sendcode dead-letters ", {"list", "show", "replay"});
  check("sendcode dead-letters replay --err", {"--error"});
  check("sendcode dead-letters replay --error in", {"invalid_json", "invalid_event"});
  check("sendcode --json keys new ", {"codes", "refs", "subjects"});
  check("sendcode completion ", {"bash", "zsh", "fish"});
  check("sendcode run --config w", {"worker.yaml"});
  // A value is none of the commands, though it has the name of one.
  check("sendcode send --phone watch --purpose ", {"sign_in", "mfa"});
  const auto folders = in.of("sendcode settings validate se");
  REQUIRE(folders.size() == 1);
  CHECK(folders.begin()->starts_with("settings"));
}

}  // namespace

TEST_CASE("bash completes commands, options, their words, files and folders", "[completion]") {
  const shell bash("bash", {"--norc"}, in_bash);
  check_proposals(bash);
  CHECK(bash.of("sendcode dead-letters replay --error = inv") == proposals{"invalid_json", "invalid_event"});
}

TEST_CASE("zsh completes commands, options, their words, files and folders", "[completion]") {
  const shell zsh("zsh", {"-f"}, in_zsh);
  check_proposals(zsh);
  CHECK(zsh.of("sendcode dead-letters replay --error=inv") == proposals{"invalid_json", "invalid_event"});
}

TEST_CASE("fish completes commands, options, their words, files and folders", "[completion]") {
  const shell fish("fish", {"--no-config"}, in_fish);
  check_proposals(fish);
  CHECK(fish.of("sendcode dead-letters replay --error=inv") ==
        proposals{"--error=invalid_json", "--error=invalid_event"});
}

TEST_CASE("a script for another shell is refused with those that there are", "[completion]") {
  const sendcode::redis_tests::temporary_folder folder;
  process printing({SENDCODE_PROGRAM, "completion", "tcsh"}, folder.path() / "log");
  CHECK(printing.wait(shell_patience) == 2);
  CHECK(read_file(folder.path() / "log").find("bash") != std::string::npos);
}
