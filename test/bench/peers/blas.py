"""Tells which BLAS answers PyTorch's matrix products, by which kernels, and how fast: one line of JSON."""

import ctypes
import json
import time

import torch

SIZE = 1024
SECONDS = 0.5


def matmul_rate():
    """GFLOP/s of a product of two square matrices, the best of several."""
    a, b = torch.rand(SIZE, SIZE), torch.rand(SIZE, SIZE)
    torch.mm(a, b)
    best, end = float("inf"), time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        start = time.perf_counter()
        torch.mm(a, b)
        best = min(best, time.perf_counter() - start)
    return 2 * SIZE**3 / best / 1e9


def loaded_libraries():
    """Paths of the libraries that this process has loaded and that may hold a BLAS; none where there is no /proc."""
    try:
        with open("/proc/self/maps") as maps:
            paths = {line.split(maxsplit=5)[5].strip() for line in maps if ".so" in line}
    except OSError:
        return []
    return sorted(path for path in paths if "blas" in path.lower() or "mkl" in path.lower())


def name_of(path):
    """What a library says of itself, or where it lies."""
    library = ctypes.CDLL(path)
    try:
        for function in (library.openblas_get_config, library.openblas_get_corename):
            function.restype = ctypes.c_char_p
        config, core = library.openblas_get_config(), library.openblas_get_corename()
    except AttributeError:
        return path
    return f"{config.decode().split()[0]} {config.decode().split()[1]}, {core.decode()} kernels"


torch.set_num_threads(1)
rate = matmul_rate()
names = list(dict.fromkeys(name_of(path) for path in loaded_libraries()))
named = [name for name in names if not name.startswith("/")]
built_with_mkl = "BLAS_INFO=mkl" in torch.__config__.show()
blas = ", ".join(named or names) or ("MKL" if built_with_mkl else "a BLAS that does not say which it is")
print(json.dumps({"torch": torch.__version__, "blas": blas, "rate": rate}))
