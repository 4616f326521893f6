# Sourced by postBuild and start. The image is built on one machine and runs on another, and numba
# keeps its kernels under the processor's name and features, so both must name the same. AVX2 and FMA
# are on every server that Binder runs on. Measured on a Zen processor, a pass takes 1.3 times as
# long as with the machine's own name, against 2.8 times with "generic".
case $(uname -m) in
    x86_64) export NUMBA_CPU_NAME=x86-64-v3 ;;
    *) export NUMBA_CPU_NAME=generic ;;
esac
export NUMBA_CPU_FEATURES= # none beyond those of that name
