// Dense convolutions: the stem's directly, others by gathering patches for a matrix product.
#pragma once
#include "element.cuh"

// Where the window goes.
struct Place {
    int height, width, out_height, out_width;
    int kernel, stride, top, left; // zeros before the first row and column
};

struct ConvolutionArguments {
    const void *x;           // (batch, height, width, inputs)
    const float *weight;     // (kernel * kernel * inputs, outputs)
    const float *bias;       // (outputs)
    const Element *residual; // as y, or null
    Element *y;              // (batch, out_height, out_width, outputs)
    unsigned vectors;        // in y, of V values or, for a stem, that for STEM_COLUMNS positions
    int inputs, outputs;
    Place place;
    int activation;
};

constexpr int CONVOLUTION_THREADS = 256;

// A thread computes V outputs of one position; the weights lie in shared memory.
template <int V, typename T> __device__ inline void convolution(const ConvolutionArguments &a) {
    DYNAMIC_SHARED(weights);
    const Place &place = a.place;
    const int taps = place.kernel * place.kernel * a.inputs;
    for (int i = threadIdx.x; i < taps * a.outputs; i += blockDim.x) weights[i] = a.weight[i];
    __syncthreads();
    const unsigned vector = blockIdx.x * blockDim.x + threadIdx.x;
    if (vector >= a.vectors) return;
    const unsigned per_position = a.outputs / V;
    const int output = vector % per_position * V;
    unsigned position = vector / per_position;
    const int column = int(position % place.out_width) * place.stride - place.left;
    position /= place.out_width;
    const int row = int(position % place.out_height) * place.stride - place.top;
    const int picture = position / place.out_height;
    const T *x = static_cast<const T *>(a.x) + size_t(picture) * place.height * place.width * a.inputs;

    float sums[V];
#pragma unroll
    for (int v = 0; v < V; ++v) sums[v] = a.bias[output + v];
    for (int ky = 0; ky < place.kernel; ++ky) {
        if (unsigned(row + ky) >= unsigned(place.height)) continue;
        for (int kx = 0; kx < place.kernel; ++kx) {
            if (unsigned(column + kx) >= unsigned(place.width)) continue;
            const T *pixel = x + (size_t(row + ky) * place.width + column + kx) * a.inputs;
            const float *tap = weights + (ky * place.kernel + kx) * a.inputs * a.outputs + output;
            for (int input = 0; input < a.inputs; ++input, tap += a.outputs) {
                const float value = widen(pixel[input]);
#pragma unroll
                for (int v = 0; v < V; ++v) sums[v] += value * tap[v];
            }
        }
    }
#pragma unroll
    for (int v = 0; v < V; ++v) sums[v] = activate(sums[v], a.activation);
    if (a.residual) {
        float residual[V];
        load(a.residual + size_t(vector) * V, residual);
#pragma unroll
        for (int v = 0; v < V; ++v) sums[v] += residual[v];
    }
    store(a.y + size_t(vector) * V, sums);
}

// From pictures, which are f32, or from activations.
KERNEL(convolution_f32_wide, ConvolutionArguments, __launch_bounds__(CONVOLUTION_THREADS)) {
    convolution<WIDE, float>(a);
}
KERNEL(convolution_f32_1, ConvolutionArguments, __launch_bounds__(CONVOLUTION_THREADS)) {
    convolution<1, float>(a);
}
KERNEL(convolution_wide, ConvolutionArguments, __launch_bounds__(CONVOLUTION_THREADS)) {
    convolution<WIDE, Element>(a);
}
KERNEL(convolution_1, ConvolutionArguments, __launch_bounds__(CONVOLUTION_THREADS)) {
    convolution<1, Element>(a);
}

// The stem that nearly all networks have: 3x3 of stride 2 over the three colours of pictures. A thread
// computes V outputs of COLUMNS neighbouring positions, for which it reads the weights once.
constexpr int STEM_COLUMNS = 4;

