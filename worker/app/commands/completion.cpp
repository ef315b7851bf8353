// `completion`: a script for a shell, made from the commands as they are.
#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <string>

#include "worker/app/commands/command.hpp"
#include "worker/app/commands/completion_tree.hpp"

namespace sendcode::app {

void add_completion_command(CLI::App& program, context& with) {
  auto shell = std::make_shared<std::string>();
  auto* command = program.add_subcommand("completion", "Print a script that completes commands in a shell");
  command->add_option("shell", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(
      "It completes commands, options, the words that an option takes, and files. To install it:\n\n"
      "  bash   sendcode completion bash > ~/.local/share/bash-completion/completions/sendcode\n"
      "         (with the package bash-completion; without it, in ~/.bashrc: source <(sendcode completion bash))\n"
      "  zsh    sendcode completion zsh > ~/.zfunc/_sendcode\n"
      "         (in ~/.zshrc: fpath=(~/.zfunc $fpath); autoload -U compinit; compinit)\n"
      "  fish   sendcode completion fish > ~/.config/fish/completions/sendcode.fish\n\n"
      "Example:\n"
      "  source <(sendcode completion bash)");
  command->callback([shell, &program, &with] {
    const auto tree = read_tree(program);
    const auto name = program.get_name();
    with.out << (*shell == "bash"  ? bash_completion(tree, name)
                 : *shell == "zsh" ? zsh_completion(tree, name)
                                   : fish_completion(tree, name));
  });
}

}  // namespace sendcode::app
