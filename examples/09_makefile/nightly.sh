#!/bin/sh
# Summarise every text and go on when one of them fails: what the exit codes of `graphide run` are for.
# GRAPHIDE and OPTIONS may be set in the environment. Ends with 0 when all went well.
set -u
cd "$(dirname "$0")" || exit 2
mkdir -p out
failed=0

for text in "${1:-texts}"/*.txt; do
    target="out/$(basename "$text" .txt).md"
    ${GRAPHIDE:-graphide} run summarise.json -i document="$text" --out summary="$target" --quiet ${OPTIONS:-}
    case $? in
        0) echo "$target" ;;
        1 | 5) echo "$text: no summary" >&2; failed=1 ;;          # a node failed: the next text may work
        4) echo "the model is not here" >&2; exit 4 ;;             # it will not be there for the next text either
        130) echo "stopped" >&2; exit 130 ;;
        *) echo "the graph or this script is wrong" >&2; exit 3 ;;
    esac
done
exit $failed
