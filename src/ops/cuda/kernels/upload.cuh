// Pictures come in 8 bits, a quarter of what they are in f32.
#pragma once
#include "element.cuh"

struct NormaliseArguments {
    const float *table;     // (3, 256)
    const unsigned char *x; // (batch, height, width, 3)
    float *y;               // of that shape
    unsigned values;
};

// The values come from the processor, so that they are the same to the bit.
KERNEL(normalise, NormaliseArguments) {
    const unsigned at = blockIdx.x * blockDim.x + threadIdx.x;
    if (at >= a.values) return;
    a.y[at] = a.table[at % 3 * 256 + a.x[at]];
}