template <int V> __device__ inline void stem(const ConvolutionArguments &a) {
    constexpr int K = 3, S = 2, INPUTS = 3;
    constexpr int MET = (STEM_COLUMNS - 1) * S + K; // columns of the picture
    DYNAMIC_SHARED(weights);
    const Place &place = a.place;
    for (int i = threadIdx.x; i < K * K * INPUTS * a.outputs; i += blockDim.x) weights[i] = a.weight[i];
    __syncthreads();
    const unsigned vector = blockIdx.x * blockDim.x + threadIdx.x;
    if (vector >= a.vectors) return;
    const unsigned per_position = a.outputs / V;
    const int output = vector % per_position * V;
    unsigned position = vector / per_position;
    const unsigned strips = (place.out_width + STEM_COLUMNS - 1) / STEM_COLUMNS;
    const int out_column = position % strips * STEM_COLUMNS;
    position /= strips;
    const int column = out_column * S - place.left;
    const int row = int(position % place.out_height) * S - place.top;
    const int picture = position / place.out_height;
    const float *x = static_cast<const float *>(a.x) + size_t(picture) * place.height * place.width * INPUTS;

    float sums[STEM_COLUMNS][V];
#pragma unroll
    for (int t = 0; t < STEM_COLUMNS; ++t)
#pragma unroll
        for (int v = 0; v < V; ++v) sums[t][v] = a.bias[output + v];
#pragma unroll
    for (int ky = 0; ky < K; ++ky) {
        if (unsigned(row + ky) >= unsigned(place.height)) continue;
        const float *pixels = x + ((row + ky) * place.width + column) * INPUTS;
        float values[MET * INPUTS];
#pragma unroll
        for (int i = 0; i < MET; ++i)
#pragma unroll
            for (int input = 0; input < INPUTS; ++input)
                values[i * INPUTS + input] = unsigned(column + i) < unsigned(place.width)
                                                 ? pixels[i * INPUTS + input]
                                                 : 0.0f;
#pragma unroll
        for (int tap = 0; tap < K * INPUTS; ++tap)
#pragma unroll
            for (int four = 0; four < V; four += 4) {
                float weight[4];
                load(weights + (ky * K * INPUTS + tap) * a.outputs + output + four, weight);
#pragma unroll
                for (int t = 0; t < STEM_COLUMNS; ++t)
#pragma unroll
                    for (int v = 0; v < 4; ++v)
                        sums[t][four + v] += values[t * S * INPUTS + tap] * weight[v];
            }
    }
    const size_t row_of_all = size_t(picture) * place.out_height + position % place.out_height;
    Element *y = a.y + (row_of_all * place.out_width + out_column) * a.outputs + output;
#pragma unroll
    for (int t = 0; t < STEM_COLUMNS; ++t) {
        if (out_column + t >= place.out_width) break;
#pragma unroll
        for (int v = 0; v < V; ++v) sums[t][v] = activate(sums[t][v], a.activation);
        store(y + t * a.outputs, sums[t]);
    }
}

KERNEL(stem_wide, ConvolutionArguments, __launch_bounds__(CONVOLUTION_THREADS)) { stem<WIDE>(a); }

struct GatherArguments {
    const Element *x; // (batch, height, width, inputs)
    Element *patches; // (batch, out_height, out_width, kernel * kernel * inputs)
    unsigned vectors; // in patches
    int inputs;
    Place place;
};

template <int V> __device__ inline void gather(const GatherArguments &a) {
    const unsigned vector = blockIdx.x * blockDim.x + threadIdx.x;
    if (vector >= a.vectors) return;
    const Place &place = a.place;
    const unsigned per_pixel = a.inputs / V;
    const int input = vector % per_pixel * V;
    unsigned rest = vector / per_pixel;
    const int kx = rest % place.kernel;
    rest /= place.kernel;
    const int ky = rest % place.kernel;
    rest /= place.kernel;
    const int column = int(rest % place.out_width) * place.stride - place.left + kx;
    rest /= place.out_width;
    const int row = int(rest % place.out_height) * place.stride - place.top + ky;
    const size_t picture = rest / place.out_height;
    Packed<Element, V> values = {};
    if (unsigned(row) < unsigned(place.height) && unsigned(column) < unsigned(place.width))
        values = fetch<V>(a.x + ((picture * place.height + row) * place.width + column) * a.inputs + input);
    reinterpret_cast<Packed<Element, V> *>(a.patches)[vector] = values;
}

KERNEL(gather_wide, GatherArguments) { gather<WIDE>(a); }
KERNEL(gather_1, GatherArguments) { gather<1>(a); }
