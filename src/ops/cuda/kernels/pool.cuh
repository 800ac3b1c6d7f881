// Sums over height and width: what a block of the depthwise convolution left, and the pool before
// the classifier.
#pragma once
#include "element.cuh"

struct MeanArguments {
    const void *x; // (batch, rows, channels)
    float *y;      // (batch, channels)
    int rows, channels;
    int lanes; // threads along the channels; the block's others take further rows
    float scale;
};

constexpr int MEAN_THREADS = 256;

template <int V, typename T> __device__ inline void mean(const MeanArguments &a) {
    const int lane = threadIdx.x % a.lanes;
    const int place = threadIdx.x / a.lanes;
    const int places = blockDim.x / a.lanes;
    const int channel = (blockIdx.x * a.lanes + lane) * V;
    float sum[V] = {};
    if (channel < a.channels) {
        const T *x = static_cast<const T *>(a.x) + size_t(blockIdx.y) * a.rows * a.channels + channel;
        for (int row = place; row < a.rows; row += places) {
            float values[V];
            load(x + size_t(row) * a.channels, values);
#pragma unroll
            for (int v = 0; v < V; ++v) sum[v] += values[v];
        }
    }
    __shared__ float shares[MEAN_THREADS * V];
    float total[V];
    add_up(sum, shares, a.lanes, a.scale, total);
    if (place == 0 && channel < a.channels) {
        store(a.y + size_t(blockIdx.y) * a.channels + channel, total);
    }
}

KERNEL(mean_of_sums, MeanArguments, __launch_bounds__(MEAN_THREADS)) { mean<1, float>(a); }
KERNEL(mean_2, MeanArguments, __launch_bounds__(MEAN_THREADS)) { mean<2, Element>(a); }
KERNEL(mean_1, MeanArguments, __launch_bounds__(MEAN_THREADS)) { mean<1, Element>(a); }
