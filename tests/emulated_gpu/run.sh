#!/usr/bin/env bash
# Builds a stand-in for NVIDIA's driver and libraries, with effnet's kernels in it, and runs a program
# with it: the CUDA code from the command line to the kernels, without a GPU.
#   tests/emulated_gpu/run.sh DIR PROGRAM [ARGUMENT]...    # PROGRAM was built with --features cuda
# All tests of the GPU:
#   export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="$PWD/tests/emulated_gpu/run.sh /tmp/emulated"
#   cargo test --release --features cuda --test suite on_a_gpu
# SANITIZE=1 also checks every access of the kernels (address and undefined behaviour). What may go
# wrong on a GPU, by variables of the environment:
#   EMULATED_NO_GPU=1              there is none
#   EMULATED_OLD_DRIVER=1          the driver is older than the toolkit that made the kernels
#   EMULATED_NO_BIAS=1, EMULATED_NO_PRODUCT=1
#                                  cuBLASLt finds no algorithm with a bias, or none at all
#   EMULATED_FAIL_RECORDING=N      recordings fail after N steps
#   EMULATED_MEMORY=BYTES          there is no more memory than that
#   EMULATED_LOST_AFTER=N          nothing works after N steps
#   EMULATED_HOLLOW=1              nothing is computed: to see whether large shapes are taken
#   EMULATED_REPORT=FILE           a line for each module, graph, replay, failed recording, refused
#                                  allocation and batch of pictures (and its bytes), in DIR/report unless
#                                  another file is named
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
kernels=$here/../../src/ops/cuda/kernels
dir=$1 program=$2
shift 2
flags=(-std=c++17 -O2 -g -fPIC -I"$here" -I"$kernels" -Wno-unknown-pragmas -ffp-contract=off)
preload=
if [ "${SANITIZE:-}" ]; then
    flags+=(-fsanitize=address,undefined -fno-sanitize-recover=undefined)
    preload=$(g++ -print-file-name=libasan.so):$(g++ -print-file-name=libubsan.so)
    dir=$dir/sanitized
fi
mkdir -p "$dir"
rm -f "$dir/report"
export EMULATED_REPORT=${EMULATED_REPORT:-$dir/report}
compile() { # object, source, flags
    if [ ! "$1" -nt "$2" ] || [ -n "$(find "$here" "$kernels" -newer "$1" -type f)" ]; then
        g++ "${flags[@]}" "${@:3}" -x c++ -c "$2" -o "$1"
    fi
}
for element in F32 F16 BF16; do
    # The same names stand for other functions in each.
    printf '#include "emulated.h"\nnamespace element_%s {\n#include "kernels.cu"\n}\n' $element \
        > "$dir/kernels_$element.cpp.new"
    cmp -s "$dir/kernels_$element.cpp"{.new,} || mv "$dir/kernels_$element.cpp"{.new,}
    compile "$dir/kernels_$element.o" "$dir/kernels_$element.cpp" -DELEMENT_$element &
done
for part in block driver blas; do compile "$dir/$part.o" "$here/$part.cpp" & done
wait
# What else the program names must be there for it to start. It calls none of it, but for the
# constructors of Candle's own kernels.
rm -f "$dir/rest.o"
nm -D --undefined-only "$program" | awk '{print $2}' | sed 's/@.*//' |
    grep -E '^(cu[A-Z]|cuda|cublas|curand|nvrtc|__cuda)' | sort -u > "$dir/wanted"
nm --defined-only "$dir"/*.o | awk 'NF == 3 {print $3}' | sort -u > "$dir/there"
{
    echo '#include <stdio.h>'
    echo '#include <stdlib.h>'
    comm -23 "$dir/wanted" "$dir/there" |
        sed -e 's/^__cuda.*/void *&(void) { return 0; }/; t' \
            -e 's/.*/void &(void) { fprintf(stderr, "& is not emulated\\n"); abort(); }/'
} > "$dir/rest.c"
gcc -fPIC -c "$dir/rest.c" -o "$dir/rest.o"
# Under the versions that the program asks for.
nm -D --undefined-only "$program" | awk '{print $2}' | grep -E '^(cu|__cu).*@lib' | sort -t@ -k2 |
    awk -F@ '$2 != last {if (last) print "};"; print $2 " { global:"; last = $2} {print $1 ";"}
             END {if (last) print "};"; print "EMULATED { global: *; };"}' > "$dir/versions"
g++ "${flags[@]}" -shared "$dir"/*.o -o "$dir/libcuda.so.1" -Wl,--version-script="$dir/versions" -ldl
readelf -d "$program" | sed -n 's/.*Shared library: \[\(lib\(cu\|nv\).*\)\]/\1/p' |
    while read -r library; do [ "$library" = libcuda.so.1 ] || ln -sf libcuda.so.1 "$dir/$library"; done
LD_PRELOAD=$preload:$dir/libcuda.so.1 LD_LIBRARY_PATH=$dir ASAN_OPTIONS=detect_leaks=0 exec "$program" "$@"
