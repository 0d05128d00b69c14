#!/bin/sh
# long.sh SECONDS [TARGET...]: fuzzes for so long with each target that the preset asan has built, or with these. Inputs
# that reach new code are kept in the build folder's tests/fuzz/corpus, and the next call goes on from them. A finding is
# a file beside it, finding-TARGET-..., which shows it again as the argument of fuzz_TARGET.
set -eu
cd "$(dirname "$0")/../../build/asan/tests/fuzz"
seconds=$1
shift
./fuzz_seeds seeds > seeds.log 2>&1
[ $# -gt 0 ] || set -- $(cd seeds && ls -d */ | tr -d /)
found=0
for target; do
  mkdir -p "corpus/$target"
  "./fuzz_$target" "-max_total_time=$seconds" -print_final_stats=1 "-artifact_prefix=finding-$target-" \
    "corpus/$target" "seeds/$target" || found=1
done
exit $found
