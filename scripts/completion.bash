# Completion of manage.py in bash, by Django's own knowledge of commands and options:
#   source scripts/completion.bash
# It completes `manage.py …`, `./manage.py …` and `python manage.py …`, of whatever Python.
_septet_complete() {
    local words=("${COMP_WORDS[@]}") at=$COMP_CWORD run=("$1")
    if [[ $1 == *python* ]]; then
        [[ ${words[1]} == *manage.py && $at -gt 1 ]] || { COMPREPLY=($(compgen -f -- "$2")); return; }
        run=("$1" "${words[1]}") words=("${words[@]:1}") at=$((at - 1))
    fi
    COMPREPLY=($(DJANGO_AUTO_COMPLETE=1 COMP_WORDS="${words[*]}" COMP_CWORD=$at "${run[@]}" 2>/dev/null))
}
complete -o default -F _septet_complete manage.py ./manage.py python python3 python3.11 .venv/bin/python
