#!/bin/bash
# Stands in for `surae` in tests of the batch script: the same words and statuses, cases of PACE
# seconds each. CASES: how many, counted again if the study GROWS; DIES_AT: killed once with so many
# left; DEAF: hears no stop; FAILS: ends with this status before the first case.
case $1 in
--version) echo "stand-in" && exit ;;
status) [ "$3" = --left ] && [ -e "$2/left" ] && cat "$2/left" && exit || exit 2 ;;
esac
[ "$1 $3" = "sweep --out" ] || exit 99
out=$4
echo "$*" >>"$out/words"
[ "${PMI_RANK:-0}" = 0 ] || { while [ ! -e "$out/end" ]; do sleep 0.1; done; exit 0; }
rm -f "$out/stop" "$out/end"
[ -e "$out/left" ] && [ -z "$GROWS" ] || echo "${CASES:-5}" >"$out/left"
[ -z "$FAILS" ] || exit "$FAILS"
asked=
[ -n "$DEAF" ] || trap 'asked=yes' USR1 TERM INT
while left=$(cat "$out/left") && [ "$left" -gt 0 ]; do
    if [ "$left" = "$DIES_AT" ] && [ ! -e "$out/died" ]; then touch "$out/died"; kill -KILL $$; fi
    if [ -z "$DEAF" ] && { [ -n "$asked" ] || [ -e "$out/stop" ]; }; then
        touch "$out/end"
        exit 130
    fi
    sleep "${PACE:-0.05}"
    echo $((left - 1)) >"$out/left"
done
touch "$out/end"
