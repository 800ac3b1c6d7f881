// What the kernels take from CUDA, for a plain C++ compiler. A block's threads are fibers that
// change places at barriers and shuffles (block.cpp).
#pragma once
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <algorithm>

#define __device__
#define __shared__ static
using std::min;

// A kernel is a function of the array of pointers that cuLaunchKernel takes, beside the size of
// its one argument.
#define JOINED_(a, b) a##b
#define JOINED(a, b) JOINED_(a, b)
#define KERNEL(name, Arguments, ...)                                                               \
    static void NAMED(name##_body)(const Arguments a);                                             \
    extern "C" const size_t JOINED(NAMED(name), _bytes);                                           \
    const size_t JOINED(NAMED(name), _bytes) = sizeof(Arguments);                                  \
    extern "C" void NAMED(name)(void **a) { NAMED(name##_body)(*(const Arguments *)a[0]); }        \
    static void NAMED(name##_body)(const Arguments a)
#define DYNAMIC_SHARED(name) float *name = (float *)dynamic_shared

struct Dim3 {
    unsigned x = 1, y = 1, z = 1;
};
extern Dim3 threadIdx, blockIdx, blockDim, gridDim;
extern unsigned char *dynamic_shared;
void __syncthreads();
float __shfl_xor_sync(unsigned, float value, int distance);

// Runs every block, one after the other.
void run_kernel(void (*kernel)(void **), void **arguments, Dim3 grid, Dim3 block, size_t shared);

struct uint2 {
    unsigned x, y;
};
struct uint4 {
    unsigned x, y, z, w;
};

struct __half {
    _Float16 value;
};
inline float __half2float(__half x) { return float(x.value); }
inline __half __float2half_rn(float x) { return {_Float16(x)}; }

struct __nv_bfloat16 {
    uint16_t bits;
};
inline float __bfloat162float(__nv_bfloat16 x) {
    uint32_t bits = uint32_t(x.bits) << 16;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}
inline __nv_bfloat16 __float2bfloat16_rn(float x) { // to nearest, ties to even
    uint32_t bits;
    memcpy(&bits, &x, 4);
    if (isnan(x)) return {uint16_t(bits >> 16 | 64)};
    return {uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}

inline float __expf(float x) { return expf(x); }
inline float reciprocal(float x) { return x > 0x1p126f ? 0.0f : 1.0f / x; }
