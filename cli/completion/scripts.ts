// The shells' sides of completion. Each hands the line up to the cursor to `psky complete`, which answers with a line per
// candidate, `word<Tab>meaning` or `word`, and with `:files` or `:folders` where the shell knows better.

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** bash 3.2 and newer, with or without the package bash-completion */
const bash = `# psky completion for bash
_psky() {
  local current="\${COMP_WORDS[COMP_CWORD]}" line word
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :files | :folders)
        compopt -o filenames 2>/dev/null
        local kind=-f
        [ "$line" = :folders ] && kind=-d
        while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen "$kind" -- "$current")
        ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <("\${1/#\\~/$HOME}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  # bash takes --name=value for three words and replaces only the last one
  case "$current" in --*=*) ;; *) [ "\${COMP_WORDS[COMP_CWORD - 1]}" = "=" ] && COMPREPLY=("\${COMPREPLY[@]#*=}") ;; esac
}
complete -F _psky psky
`;

const zsh = `#compdef psky
# psky completion for zsh
_psky() {
  local line
  local -a found
  for line in "\${(@f)$("\${words[1]/#\\~/$HOME}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case "$line" in
      '') ;;
      :files) _files ;;
      :folders) _files -/ ;;
      *$'\\t'*) found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
      *) found+=("\${line//:/\\\\:}") ;;
    esac
  done
  (( $#found )) && _describe -t psky psky found
}
# from fpath the file is the function; when it is sourced it registers it
if [ "\${funcstack[1]}" = _psky ]; then _psky "$@"; else compdef _psky psky; fi
`;

const fish = `# psky completion for fish
function __psky_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] complete -- $words[2..-1] "$current" 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path "$current"
            case :folders
                __fish_complete_directories "$current" ''
            case '*'
                echo $line
        end
    end
end
complete -c psky -f -a '(__psky_complete)'
`;

export const completionScripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
