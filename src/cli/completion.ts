/** Shell completion: a script for bash, zsh or fish, made of the commands and options there are. */
import { Argument, type Command } from 'commander';
import { print } from './output.js';

interface Known {
  readonly name: string;
  readonly about: string;
  readonly options: readonly string[];
}

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      '\nExamples:\n  backstep completion bash > /etc/bash_completion.d/backstep\n  backstep completion zsh > ~/.zfunc/_backstep',
    )
    .action((shell: 'bash' | 'zsh' | 'fish') => print(SCRIPTS[shell](knownIn(program))));
}

function knownIn(program: Command): Known[] {
  const shared = longOptions(program);
  return program.commands.map((command) => ({
    name: command.name(),
    about: command.description().replaceAll("'", ''),
    options: [...longOptions(command), ...shared, '--help'],
  }));
}

const longOptions = (command: Command): string[] =>
  command.options.flatMap(({ long }) => (long ? [long] : []));

const SCRIPTS = {
  bash: (known: readonly Known[]): string => `_backstep() {
  local current="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${known.map(({ name }) => name).join(' ')}" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${known.map(({ name, options }) => `    ${name}) COMPREPLY=($(compgen -f -W "${options.join(' ')}" -- "$current")) ;;`).join('\n')}
  esac
}
complete -F _backstep backstep`,
  zsh: (known: readonly Known[]): string => `#compdef backstep
_backstep() {
  if (( CURRENT == 2 )); then
    local -a commands=(${known.map(({ name, about }) => `'${name}:${about}'`).join(' ')})
    _describe command commands
    return
  fi
  case "$words[2]" in
${known.map(({ name, options }) => `    ${name}) compadd -- ${options.join(' ')}; _files ;;`).join('\n')}
  esac
}
_backstep "$@"`,
  fish: (known: readonly Known[]): string =>
    known
      .flatMap(({ name, about, options }) => [
        `complete -c backstep -n __fish_use_subcommand -a ${name} -d '${about}'`,
        ...options.map(
          (option) =>
            `complete -c backstep -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`,
        ),
      ])
      .join('\n'),
};
