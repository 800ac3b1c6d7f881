// Pictures come in 8 bits, a quarter of what they are in f32.
#pragma once
#include "element.cuh"

struct NormaliseArguments {
    const float *table;     // (channels, 256)
    const unsigned char *x; // (batch, height, width, channels)
    float *y;               // of that shape
    unsigned values;
    unsigned channels;
};

// The values come from the processor, so that they are the same to the bit.
KERNEL(normalise, NormaliseArguments) {
    const unsigned at = blockIdx.x * blockDim.x + threadIdx.x;
    if (at >= a.values) return;
    a.y[at] = a.table[at % a.channels * 256 + a.x[at]];
}
